use webhook_runtime as hooks;

#[hooks::webhook(path = "/webhook", crate = hooks)]
async fn order_paid(_delivery: hooks::Delivery) {}

fn main() {}
