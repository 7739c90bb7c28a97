use crate::verify::{
    BatchLayout, Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[Handshake::with_verify_token(
    RequestValue::Query("hub.verify_token"),
    &[Condition::QueryIs("hub.mode", "subscribe"), Condition::Query("hub.challenge")],
    HandshakeResponse::Text(RequestValue::Query("hub.challenge")),
)];

/// Meta, for Facebook, Instagram, Messenger and `WhatsApp`: [webhooks][docs].
///
/// *Set-up:* in the app's dashboard, under Webhooks: the public URL and a verify token of your own,
/// which you pass to [`Webhooks::verify_token`](crate::Webhooks::verify_token). The secret is the
/// app secret.
///
/// *Not signed:* the headers. A delivery has no id: it is a batch of entries, each with its changes
/// or messages, and the event is only the kind of object. Meta escapes all non-ASCII letters, so no
/// JSON library reproduces the signed body: verify the raw bytes. It retries for 36 hours, and
/// batches up to a thousand updates (both *unconfirmed*).
///
/// [docs]: https://developers.facebook.com/docs/graph-api/webhooks/getting-started
#[doc(alias = "facebook")]
#[doc(alias = "instagram")]
#[doc(alias = "messenger")]
#[doc(alias = "whatsapp")]
pub const META: Provider = Provider::new(
    "meta",
    Scheme::hmac_sha256().header("x-hub-signature-256").prefix("sha256=").hex(),
)
.with_event(Field::pointer("/object"))
.with_batch(BatchLayout::at("/entry"))
.with_handshakes(HANDSHAKES)
.with_docs_url("https://developers.facebook.com/docs/graph-api/webhooks/getting-started");
