use webhook_runtime::webhook;

struct Order;

#[webhook(path = "/webhook")]
async fn order_paid<const N: usize>(_orders: [Order; N]) {}

fn main() {}
