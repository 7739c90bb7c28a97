use webhook_runtime::{UnknownEvent, webhook};

#[webhook(path = "/webhook")]
async fn order_paid(_event: UnknownEvent<'_>) {}

fn main() {}
