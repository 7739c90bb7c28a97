use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", provider = GITHUB.)]
async fn order_paid(_: &Delivery) {}

fn main() {}
