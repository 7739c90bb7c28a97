use serde::Deserialize;
use webhook_runtime::{UnknownEvent, WebhookEvent};

#[derive(Deserialize)]
struct Push {
    _size: u64,
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event]
    Push(Push),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

fn main() {}
