use webhook_runtime::{Unknown, WebhookEvent};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push { size: u64 },
    #[event(other)]
    Other(Unknown<'a>),
}

fn main() {}
