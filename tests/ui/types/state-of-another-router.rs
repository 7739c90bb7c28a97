use axum::extract::State;
use serde::Deserialize;
use webhook_runtime::{Webhooks, webhook};

#[derive(Clone)]
struct Db;

#[derive(Clone)]
struct App;

#[derive(Deserialize)]
struct Order {
    _id: u64,
}

#[webhook(path = "/webhook")]
async fn order_paid(State(_db): State<Db>, _order: Order) {}

fn main() {
    let _ = Webhooks::<App>::new().mount::<order_paid>();
}
