use webhook_runtime::{UnknownEvent, WebhookEvent};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event(concat!("pu", "sh"))]
    Push,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

fn main() {}
