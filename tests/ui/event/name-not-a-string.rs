use webhook_runtime::{Unknown, WebhookEvent};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event(7)]
    Push,
    #[event(other)]
    Other(Unknown<'a>),
}

fn main() {}
