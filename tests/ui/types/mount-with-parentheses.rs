use webhook_runtime::{Delivery, Webhooks, webhook};

#[webhook(path = "/webhook")]
async fn order_paid(_: &Delivery) {}

fn main() {
    let _: Webhooks = Webhooks::new().mount(order_paid);
}
