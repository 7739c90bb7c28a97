use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", answer_within = 2)]
async fn order_paid(_: &Delivery) {}

fn main() {}
