use webhook_runtime::{UnknownEvent, WebhookEvent};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event(unlisted)]
    Push,
    #[event(other, unlisted)]
    Other(UnknownEvent<'a>),
}

fn main() {}
