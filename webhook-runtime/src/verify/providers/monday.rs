use std::time::Duration;

use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
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
    Provider::custom("monday", &Jwt::hs256("authorization").audience_is_url().require_expiry())
        .with_id(Field::pointer("/event/triggerUuid"))
        .with_event(Field::pointer("/event/type"))
        .with_handshakes(&[Handshake::unsigned(
            "POST",
            &[Condition::Body("/challenge"), Condition::BodyLacks("/event/type")],
            HandshakeResponse::Json(&[("challenge", RequestValue::Body("/challenge"))]),
        )])
        .with_docs_url("https://developer.monday.com/apps/docs/the-authorization-header")
        .with_retry_period(Duration::from_secs(30 * 60));
