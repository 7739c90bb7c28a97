#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<'a, T> hooks::runtime::WebhookEvent for Event<'a, T> {
    const EVENTS: &'static [&'static str] = &[];
}
#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<'__de, 'a, T> hooks::runtime::Payload<'__de> for Event<'a, T>
where
    '__de: 'a,
{
    const SHAPE: hooks::runtime::__private::PayloadShape = hooks::runtime::__private::PayloadShape::of_events(
        <Self as hooks::runtime::WebhookEvent>::EVENTS,
    );
    fn decode(
        encoded: hooks::runtime::RawEvent<'__de>,
    ) -> ::core::result::Result<Self, hooks::runtime::Rejection> {
        ::core::unimplemented!()
    }
}
::core::compile_error! {
    "`push` is named twice"
}
