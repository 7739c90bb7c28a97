use webhook_runtime::webhook;

struct Order;

/// As `axum::Json`, which takes a feature.
struct Json<T>(T);

#[webhook(path = "/webhook")]
async fn order_paid(_order: Option<Json<Order>>) {}

fn main() {}
