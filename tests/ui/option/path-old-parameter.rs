use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/teams/:team/*rest")]
async fn order_paid(_: &Delivery) {}

fn main() {}
