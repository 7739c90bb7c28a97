use webhook_runtime::{Unknown, WebhookEvent};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event(concat!("pu", "sh"))]
    Push,
    #[event(other)]
    Other(Unknown<'a>),
}

fn main() {}
