use serde::Deserialize;
use std::fmt;
use webhook_runtime::webhook;

#[derive(Deserialize)]
struct Order {
    _id: u64,
}

struct Failure;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed")
    }
}

type Outcome = Result<(), Failure>;

#[webhook(path = "/webhook")]
async fn order_paid(_order: Order) -> Outcome {
    Err(Failure)
}

fn main() {}
