use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "GET",
    &[Condition::Query("challenge")],
    HandshakeResponse::Text(RequestValue::Query("challenge")),
)];

/// Nylas: [notifications](https://developer.nylas.com/docs/v3/notifications/).
///
/// *Set-up:* create the webhook in the dashboard or through the API, while the endpoint runs: Nylas
/// asks with `?challenge=…` and expects the value as text; this crate answers. The secret is the
/// `webhook_secret` of the response (version 2: the client secret).
///
/// *Not signed:* the headers. Id and type are in the body; there is no signed time of sending.
/// Leave compressed notifications off: this crate takes no compressed bodies. Nylas waits ten
/// seconds, and retries twice (both *unconfirmed*).
pub const NYLAS: Provider =
    Provider::new("nylas", Scheme::hmac_sha256().header("x-nylas-signature").hex())
        .with_id(Field::pointer("/id"))
        .with_event(Field::pointer("/type"))
        .with_handshakes(HANDSHAKES)
        .with_ack_status(200)
        .with_docs_url("https://developer.nylas.com/docs/v3/notifications/");
