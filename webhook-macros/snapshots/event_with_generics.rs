#[derive(WebhookEvent)]
#[event(strict, crate = hooks::runtime)]
enum Event<'a, 'b: 'a, T: Clone, U = u8>
where
    U: Default,
{
    #[event("borrowed")]
    Borrowed(&'b str),
    #[event("of.one")]
    OfOne(Envelope<T>),
    #[event("of.another")]
    OfAnother(Vec<[U; 2]>),
    #[event(other)]
    Rest(UnknownEvent<'a>),
}
