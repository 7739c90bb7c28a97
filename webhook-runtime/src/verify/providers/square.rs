use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Square: [validating event notifications][docs].
///
/// *Set-up:* in the developer console, under Webhooks, Subscriptions: the public URL; the secret is
/// the subscription's signature key. The URL is signed exactly as registered, so configure the
/// public URL.
///
/// *Not signed:* the headers; id and type are in the body. Square waits ten seconds
/// (*unconfirmed*), and retries for a day.
///
/// [docs]: https://developer.squareup.com/docs/webhooks/step3validate
pub const SQUARE: Provider = Provider::new(
    "square",
    Scheme::hmac_sha256().header("x-square-hmacsha256-signature").base64().signed("{url}{body}"),
)
.with_id(Field::pointer("/event_id"))
.with_event(Field::pointer("/type"))
.with_docs_url("https://developer.squareup.com/docs/webhooks/step3validate")
.with_retry_period(Duration::from_secs(24 * 60 * 60));
