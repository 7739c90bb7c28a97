use webhook_runtime::{Delivery, webhook};

#[tokio::test]
#[webhook(path = "/webhook")]
async fn order_paid() {}

fn main() {}
