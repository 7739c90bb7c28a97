use webhook_runtime::{Unknown, WebhookEvent};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("issues.opened", "issues")]
    Issues,
    #[event(other)]
    Other(Unknown<'a>),
}

fn main() {}
