use serde::Deserialize;
use webhook_runtime::{UnknownEvent, WebhookEvent};

#[derive(Deserialize)]
struct Push {
    _id: u64,
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push(UnknownEvent<'a>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

fn main() {}
