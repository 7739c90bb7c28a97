use std::time::Duration;

use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::{Scheme, Timestamp},
};

const HANDSHAKES: &[Handshake] = &[Handshake::signed(
    &[Condition::BodyIs("/event", "endpoint.url_validation")],
    HandshakeResponse::Json(&[
        ("plainToken", RequestValue::Body("/payload/plainToken")),
        ("encryptedToken", RequestValue::HmacHex(&RequestValue::Body("/payload/plainToken"))),
    ]),
)];

/// Zoom: [webhooks](https://developers.zoom.us/docs/api/webhooks/).
///
/// *Set-up:* in the app's settings, under Access: the public URL as event notification endpoint;
/// the secret is the secret token. Zoom validates the URL at once and every 72 hours. This crate
/// answers with the first secret: while you rotate it, put the new one first.
///
/// *Not signed:* the headers, except the time. Neither Zoom's own code nor this crate limits its
/// age. A delivery has no id.
///
/// Zoom expects 200 or 204 within three seconds, and retries three times: after 5 minutes, 20 more
/// and 60 more.
pub const ZOOM: Provider = Provider::new(
    "zoom",
    Scheme::hmac_sha256()
        .header("x-zm-signature")
        .prefix("v0=")
        .hex()
        .timestamp(Timestamp::header("x-zm-request-timestamp").without_window())
        .signed("v0:{timestamp}:{body}"),
)
.with_event(Field::pointer("/event"))
.with_handshakes(HANDSHAKES)
.with_ack_status(200)
.with_docs_url("https://developers.zoom.us/docs/api/webhooks/")
.with_response_timeout(Duration::from_secs(3))
.with_retry_period(Duration::from_secs(85 * 60));
