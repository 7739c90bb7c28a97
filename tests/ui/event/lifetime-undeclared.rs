use serde::Deserialize;
use webhook_runtime::{UnknownEvent, WebhookEvent};

#[derive(Deserialize)]
struct Push<'a> {
    _name: &'a str,
}

#[derive(WebhookEvent)]
enum Event {
    #[event("push")]
    Push(Push<'a>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

fn main() {}
