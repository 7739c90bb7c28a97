use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::Scheme,
};

/// Notion sends the secret once, unsigned, and a human pastes it back.
const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "POST",
    &[Condition::Body("/verification_token")],
    HandshakeResponse::StoreSecret(RequestValue::Body("/verification_token"), None),
)];

/// Notion: [webhooks](https://developers.notion.com/reference/webhooks).
///
/// *Set-up:* in the integration's settings, under Webhooks: the public URL, while the endpoint
/// runs. Notion posts a verification token to it, unsigned. The secret source stores the token, and
/// you paste it back into the settings. From then on it is the secret: a later token must never
/// replace it.
///
/// *Not signed:* the headers; id and type are in the body. Notion retries eight times within a day
/// (*unconfirmed*).
pub const NOTION: Provider = Provider::new(
    "notion",
    Scheme::hmac_sha256().header("x-notion-signature").prefix("sha256=").hex(),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/type"))
.with_handshakes(HANDSHAKES)
.with_docs_url("https://developers.notion.com/reference/webhooks");
