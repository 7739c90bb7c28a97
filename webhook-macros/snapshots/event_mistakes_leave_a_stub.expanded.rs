const _: () = {
    #[allow(unused_imports)]
    use hooks::runtime::webhook_runtime as __webhook_runtime;
    #[automatically_derived]
    #[allow(
        deprecated,
        unused_qualifications,
        clippy::all,
        clippy::pedantic,
        clippy::nursery
    )]
    impl<'a, T> __webhook_runtime::WebhookEvent for Event<'a, T> {
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
    impl<'__de, 'a, T> __webhook_runtime::Payload<'__de> for Event<'a, T>
    where
        '__de: 'a,
    {
        const SHAPE: __webhook_runtime::__private::PayloadShape = __webhook_runtime::__private::PayloadShape::of_events(
            <Self as __webhook_runtime::WebhookEvent>::EVENTS,
            &[],
        );
        fn decode(
            encoded: __webhook_runtime::RawEvent<'__de>,
        ) -> ::core::result::Result<Self, __webhook_runtime::Rejection> {
            ::core::unimplemented!()
        }
    }
};
::core::compile_error! {
    "`push` is named twice"
}
