use webhook_runtime::{Cancellation, webhook};

#[webhook(path = "/webhook")]
async fn order_paid(_cancellation: Cancellation) {}

fn main() {}
