use webhook_runtime::webhook;

#[tokio::test]
#[webhook(path = "/webhook")]
async fn order_paid() {}

fn main() {}
