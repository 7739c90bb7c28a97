use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook")]
async fn order_paid(_payload: &'static Delivery) {}

fn main() {}
