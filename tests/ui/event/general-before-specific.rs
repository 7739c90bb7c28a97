use webhook_runtime::{UnknownEvent, WebhookEvent};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("issues")]
    Issues,
    #[event("issues.opened")]
    Opened,
    #[event("issues.closed")]
    Closed,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

fn main() {}
