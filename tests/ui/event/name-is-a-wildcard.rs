use webhook_runtime::{Unknown, WebhookEvent};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("*")]
    Push,
    #[event(other)]
    Other(Unknown<'a>),
}

fn main() {}
