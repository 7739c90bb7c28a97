const _: () = {
    #[automatically_derived]
    #[allow(
        deprecated,
        unused_qualifications,
        clippy::all,
        clippy::pedantic,
        clippy::nursery
    )]
    impl<'a> ::webhook_runtime::WebhookEvent for Event<'a> {
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
    impl<'__de, 'a> ::webhook_runtime::Payload<'__de> for Event<'a>
    where
        '__de: 'a,
    {
        const SHAPE: ::webhook_runtime::__private::PayloadShape = ::webhook_runtime::__private::PayloadShape::of_events(
            <Self as ::webhook_runtime::WebhookEvent>::EVENTS,
            &[],
        );
        ::webhook_runtime::__private::event_variants! {}
        fn decode(
            encoded: ::webhook_runtime::RawEvent<'__de>,
        ) -> ::core::result::Result<Self, ::webhook_runtime::Rejection> {
            let matched = ::webhook_runtime::__private::MatchedEvent::among(
                <Self as ::webhook_runtime::WebhookEvent>::EVENTS,
                encoded,
            );
            ::webhook_runtime::__private::MatchedEvent::catch_all(matched, false)
                .map(Self::Other)
        }
    }
    #[doc(hidden)]
    #[allow(
        missing_debug_implementations,
        missing_copy_implementations,
        unreachable_pub
    )]
    pub struct __UnlistedEvent<const AT: ::core::primitive::usize>;
    impl __UnlistedEvent<{ ::core::primitive::usize::MAX }> {
        #[allow(dead_code)]
        pub fn warn(&self) {}
    }
    #[automatically_derived]
    impl<'a> ::webhook_runtime::__private::EventWarnings for Event<'a> {
        type At<const __AT: ::core::primitive::usize> = __UnlistedEvent<__AT>;
    }
};
