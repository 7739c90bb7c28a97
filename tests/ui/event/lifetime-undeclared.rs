use serde::Deserialize;
use webhook_runtime::{Unknown, WebhookEvent};

#[derive(Deserialize)]
struct Push<'a> {
    _name: &'a str,
}

#[derive(WebhookEvent)]
enum Event {
    #[event("push")]
    Push(Push<'a>),
    #[event(other)]
    Other(Unknown<'a>),
}

fn main() {}
