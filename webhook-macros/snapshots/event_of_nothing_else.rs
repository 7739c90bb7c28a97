#[derive(WebhookEvent)]
enum Event<'a> {
    #[event(other)]
    Other(UnknownEvent<'a>),
}
