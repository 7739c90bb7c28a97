use crate::verify::{Field, Provider, scheme::Scheme};

const DOCS: &str = "https://docs.cronofy.com/developers/push-notifications/authentication/";

/// Cronofy push notifications: [authentication][docs].
///
/// *Set-up:* create a notification channel with the public URL; the secret is the client secret of
/// the application. While a secret is rotated, the header lists a signature for each.
///
/// *Not signed:* the headers. There is no signed time, so a recorded notification can be replayed at
/// any time. A notification says that something changed, and not what: ask for the changes. Time-out
/// and retries are *unconfirmed*.
///
/// [docs]: https://docs.cronofy.com/developers/push-notifications/authentication/
pub const CRONOFY: Provider = Provider::new(
    "cronofy",
    Scheme::hmac_sha256().header("cronofy-hmac-sha256").list(",").base64(),
)
.with_event(Field::pointer("/notification/type"))
.with_docs_url(DOCS);
