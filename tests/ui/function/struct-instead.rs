use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
struct Order;

fn main() {}
