use webhook_runtime::{UnknownEvent, WebhookEvent};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("*")]
    Push,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

fn main() {}
