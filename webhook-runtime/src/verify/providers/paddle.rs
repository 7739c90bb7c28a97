use std::time::Duration;

use super::paddle_events::EVENT_NAMES;
use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Paddle Billing: [verifying webhook signatures][docs].
///
/// *Set-up:* in the dashboard, under Developer Tools, Notifications: the public URL; the secret is
/// the destination's, `pdl_ntfset_…`, including the prefix.
///
/// *Not signed:* the headers, except the time in the signature header. The id is that of the event;
/// `notification_id` differs for every destination. As in Paddle's own libraries, the time may be
/// five seconds off: keep the clock right, or set a larger `tolerance`.
///
/// Paddle expects 200 within five seconds. It retries sixty times within three days; in the
/// sandbox, three times within 15 minutes (*unconfirmed*).
///
/// [docs]: https://developer.paddle.com/webhooks/signature-verification
pub const PADDLE: Provider = Provider::new(
    "paddle",
    Scheme::hmac_sha256()
        .header("paddle-signature")
        .fields(";", "h1")
        .hex()
        .timestamp(Timestamp::field("ts").with_tolerance(Duration::from_secs(5)))
        .signed("{timestamp}:{body}"),
)
.with_id(Field::pointer("/event_id"))
.with_event(Field::pointer("/event_type"))
.with_event_names(EVENT_NAMES)
.with_ack_status(200)
.with_docs_url("https://developer.paddle.com/webhooks/signature-verification")
.with_response_timeout(Duration::from_secs(5))
.with_retry_period(Duration::from_secs(3 * 24 * 60 * 60));
