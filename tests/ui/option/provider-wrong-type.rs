use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", provider = "github")]
async fn order_paid(_: &Delivery) {}

fn main() {}
