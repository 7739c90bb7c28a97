use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Svix, and all senders that use it: [verifying payloads][docs].
///
/// *Set-up:* the secret is the endpoint's signing secret, `whsec_…`. For senders that renamed
/// Svix's headers to `webhook-…`, use [`STANDARD_WEBHOOKS`](super::STANDARD_WEBHOOKS).
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. Svix repeats
/// the id in retries. It waits 15 seconds, and retries for a little more than 27 hours.
///
/// [docs]: https://docs.svix.com/receiving/verifying-payloads/how-manual
pub const SVIX: Provider = Provider::new("svix", Scheme::svix())
    .with_id(Field::header("svix-id"))
    .with_event(Field::pointer("/type"))
    .with_docs_url("https://docs.svix.com/receiving/verifying-payloads/how-manual")
    .with_response_timeout(Duration::from_secs(15))
    // At once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h.
    .with_retry_period(Duration::from_secs(99_305));
