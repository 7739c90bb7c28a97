use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
mod order_paid {}

fn main() {}
