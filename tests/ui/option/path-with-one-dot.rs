use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/d/./b")]
async fn order_paid(_: &Delivery) {}

fn main() {}
