use webhook_runtime::webhook;

struct Order;

struct Orders;

impl Orders {
    #[webhook(path = "/webhook")]
    async fn paid(&self, _order: Order) {}
}

fn main() {}
