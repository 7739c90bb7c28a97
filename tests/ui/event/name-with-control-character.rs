use webhook_runtime::{Unknown, WebhookEvent};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("pu\tsh")]
    Push,
    #[event(other)]
    Other(Unknown<'a>),
}

fn main() {}
