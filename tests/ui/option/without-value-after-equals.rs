use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", tolerance =, max_body = 1024)]
async fn order_paid(_: &Delivery) {}

fn main() {}
