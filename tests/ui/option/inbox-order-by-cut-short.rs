use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(order_by = Field::))]
async fn order_paid(_: &Delivery) {}

fn main() {}
