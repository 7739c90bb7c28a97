use webhook_runtime::webhook;

struct Order;
struct User<'a>(&'a str);

#[webhook(path = "/webhook")]
async fn order_paid(_user: User<'_>, _order: Order) {}

fn main() {}
