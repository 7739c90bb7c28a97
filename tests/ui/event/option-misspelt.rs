use serde::Deserialize;
use webhook_runtime::{UnknownEvent, WebhookEvent};

#[derive(Deserialize)]
struct Push {
    _size: u64,
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push(Push),
    #[event(othr)]
    Other(UnknownEvent<'a>),
}

fn main() {}
