use std::time::Duration;

use crate::verify::{
    Deduplication, Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] =
    &[Handshake::signed(&[Condition::BodyIs("/ping", "OK")], HandshakeResponse::Empty(200))];

/// Discourse: [webhooks](https://meta.discourse.org/t/49045).
///
/// *Set-up:* in the forum's settings, under API, Webhooks: the public URL and a secret of your own.
/// This crate answers the ping.
///
/// *Not signed:* the headers, including the id of the event, its type and its name: the event is
/// the name, such as `post_created`. Several events can have one body, so an inbox knows them by
/// body and name. The body is JSON, whatever its content type says.
///
/// Discourse waits 20 seconds. If the forum has retries on, it makes four more attempts, after 5,
/// 25, 125 and 625 minutes. Four times 404 or 410 disable the webhook.
pub const DISCOURSE: Provider = Provider::new(
    "discourse",
    Scheme::hmac_sha256().header("x-discourse-event-signature").prefix("sha256=").hex(),
)
.with_id(Field::header("x-discourse-event-id"))
.with_event(Field::header("x-discourse-event"))
.with_handshakes(HANDSHAKES)
.with_deduplication(Deduplication::SignedBytesAndEvent)
.with_docs_url("https://meta.discourse.org/t/49045")
.with_response_timeout(Duration::from_secs(20))
// After 5, 25, 125 and 625 minutes.
.with_retry_period(Duration::from_secs(780 * 60));
