use serde::Deserialize;
use webhook_runtime::{Batch, providers::GITHUB, webhook};

#[derive(Deserialize)]
struct Push {}

#[webhook(path = "/github", provider = GITHUB)]
async fn on_github(_: Batch<'_, Push>) {}

fn main() {}
