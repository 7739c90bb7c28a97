use crate::verify::{
    Field, Provider,
    handshake::{Handshake, HandshakeResponse},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[Handshake::unsigned("HEAD", &[], HandshakeResponse::Empty(200))];

/// Trello: [webhooks](https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/).
///
/// *Set-up:* create the webhook through the API, with the public URL as `callbackURL`, while the
/// endpoint runs: Trello first checks it with HEAD. The secret is the app's OAuth 1.0 secret. The
/// URL is signed exactly as registered, so configure the public URL.
///
/// *Not signed:* the headers; id and type of the action are in the body. The signature is HMAC with
/// SHA-1; Trello offers nothing better. It retries after 30, 60 and 120 seconds, and a 410 deletes
/// the webhook (both *unconfirmed*).
pub const TRELLO: Provider = Provider::new(
    "trello",
    Scheme::hmac_sha1().header("x-trello-webhook").base64().signed("{body}{url}"),
)
.with_id(Field::pointer("/action/id"))
.with_event(Field::pointer("/action/type"))
.with_handshakes(HANDSHAKES)
.with_docs_url("https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/");
