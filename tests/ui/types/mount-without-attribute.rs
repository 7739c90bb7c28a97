use webhook_runtime::Webhooks;

async fn order_paid() {}

fn main() {
    let _: Webhooks = Webhooks::new().mount::<order_paid>();
}
