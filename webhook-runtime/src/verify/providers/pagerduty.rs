use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// `PagerDuty`'s webhooks of version 3: [verifying signatures][docs].
///
/// *Set-up:* under Integrations, Generic Webhooks: the public URL. The secret is shown once. While
/// a secret is rotated, `PagerDuty` sends one signature for each.
///
/// *Not signed:* the headers, including the delivery's id. `PagerDuty` repeats the id in retries;
/// `/event/id` in the body is signed. It waits five seconds, and retries for 48 hours after a
/// time-out, a 5xx or a 429. After any other error it drops the delivery at once, and three such
/// errors disable the webhook for a day.
///
/// [docs]: https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/04-Signatures.md
pub const PAGERDUTY: Provider = Provider::new(
    "pagerduty",
    Scheme::hmac_sha256().header("x-pagerduty-signature").fields(",", "v1").hex(),
)
.with_id(Field::header("x-webhook-id"))
.with_event(Field::pointer("/event/event_type"))
.with_docs_url(
    "https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/04-Signatures.md",
)
.with_response_timeout(Duration::from_secs(5))
.with_retry_period(Duration::from_secs(48 * 60 * 60));
