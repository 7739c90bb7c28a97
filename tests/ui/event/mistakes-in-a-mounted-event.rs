//! What depends on an enum with a mistake is not reported: the mistake is.

use webhook_runtime::{UnknownEvent, WebhookEvent, Webhooks, providers::GITHUB, webhook};

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("")]
    Push,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/github", provider = GITHUB, secret_env = "SECRET")]
async fn github(event: Event<'_>) -> &'static str {
    match event {
        Event::Push => "pushed",
        Event::Other(_) => "passed over",
    }
}

fn main() {
    let _: Webhooks = Webhooks::new().mount::<github>();
    let _ = Event::EVENTS;
}
