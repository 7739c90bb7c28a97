use axum::extract::State;
use webhook_runtime::webhook;

#[derive(Clone)]
struct Db;

struct Order<'a>(&'a str);

#[webhook(path = "/webhook")]
async fn order_paid(_order: Order<'_>, State(_db): State<Db>) {}

fn main() {}
