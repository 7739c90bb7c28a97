use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Sanity's GROQ-powered webhooks: [webhooks](https://www.sanity.io/docs/webhooks).
///
/// *Set-up:* in the project's settings, under API, Webhooks: the public URL, the method POST, and a
/// secret of your own.
///
/// *Not signed:* the headers, except the time in the signature header. So the idempotency key is
/// not signed. Your projection determines the body, so no event is read here; the header
/// `sanity-operation` is one of creation, update and deletion (*unconfirmed*).
///
/// Neither Sanity's own code nor this crate limits the age. Sanity retries twice, every 30 seconds,
/// after a 429 or a 5xx.
pub const SANITY: Provider = Provider::new(
    "sanity",
    Scheme::hmac_sha256()
        .header("sanity-webhook-signature")
        .fields(",", "v1")
        .base64url()
        .timestamp(Timestamp::field("t").unix_millis().without_window())
        .signed("{timestamp}.{body}"),
)
.with_id(Field::header("idempotency-key"))
.with_docs_url("https://www.sanity.io/docs/webhooks")
.with_retry_period(Duration::from_secs(60));
