use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", respond_within = 500ms)]
async fn order_paid(_: &Delivery) {}

fn main() {}
