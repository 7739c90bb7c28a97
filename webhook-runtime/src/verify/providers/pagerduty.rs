use std::time::Duration;

use crate::verify::{Provider, Source, scheme::Scheme};

/// `PagerDuty`'s webhooks of version 3: [verifying signatures][docs].
///
/// *Set-up:* under Integrations, Generic Webhooks: the public URL; the secret is shown once. While
/// a secret is rotated, `PagerDuty` sends a signature for each.
///
/// *Not signed:* the headers, and with them the delivery's id, which stays the same when
/// `PagerDuty` tries again; `/event/id` in the body is signed. It waits five seconds, and tries
/// again for 48 hours after a time-out, a 5xx or a 429. Any other refusal drops the delivery at
/// once, and three of those switch the webhook off for a day.
///
/// [docs]: https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/04-Signatures.md
pub const PAGERDUTY: Provider = Provider::new(
    "pagerduty",
    Scheme::hmac_sha256().header("x-pagerduty-signature").fields(",", "v1").hex(),
)
.id(Source::header("x-webhook-id"))
.event(Source::pointer("/event/event_type"))
.docs("https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/04-Signatures.md")
.times_out_after(Duration::from_secs(5))
.retries_for(Duration::from_secs(48 * 60 * 60));
