use std::time::Duration;

use crate::verify::{
    Provider,
    scheme::{Scheme, Timestamp},
};

/// Ghost 5.87 or later: [webhooks](https://docs.ghost.org/webhooks).
///
/// *Set-up:* in the settings, under Integrations, in a custom integration: a webhook with the
/// public URL and a secret of your own. Without a secret, nothing is signed.
///
/// *Not signed:* the headers, except the time in the signature header, which is in milliseconds and
/// has no limit. The body is signed first, then the time, without a separator; the fixed width of
/// the time keeps them apart. A delivery has neither id nor event: give each event a URL of its
/// own.
///
/// Ghost waits two seconds, and retries five times. A 410 deletes the webhook.
pub const GHOST: Provider = Provider::new(
    "ghost",
    Scheme::hmac_sha256()
        .header("x-ghost-signature")
        .fields(", ", "sha256")
        .hex()
        .timestamp(Timestamp::field("t").unix_millis().without_window())
        .signed("{body}{timestamp}"),
)
.with_docs_url("https://docs.ghost.org/webhooks")
.with_response_timeout(Duration::from_secs(2));
