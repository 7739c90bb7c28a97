use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

const DOCS: &str = "https://docs.fourthwall.com/webhooks/signature-verification";

/// Fourthwall: [signature verification][docs].
///
/// *Set-up:* in the shop's settings, under For developers: a webhook with the public URL; the
/// secret is shown there.
///
/// *Not signed:* the headers; id and event are in the body. Fourthwall expects 200 within five
/// seconds, preferably two, and makes five attempts; their intervals are not documented.
///
/// [docs]: https://docs.fourthwall.com/webhooks/signature-verification
pub const FOURTHWALL: Provider =
    Provider::new("fourthwall", Scheme::hmac_sha256().header("x-fourthwall-hmac-sha256").base64())
        .with_id(Field::pointer("/id"))
        .with_event(Field::pointer("/type"))
        .with_ack_status(200)
        .with_docs_url(DOCS)
        .with_response_timeout(Duration::from_secs(5));

/// Fourthwall's platform apps: like [`FOURTHWALL`], but with another header. The secret is the HMAC
/// key in the app's settings.
pub const FOURTHWALL_APPS: Provider = Provider::new(
    "fourthwall-apps",
    Scheme::hmac_sha256().header("x-fourthwall-hmac-apps-sha256").base64(),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/type"))
.with_ack_status(200)
.with_docs_url(DOCS)
.with_response_timeout(Duration::from_secs(5));
