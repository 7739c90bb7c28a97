use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
async fn order_paid(_payload: Vec<&'static str>) {}

fn main() {}
