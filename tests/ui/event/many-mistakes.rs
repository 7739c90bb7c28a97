use serde::Deserialize;
use webhook_runtime::WebhookEvent;

#[derive(Deserialize)]
struct Push {
    _size: u64,
}

#[derive(WebhookEvent)]
#[event(strikt)]
enum Event {
    #[event("push", "")]
    Push(Push, u64),
    Ping,
    #[event("push.*")]
    Issues { number: u64 },
}

fn main() {}
