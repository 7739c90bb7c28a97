use webhook_runtime::{Batch, providers::GITHUB, webhook};

#[webhook(path = "/github", provider = GITHUB)]
async fn on_github(_: Batch<'_, String>) {}

fn main() {}
