use webhook_runtime::{Delivery, webhook};

#[webhook(pth = "/webhook", secret_evn = "SECRET")]
async fn order_paid(_: &Delivery) {}

fn main() {}
