use webhook_runtime::{UnknownEvent, WebhookEvent, webhook};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/webhook")]
async fn on_event(_: Event<'_>) {}

fn main() {}
