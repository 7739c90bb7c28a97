#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<'a, 'b: 'a, T: Clone, U> hooks::runtime::WebhookEvent for Event<'a, 'b, T, U>
where
    U: Default,
{
    const EVENTS: &'static [&'static str] = &["borrowed", "of.one", "of.another"];
}
#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<'__de, 'a, 'b: 'a, T: Clone, U> hooks::runtime::Payload<'__de>
for Event<'a, 'b, T, U>
where
    '__de: 'a,
    '__de: 'b,
    U: Default,
    Envelope<T>: hooks::runtime::Payload<'__de>,
    Vec<[U; 2]>: hooks::runtime::Payload<'__de>,
{
    const SHAPE: hooks::runtime::__private::PayloadShape = hooks::runtime::__private::PayloadShape::of_events(
        <Self as hooks::runtime::WebhookEvent>::EVENTS,
    );
    fn decode(
        encoded: hooks::runtime::RawEvent<'__de>,
    ) -> ::core::result::Result<Self, hooks::runtime::Rejection> {
        let mut matched = hooks::runtime::__private::MatchedEvent::among(
            <Self as hooks::runtime::WebhookEvent>::EVENTS,
            encoded,
        );
        match matched.at() {
            0usize => {
                if let ::core::option::Option::Some(payload) = hooks::runtime::__private::MatchedEvent::payload(
                    &mut matched,
                ) {
                    return ::core::result::Result::Ok(Self::Borrowed(payload));
                }
            }
            1usize => {
                if let ::core::option::Option::Some(payload) = hooks::runtime::__private::MatchedEvent::payload(
                    &mut matched,
                ) {
                    return ::core::result::Result::Ok(Self::OfOne(payload));
                }
            }
            2usize => {
                if let ::core::option::Option::Some(payload) = hooks::runtime::__private::MatchedEvent::payload(
                    &mut matched,
                ) {
                    return ::core::result::Result::Ok(Self::OfAnother(payload));
                }
            }
            _ => {}
        }
        hooks::runtime::__private::MatchedEvent::catch_all(matched, true).map(Self::Rest)
    }
}
