use webhook_runtime::{UnknownEvent, WebhookEvent};

#[derive(WebhookEvent)]
#[event(unlisted)]
enum Event<'a> {
    #[event("push", unlisted, unlisted)]
    Push,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

fn main() {}
