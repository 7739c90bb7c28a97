use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/teams/{}")]
async fn order_paid(_: &Delivery) {}

fn main() {}
