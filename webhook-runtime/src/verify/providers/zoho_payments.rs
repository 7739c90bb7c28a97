use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Zoho Payments: [verification][docs].
///
/// *Set-up:* in the settings, under Developer Space, Webhooks: the public URL; the secret is the
/// webhook's signing key.
///
/// *Not signed:* the headers, except the time in the signature header, which is in milliseconds and
/// has no limit. Id and type are in the body. Zoho waits 15 seconds; its retries are *unconfirmed*.
///
/// [docs]: https://www.zoho.com/in/payments/developerdocs/webhooks/verification
#[doc(alias = "zoho")]
pub const ZOHO_PAYMENTS: Provider = Provider::new(
    "zoho-payments",
    Scheme::hmac_sha256()
        .header("x-zoho-webhook-signature")
        .fields(",", "v")
        .hex()
        .timestamp(Timestamp::field("t").unix_millis().without_window())
        .signed("{timestamp}.{body}"),
)
.with_id(Field::pointer("/event_id"))
.with_event(Field::pointer("/event_type"))
.with_docs_url("https://www.zoho.com/in/payments/developerdocs/webhooks/verification")
.with_response_timeout(Duration::from_secs(15));
