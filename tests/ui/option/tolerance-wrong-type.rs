use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", tolerance = 60)]
async fn order_paid(_: &Delivery) {}

fn main() {}
