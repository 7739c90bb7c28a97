use serde::Deserialize;
use webhook_runtime::{UnknownEvent, WebhookEvent};

#[derive(Deserialize)]
struct Push {
    _id: u64,
}

#[derive(WebhookEvent)]
#[event(crate = webhook_runtim)]
enum Event<'a> {
    #[event("push")]
    Push(Push),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

fn main() {}
