use webhook_runtime::webhook;

struct Order;

#[webhook(path = "/webhook")]
async fn order_paid(_token: &str, _order: Order) {}

fn main() {}
