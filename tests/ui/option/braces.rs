use webhook_runtime::{Delivery, webhook};

#[webhook({ path = "/webhook" })]
async fn order_paid(_: &Delivery) {}

fn main() {}
