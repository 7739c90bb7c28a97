use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Roblox: [webhook notifications][docs].
///
/// *Set-up:* in the creator dashboard, under Webhooks: the public URL and a secret of your own.
/// Without a secret, nothing is signed, and deliveries are refused here.
///
/// *Not signed:* the headers, except the time in the signature header. Roblox recommends ten
/// minutes, and its sample takes five; this crate sets no limit: set a `tolerance`. Id and type are
/// in the body.
///
/// Roblox waits five seconds, and makes five attempts.
///
/// [docs]: https://create.roblox.com/docs/cloud/webhooks/webhook-notifications
pub const ROBLOX: Provider = Provider::new(
    "roblox",
    Scheme::hmac_sha256()
        .header("roblox-signature")
        .fields(",", "v1")
        .base64()
        .timestamp(Timestamp::field("t").without_window())
        .signed("{timestamp}.{body}"),
)
.with_id(Field::pointer("/NotificationId"))
.with_event(Field::pointer("/EventType"))
.with_docs_url("https://create.roblox.com/docs/cloud/webhooks/webhook-notifications")
.with_response_timeout(Duration::from_secs(5));
