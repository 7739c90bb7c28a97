use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", crate = self)]
async fn order_paid(_: &Delivery) {}

fn main() {}
