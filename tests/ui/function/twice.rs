use webhook_runtime::{Delivery, Webhooks, webhook};

#[webhook(path = "/a")]
#[webhook(path = "/b")]
async fn order_paid(_: &Delivery) {}

fn main() {
    let _: Webhooks = Webhooks::new().mount::<order_paid>();
}
