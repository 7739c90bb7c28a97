use webhook_runtime::{Webhooks, webhook};

struct Order;

#[webhook(path = "/webhook")]
fn order_paid(_order: Order) {}

fn mounted() -> Webhooks {
    Webhooks::new().mount::<order_paid>()
}

fn main() {}
