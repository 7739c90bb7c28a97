use serde::Deserialize;
use webhook_runtime::webhook;

#[derive(Deserialize)]
struct Order {
    _id: u64,
}

struct Answer;

#[webhook(path = "/webhook")]
async fn order_paid(_order: Order) -> Result<Answer, String> {
    Ok(Answer)
}

fn main() {}
