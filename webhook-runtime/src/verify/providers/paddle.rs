use std::time::Duration;

use crate::verify::{
    Provider, Source,
    scheme::{Scheme, Timestamp},
};

/// Paddle Billing: [verifying webhook signatures][docs].
///
/// *Set-up:* in the dashboard, under Developer Tools, Notifications: the public URL; the secret is
/// the destination's, `pdl_ntfset_…`, prefix and all.
///
/// *Not signed:* the headers, but for the time in the signature's. The id is that of the event;
/// `notification_id` is another for every destination. As in Paddle's own libraries the time may be
/// five seconds off: keep the clock right, or set a wider window at the endpoint.
///
/// Paddle wants 200 within five seconds, and tries sixty times again within three days; three times
/// within a quarter of an hour in the sandbox (unconfirmed).
///
/// [docs]: https://developer.paddle.com/webhooks/signature-verification
pub const PADDLE: Provider = Provider::new(
    "paddle",
    Scheme::hmac_sha256()
        .header("paddle-signature")
        .fields(";", "h1")
        .hex()
        .timestamp(Timestamp::field("ts").tolerance(Duration::from_secs(5)))
        .signed("{timestamp}:{body}"),
)
.id(Source::pointer("/event_id"))
.event(Source::pointer("/event_type"))
.acknowledges_with(200)
.docs("https://developer.paddle.com/webhooks/signature-verification")
.times_out_after(Duration::from_secs(5))
.retries_for(Duration::from_secs(3 * 24 * 60 * 60));
