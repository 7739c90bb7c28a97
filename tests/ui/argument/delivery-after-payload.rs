use webhook_runtime::{Delivery, webhook};

struct Order;

#[webhook(path = "/webhook")]
async fn order_paid(_order: Order, _delivery: Delivery) {}

fn main() {}
