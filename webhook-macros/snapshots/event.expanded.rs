const _: () = {
    #[automatically_derived]
    #[allow(
        deprecated,
        unused_qualifications,
        clippy::all,
        clippy::pedantic,
        clippy::nursery
    )]
    impl<'a> ::webhook_runtime::WebhookEvent for Github<'a> {
        const EVENTS: &'static [&'static str] = &[
            "push",
            "issues.opened",
            "issues.reopened",
            "issues",
            "issue_comment",
        ];
    }
    #[automatically_derived]
    #[allow(
        deprecated,
        unused_qualifications,
        clippy::all,
        clippy::pedantic,
        clippy::nursery
    )]
    impl<'__de, 'a> ::webhook_runtime::Payload<'__de> for Github<'a>
    where
        '__de: 'a,
    {
        const SHAPE: ::webhook_runtime::__private::PayloadShape = ::webhook_runtime::__private::PayloadShape::of_events(
            <Self as ::webhook_runtime::WebhookEvent>::EVENTS,
            &[
                ("push", &[]),
                ("issues.opened", &[]),
                ("issues.reopened", &[]),
                ("issues", &[]),
                ("issue_comment", &[]),
            ],
        );
        ::webhook_runtime::__private::event_variants! {
            ["push"] "Somebody pushed." => Self::Push; ["issues.opened",
            "issues.reopened"] "" => Self::Opened; ["issues", "issue_comment"] "";
        }
        fn decode(
            encoded: ::webhook_runtime::RawEvent<'__de>,
        ) -> ::core::result::Result<Self, ::webhook_runtime::Rejection> {
            let mut matched = ::webhook_runtime::__private::MatchedEvent::among(
                <Self as ::webhook_runtime::WebhookEvent>::EVENTS,
                encoded,
            );
            match matched.at() {
                0usize => {
                    if let ::core::option::Option::Some(payload) = ::webhook_runtime::__private::MatchedEvent::payload(
                        &mut matched,
                    ) {
                        return ::core::result::Result::Ok(Self::Push(payload));
                    }
                }
                1usize | 2usize => {
                    if let ::core::option::Option::Some(payload) = ::webhook_runtime::__private::MatchedEvent::payload(
                        &mut matched,
                    ) {
                        return ::core::result::Result::Ok(Self::Opened(payload));
                    }
                }
                3usize | 4usize => return ::core::result::Result::Ok(Self::Talk),
                _ => {}
            }
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
    impl __UnlistedEvent<0usize> {
        #[deprecated(
            note = "`Push` of `Github`: this provider lists no event `push`\nif the name is right, write `#[event(\"push\", unlisted)]`"
        )]
        #[allow(dead_code)]
        pub fn warn(&self) {}
    }
    impl __UnlistedEvent<1usize> {
        #[deprecated(
            note = "`Opened` of `Github`: this provider lists no event `issues.opened`\nif the name is right, write `#[event(\"issues.opened\", unlisted)]`"
        )]
        #[allow(dead_code)]
        pub fn warn(&self) {}
    }
    impl __UnlistedEvent<2usize> {
        #[deprecated(
            note = "`Opened` of `Github`: this provider lists no event `issues.reopened`\nif the name is right, write `#[event(\"issues.reopened\", unlisted)]`"
        )]
        #[allow(dead_code)]
        pub fn warn(&self) {}
    }
    impl __UnlistedEvent<3usize> {
        #[deprecated(
            note = "`Talk` of `Github`: this provider lists no event `issues`\nif the name is right, write `#[event(\"issues\", unlisted)]`"
        )]
        #[allow(dead_code)]
        pub fn warn(&self) {}
    }
    impl __UnlistedEvent<4usize> {
        #[deprecated(
            note = "`Talk` of `Github`: this provider lists no event `issue_comment`\nif the name is right, write `#[event(\"issue_comment\", unlisted)]`"
        )]
        #[allow(dead_code)]
        pub fn warn(&self) {}
    }
    impl __UnlistedEvent<{ ::core::primitive::usize::MAX }> {
        #[allow(dead_code)]
        pub fn warn(&self) {}
    }
    #[automatically_derived]
    impl<'a> ::webhook_runtime::__private::EventWarnings for Github<'a> {
        type At<const __AT: ::core::primitive::usize> = __UnlistedEvent<__AT>;
    }
};
