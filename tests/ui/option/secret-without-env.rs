use webhook_runtime::webhook;

#[webhook(path = "/webhook", secret = "SECRET")]
async fn order_paid(_order: u64) {}

fn main() {}
