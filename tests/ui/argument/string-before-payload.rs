use webhook_runtime::webhook;

struct Order;

#[webhook(path = "/webhook")]
async fn order_paid(_body: String, _order: Order) {}

fn main() {}
