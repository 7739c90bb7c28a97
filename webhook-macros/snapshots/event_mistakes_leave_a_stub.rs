#[derive(WebhookEvent)]
#[event(crate = hooks::runtime)]
enum Event<'a, T> {
    #[event("push", "push")]
    Push(T),
    #[event(other)]
    Other(UnknownEvent<'a>),
}
