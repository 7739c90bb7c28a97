use webhook_runtime::webhook;

struct Order;

/// As `axum::Json`, which takes a feature.
struct Json<T>(T);

#[webhook(path = "/webhook")]
async fn order_paid(Json(_raw): Json<Order>, _order: Order) {}

fn main() {}
