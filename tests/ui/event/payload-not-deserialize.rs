use webhook_runtime::{UnknownEvent, WebhookEvent};

struct Push {
    _size: u64,
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push(Push),
    #[event("ping")]
    Ping(Vec<Push>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

fn main() {}
