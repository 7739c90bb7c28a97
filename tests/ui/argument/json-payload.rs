use webhook_runtime::webhook;

struct Order<'a>(&'a str);

/// As `axum::Json`, which takes a feature.
struct Json<T>(T);

#[webhook(path = "/webhook")]
async fn order_paid(Json(_order): Json<Order<'_>>) {}

fn main() {}
