use webhook_runtime::{Unknown, WebhookEvent};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("issues")]
    Issues,
    #[event("issues.opened")]
    Opened,
    #[event("issues.closed")]
    Closed,
    #[event(other)]
    Other(Unknown<'a>),
}

fn main() {}
