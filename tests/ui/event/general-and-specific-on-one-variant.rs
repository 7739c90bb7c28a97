use webhook_runtime::{UnknownEvent, WebhookEvent};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("issues.opened", "issues")]
    Issues,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

fn main() {}
