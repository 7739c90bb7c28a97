use axum::extract::State;
use webhook_runtime::webhook;

#[derive(Clone)]
struct Db;

#[webhook(path = "/webhook")]
async fn order_paid(State(_db): State<Db>) {}

fn main() {}
