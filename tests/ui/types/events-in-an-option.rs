use serde::Deserialize;
use webhook_runtime::{UnknownEvent, WebhookEvent, webhook};

#[derive(Deserialize)]
struct Push {
    _id: u64,
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push(Push),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/webhook")]
async fn github(_event: Option<Event<'_>>) {}

fn main() {}
