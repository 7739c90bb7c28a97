use webhook_runtime::{Delivery, webhook};

trait Orders {
    #[webhook(path = "/webhook")]
    async fn paid(delivery: &Delivery);
}

fn main() {}
