use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::{KeyEncoding, Scheme},
};

const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "GET",
    &[Condition::Query("check")],
    HandshakeResponse::Text(RequestValue::Query("check")),
)];

/// Onfleet: [webhooks](https://docs.onfleet.com/reference/webhooks).
///
/// *Set-up:* create the webhook in the dashboard or through the API, while the endpoint runs:
/// Onfleet asks with `?check=…` and expects the value as text; this crate answers. The secret is
/// the webhook secret, in hexadecimal; the signature is HMAC with SHA-512.
///
/// *Not signed:* the headers. A delivery has no id, and its time is that of the event. The
/// signature was confirmed with third-party code only. Its time-out and retries are *unconfirmed*.
pub const ONFLEET: Provider = Provider::new(
    "onfleet",
    Scheme::hmac_sha512().header("x-onfleet-signature").hex().key(KeyEncoding::Hex),
)
.with_event(Field::pointer("/triggerName"))
.with_handshakes(HANDSHAKES)
.with_docs_url("https://docs.onfleet.com/reference/webhooks");
