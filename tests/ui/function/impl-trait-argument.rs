use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
async fn order_paid(_order: impl Send) {}

fn main() {}
