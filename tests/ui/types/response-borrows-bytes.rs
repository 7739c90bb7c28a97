use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook")]
async fn order_paid(delivery: &Delivery) -> Result<&[u8], String> {
    Ok(delivery.body())
}

fn main() {}
