use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook")]
#[tokio::test]
async fn order_paid() {}

fn main() {}
