use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
fn order_paid<T>() {}

fn main() {}
