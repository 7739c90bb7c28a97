use std::time::Duration;

use crate::verify::{
    Field, Provider,
    handshake::{Handshake, HandshakeResponse},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[Handshake::unsigned("HEAD", &[], HandshakeResponse::Empty(200))];

/// Intercom: [webhooks](https://developers.intercom.com/docs/webhooks/setting-up-webhooks).
///
/// *Set-up:* in the developer hub, under Webhooks: the public URL and its topics. The secret is the
/// app's client secret. Intercom checks the URL with a HEAD request when you save it; this crate
/// answers it. The signature is HMAC with SHA-1; Intercom offers nothing better.
///
/// *Not signed:* the headers; id and topic are in the body. A ping has the topic `ping`. Intercom
/// expects 200 within five seconds, and retries once, after a minute (*unconfirmed*).
pub const INTERCOM: Provider =
    Provider::new("intercom", Scheme::hmac_sha1().header("x-hub-signature").prefix("sha1=").hex())
        .with_id(Field::pointer("/id"))
        .with_event(Field::pointer("/topic"))
        .with_handshakes(HANDSHAKES)
        .with_ack_status(200)
        .with_docs_url("https://developers.intercom.com/docs/webhooks/setting-up-webhooks")
        .with_response_timeout(Duration::from_secs(5));
