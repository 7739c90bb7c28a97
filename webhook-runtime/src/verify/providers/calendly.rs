use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Calendly: [webhook signatures][docs].
///
/// *Set-up:* the secret is the signing key. You choose it when you create the subscription with a
/// personal access token; for an OAuth app, Calendly shows it.
///
/// *Not signed:* the headers, except the time in the signature header. A delivery has no id. Its
/// time may be three minutes off, as in Calendly's example.
///
/// Calendly waits 15 seconds, and ten for the connection. It retries for a day, then disables the
/// webhook.
///
/// [docs]: https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures
pub const CALENDLY: Provider = Provider::new(
    "calendly",
    Scheme::hmac_sha256()
        .header("calendly-webhook-signature")
        .fields(",", "v1")
        .hex()
        .timestamp(Timestamp::field("t").with_tolerance(Duration::from_secs(180)))
        .signed("{timestamp}.{body}"),
)
.with_event(Field::pointer("/event"))
.with_docs_url("https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures")
.with_response_timeout(Duration::from_secs(15))
.with_retry_period(Duration::from_secs(24 * 60 * 60));
