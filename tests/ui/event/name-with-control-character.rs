use webhook_runtime::{UnknownEvent, WebhookEvent};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("pu\tsh")]
    Push,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

fn main() {}
