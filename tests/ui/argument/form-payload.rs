use webhook_runtime::webhook;

struct Order;

/// As `axum::Form`, which takes a feature.
struct Form<T>(T);

#[webhook(path = "/webhook")]
async fn order_paid(Form(_order): Form<Order>) {}

fn main() {}
