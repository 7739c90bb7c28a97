#![deny(deprecated)]

use webhook_runtime::{UnknownEvent, WebhookEvent, providers::GITHUB, webhook};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push,
    #[event("isues.opened")]
    Opened,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/github", provider = GITHUB)]
async fn on_github(_: Event<'_>) {}

fn main() {}
