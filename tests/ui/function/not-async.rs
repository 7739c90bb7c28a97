use webhook_runtime::webhook;

struct Order;

#[webhook(path = "/webhook")]
fn order_paid(_order: Order) {}

fn main() {}
