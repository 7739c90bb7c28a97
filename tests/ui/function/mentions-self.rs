use webhook_runtime::{Delivery, webhook};

struct Orders;

impl Orders {
    #[webhook(path = "/webhook")]
    async fn paid(_: &Delivery) -> Result<(), Self> {
        Ok(())
    }
}

fn main() {}
