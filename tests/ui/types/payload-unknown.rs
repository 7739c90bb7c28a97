use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
async fn order_paid(_order: Order<'_>) {}

fn main() {}
