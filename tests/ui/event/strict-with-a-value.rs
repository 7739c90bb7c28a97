use serde::Deserialize;
use webhook_runtime::{UnknownEvent, WebhookEvent};

#[derive(Deserialize)]
struct Push {
    _size: u64,
}

#[derive(WebhookEvent)]
#[event(strict = true)]
enum Event<'a> {
    #[event("push")]
    Push(Push),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

fn main() {}
