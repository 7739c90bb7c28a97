use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/teams/{team")]
async fn order_paid(_: &Delivery) {}

fn main() {}
