use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(concurency = 4))]
async fn order_paid(_: &Delivery) {}

fn main() {}
