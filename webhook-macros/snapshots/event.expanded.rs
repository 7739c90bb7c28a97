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
    );
    ::webhook_runtime::__private::event_variants! {
        ["push"] "" => Self::Push; ["issues.opened", "issues.reopened"] "" =>
        Self::Opened; ["issues", "issue_comment"] "";
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
