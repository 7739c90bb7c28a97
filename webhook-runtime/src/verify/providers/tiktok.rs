use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// `TikTok` for Developers:
/// [verification](https://developers.tiktok.com/doc/webhooks-verification).
///
/// *Set-up:* in the app's settings, under Webhooks: the public URL. The secret is the app's client
/// secret. `TikTok` Shop signs in another way.
///
/// *Not signed:* the headers, except the time in the signature header, for which `TikTok` sets no
/// limit: set a `tolerance`. A delivery has no id.
///
/// `TikTok` expects 200, and retries for up to 72 hours.
pub const TIKTOK: Provider = Provider::new(
    "tiktok",
    Scheme::hmac_sha256()
        .header("tiktok-signature")
        .fields(",", "s")
        .hex()
        .timestamp(Timestamp::field("t").without_window())
        .signed("{timestamp}.{body}"),
)
.with_event(Field::pointer("/event"))
.with_ack_status(200)
.with_docs_url("https://developers.tiktok.com/doc/webhooks-verification")
.with_retry_period(Duration::from_secs(72 * 60 * 60));
