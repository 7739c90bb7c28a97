use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::{Scheme, Timestamp},
};

const HANDSHAKES: &[Handshake] = &[Handshake::signed(
    &[Condition::BodyIs("/type", "sync"), Condition::Header("x-front-challenge")],
    HandshakeResponse::Text(RequestValue::Header("x-front-challenge")),
)];

/// Front, application webhooks: [application webhooks][docs].
///
/// *Set-up:* in the app's settings, under Features: webhooks with the public URL. The secret is the
/// app's signing key. Front first sends a signed challenge; this crate answers it.
///
/// *Not signed:* the headers, except the time, which is in milliseconds (the unit is
/// *unconfirmed*). Front recommends five minutes; its samples and this crate set no limit: set a
/// `tolerance`. The challenge is in a header that is not signed, but only a signed request of type
/// `sync` is taken for one. Webhooks of rules are signed in another way under the same header, and
/// refused here.
///
/// Front expects the answer to its challenge within ten seconds, and retries three times (both
/// *unconfirmed*).
///
/// [docs]: https://dev.frontapp.com/docs/application-webhooks
pub const FRONT: Provider = Provider::new(
    "front",
    Scheme::hmac_sha256()
        .header("x-front-signature")
        .base64()
        .timestamp(Timestamp::header("x-front-request-timestamp").unix_millis().without_window())
        .signed("{timestamp}:{body}"),
)
.with_id(Field::pointer("/payload/id"))
.with_event(Field::pointer("/type"))
.with_handshakes(HANDSHAKES)
.with_docs_url("https://dev.frontapp.com/docs/application-webhooks");
