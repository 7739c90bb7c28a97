use std::time::Duration;

use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::Jwt,
};

/// monday.com: [webhooks of apps][docs].
///
/// *Set-up:* the secret is the app's signing secret (for lifecycle webhooks, its client secret);
/// configure the public URL, which is the token's audience. This crate answers the challenge.
/// Webhooks that were created with a personal token are not signed, and are rejected: create them
/// with an app.
///
/// *Not signed:* the body. Anyone who has seen a token can send another body with it until it
/// expires.
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
