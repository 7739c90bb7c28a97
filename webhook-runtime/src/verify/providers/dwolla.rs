use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Dwolla: [processing and validating webhooks][docs].
///
/// *Set-up:* create the subscription through the API, with the public URL and a secret of your own.
///
/// *Not signed:* the headers, including a copy of the topic. Id and topic are in the body; the time
/// in it is that of the event. Dwolla waits 20 seconds (*unconfirmed*), and retries eight times
/// within 72 hours. It pauses a subscription that keeps failing.
///
/// [docs]: https://developers.dwolla.com/docs/balance/webhooks/process-validate
pub const DWOLLA: Provider =
    Provider::new("dwolla", Scheme::hmac_sha256().header("x-request-signature-sha-256").hex())
        .with_id(Field::pointer("/id"))
        .with_event(Field::pointer("/topic"))
        .with_docs_url("https://developers.dwolla.com/docs/balance/webhooks/process-validate")
        .with_retry_period(Duration::from_secs(72 * 60 * 60));
