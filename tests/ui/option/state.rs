use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", state = App)]
async fn order_paid(_: &Delivery) {}

fn main() {}
