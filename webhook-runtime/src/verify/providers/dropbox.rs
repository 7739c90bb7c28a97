use std::time::Duration;

use crate::verify::{
    Deduplication, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "GET",
    &[Condition::Query("challenge")],
    HandshakeResponse::Text(RequestValue::Query("challenge")),
)];

/// Dropbox: [webhooks](https://www.dropbox.com/developers/reference/webhooks).
///
/// *Set-up:* in the app console, under Webhooks: the public URL. Dropbox sends it a challenge,
/// which this crate echoes. The secret is the app secret.
///
/// *Not signed:* the headers. A notification has neither id nor type: it names the accounts in
/// which something changed. Dropbox waits ten seconds, expects 200, and retries for about ten
/// minutes.
pub const DROPBOX: Provider =
    Provider::new("dropbox", Scheme::hmac_sha256().header("x-dropbox-signature").hex())
        .with_handshakes(HANDSHAKES)
        .with_ack_status(200)
        .with_deduplication(Deduplication::Disabled)
        .with_docs_url("https://www.dropbox.com/developers/reference/webhooks")
        .with_response_timeout(Duration::from_secs(10))
        .with_retry_period(Duration::from_secs(10 * 60));
