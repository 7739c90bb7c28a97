use webhook_runtime::{Delivery, webhook};

struct Order;

#[webhook(path = "/webhook")]
async fn order_paid(_delivery: &Delivery, _order: Order) {}

fn main() {}
