use webhook_runtime::Webhooks;

struct Order;

fn main() {
    let _: Webhooks = Webhooks::new().mount::<Order>();
}
