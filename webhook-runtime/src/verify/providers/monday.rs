use std::time::Duration;

use crate::verify::{
    Provider, Source,
    handshake::{Answer, Handshake, Value, When},
    scheme::Jwt,
};

/// monday.com: [webhooks of apps][docs].
///
/// *Set-up:* the secret is the app's signing secret (for lifecycle webhooks, its client secret);
/// configure the public URL, which is the token's audience. The challenge is answered. Webhooks made
/// with a personal token are not signed at all and are refused: make them with an app.
///
/// *Not signed:* the body. A token that was seen can carry another body until it expires.
///
/// [docs]: https://developer.monday.com/apps/docs/the-authorization-header
pub const MONDAY: Provider =
    Provider::custom("monday", &Jwt::hs256("authorization").audience_is_url().expires())
        .id(Source::pointer("/event/triggerUuid"))
        .event(Source::pointer("/event/type"))
        .handshakes(&[Handshake::unsigned(
            "POST",
            &[When::Body("/challenge"), When::NoBody("/event/type")],
            Answer::Json(&[("challenge", Value::Body("/challenge"))]),
        )])
        .docs("https://developer.monday.com/apps/docs/the-authorization-header")
        .retries_for(Duration::from_secs(30 * 60));
