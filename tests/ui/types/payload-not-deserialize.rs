use webhook_runtime::webhook;

struct Order {
    _id: u64,
}

#[webhook(path = "/webhook")]
async fn order_paid(_order: Order) {}

fn main() {}
