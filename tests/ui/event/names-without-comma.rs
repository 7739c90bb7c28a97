use webhook_runtime::{UnknownEvent, WebhookEvent};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push" "ping")]
    Push,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

fn main() {}
