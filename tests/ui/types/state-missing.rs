use axum::extract::State;
use webhook_runtime::{Delivery, Webhooks, webhook};

#[derive(Clone)]
struct Db;

#[webhook(path = "/webhook")]
async fn order_paid(State(_db): State<Db>, _: &Delivery) {}

fn main() {
    let _ = Webhooks::<()>::new().mount::<order_paid>();
}
