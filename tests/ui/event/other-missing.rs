use serde::Deserialize;
use webhook_runtime::WebhookEvent;

#[derive(Deserialize)]
struct Push {
    _size: u64,
}

#[derive(WebhookEvent)]
enum Event {
    #[event("push")]
    Push(Push),
}

fn main() {}
