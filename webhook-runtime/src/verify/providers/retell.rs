use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Retell AI: [securing webhooks](https://docs.retellai.com/features/secure-webhook).
///
/// *Set-up:* in the settings, under Webhooks, or on an agent: the public URL. The secret is the API
/// key with the badge for webhooks.
///
/// *Not signed:* the headers, except the time in the signature header, which is in milliseconds and
/// may be five minutes off. The body is signed first, then the time, without a separator; the fixed
/// width of the time keeps them apart. The events of a call share its id, so none is read here.
/// Retell waits ten seconds, and retries three times (both *unconfirmed*).
pub const RETELL: Provider = Provider::new(
    "retell",
    Scheme::hmac_sha256()
        .header("x-retell-signature")
        .fields(",", "d")
        .hex()
        .timestamp(Timestamp::field("v").unix_millis().with_tolerance(Duration::from_secs(300)))
        .signed("{body}{timestamp}"),
)
.with_event(Field::pointer("/event"))
.with_docs_url("https://docs.retellai.com/features/secure-webhook");
