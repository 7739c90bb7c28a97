use webhook_runtime::{Delivery, webhook};

const ORDERS: &str = "orders";

#[webhook(path = "/webhook", name = ORDERS)]
async fn order_paid(_: &Delivery) {}

fn main() {}
