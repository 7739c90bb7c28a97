use serde::Deserialize;
use webhook_runtime::{Unknown, WebhookEvent};

#[derive(Deserialize)]
struct Push {
    _size: u64,
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push(Push),
    IssueOpened,
    #[event(other)]
    Other(Unknown<'a>),
}

fn main() {}
