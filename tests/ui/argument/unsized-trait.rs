use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
async fn order_paid(_payload: dyn Send) {}

fn main() {}
