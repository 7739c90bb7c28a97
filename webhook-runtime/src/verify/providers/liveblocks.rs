use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Liveblocks: [webhooks](https://liveblocks.io/docs/platform/webhooks), by Standard Webhooks.
///
/// *Set-up:* in the dashboard of a project, under Webhooks: the public URL; the secret, `whsec_…`,
/// is the endpoint's signing secret.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. Svix waits 15
/// seconds (*unconfirmed*), and repeats the id in retries, for a little more than 27 hours.
pub const LIVEBLOCKS: Provider = Provider::new("liveblocks", Scheme::standard_webhooks())
    .with_id(Field::header("webhook-id"))
    .with_event(Field::pointer("/type"))
    .with_docs_url("https://liveblocks.io/docs/platform/webhooks")
    // At once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h.
    .with_retry_period(Duration::from_secs(99_305));
