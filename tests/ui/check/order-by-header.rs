use webhook_runtime::{Delivery, Field, providers::GITHUB, webhook};

#[webhook(path = "/github", provider = GITHUB, inbox(order_by = Field::header("x-github-event")))]
async fn on_github(_: &Delivery) {}

fn main() {}
