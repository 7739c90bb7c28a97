use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
async fn order_paid(_payload: &mut Vec<u8>) {}

fn main() {}
