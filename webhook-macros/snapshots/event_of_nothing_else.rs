#[derive(WebhookEvent)]
enum Event<'a> {
    #[event(other)]
    Other(Unknown<'a>),
}
