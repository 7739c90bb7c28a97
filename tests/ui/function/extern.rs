use webhook_runtime::webhook;

struct Order;

#[webhook(path = "/webhook")]
async extern "C" fn order_paid(_order: Order) {}

fn main() {}
