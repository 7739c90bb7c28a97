use webhook_runtime::webhook;

struct Order;
struct User;

#[webhook(path = "/webhook")]
async fn order_paid(_user: &User, _order: Order) {}

fn main() {}
