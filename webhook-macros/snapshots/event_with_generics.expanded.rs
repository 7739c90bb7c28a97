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
    impl<'a, 'b: 'a, T: Clone, U> __webhook_runtime::WebhookEvent for Event<'a, 'b, T, U>
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
    impl<'__de, 'a, 'b: 'a, T: Clone, U> __webhook_runtime::Payload<'__de>
    for Event<'a, 'b, T, U>
    where
        '__de: 'a,
        '__de: 'b,
        U: Default,
        Envelope<T>: __webhook_runtime::Payload<'__de>,
        Vec<[U; 2]>: __webhook_runtime::Payload<'__de>,
    {
        const SHAPE: __webhook_runtime::__private::PayloadShape = __webhook_runtime::__private::PayloadShape::of_events(
            <Self as __webhook_runtime::WebhookEvent>::EVENTS,
            &[("borrowed", &[]), ("of.one", &[]), ("of.another", &[])],
        );
        __webhook_runtime::__private::event_variants! {
            ["borrowed"] "" => Self::Borrowed; ["of.one"] "" => Self::OfOne;
            ["of.another"] "" => Self::OfAnother;
        }
        fn decode(
            encoded: __webhook_runtime::RawEvent<'__de>,
        ) -> ::core::result::Result<Self, __webhook_runtime::Rejection> {
            let mut matched = __webhook_runtime::__private::MatchedEvent::among(
                <Self as __webhook_runtime::WebhookEvent>::EVENTS,
                encoded,
            );
            match matched.at() {
                0usize => {
                    if let ::core::option::Option::Some(payload) = __webhook_runtime::__private::MatchedEvent::payload(
                        &mut matched,
                    ) {
                        return ::core::result::Result::Ok(Self::Borrowed(payload));
                    }
                }
                1usize => {
                    if let ::core::option::Option::Some(payload) = __webhook_runtime::__private::MatchedEvent::payload(
                        &mut matched,
                    ) {
                        return ::core::result::Result::Ok(Self::OfOne(payload));
                    }
                }
                2usize => {
                    if let ::core::option::Option::Some(payload) = __webhook_runtime::__private::MatchedEvent::payload(
                        &mut matched,
                    ) {
                        return ::core::result::Result::Ok(Self::OfAnother(payload));
                    }
                }
                _ => {}
            }
            __webhook_runtime::__private::MatchedEvent::catch_all(matched, true)
                .map(Self::Rest)
        }
    }
    #[doc(hidden)]
    #[allow(
        missing_debug_implementations,
        missing_copy_implementations,
        unreachable_pub
    )]
    pub struct __UnlistedEvent<const AT: ::core::primitive::usize>;
    impl __UnlistedEvent<0usize> {
        #[deprecated(
            note = "`Borrowed` of `Event`: this provider lists no event `borrowed`\nif the name is right, write `#[event(\"borrowed\", unlisted)]`"
        )]
        #[allow(dead_code)]
        pub fn warn(&self) {}
    }
    impl __UnlistedEvent<1usize> {
        #[deprecated(
            note = "`OfOne` of `Event`: this provider lists no event `of.one`\nif the name is right, write `#[event(\"of.one\", unlisted)]`"
        )]
        #[allow(dead_code)]
        pub fn warn(&self) {}
    }
    impl __UnlistedEvent<2usize> {
        #[deprecated(
            note = "`OfAnother` of `Event`: this provider lists no event `of.another`\nif the name is right, write `#[event(\"of.another\", unlisted)]`"
        )]
        #[allow(dead_code)]
        pub fn warn(&self) {}
    }
    impl __UnlistedEvent<{ ::core::primitive::usize::MAX }> {
        #[allow(dead_code)]
        pub fn warn(&self) {}
    }
    #[automatically_derived]
    impl<'a, 'b: 'a, T: Clone, U> __webhook_runtime::__private::EventWarnings
    for Event<'a, 'b, T, U>
    where
        U: Default,
    {
        type At<const __AT: ::core::primitive::usize> = __UnlistedEvent<__AT>;
    }
};
