use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
#[tokio::test]
async fn order_paid() {}

fn main() {}
