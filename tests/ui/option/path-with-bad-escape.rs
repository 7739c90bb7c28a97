use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/a/%zz")]
async fn order_paid(_: &Delivery) {}

fn main() {}
