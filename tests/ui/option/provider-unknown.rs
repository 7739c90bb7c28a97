use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", provider = GITHUBB)]
async fn order_paid(_: &Delivery) {}

fn main() {}
