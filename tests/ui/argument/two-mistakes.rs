use axum::{body::Bytes, extract::State, http::Method};
use webhook_runtime::webhook;

#[derive(Clone)]
struct Db;
struct Order;

#[webhook(path = "/webhook")]
async fn order_paid(_body: Bytes, _order: &Order, State(_db): State<Db>, _method: Method) {}

fn main() {}
