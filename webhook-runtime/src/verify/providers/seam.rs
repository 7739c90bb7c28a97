use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Seam: [webhooks](https://docs.seam.co/latest/developer-tools/webhooks), sent by Svix.
///
/// *Set-up:* in the console, under Developer, Webhooks: the public URL; the secret, `whsec_…`, is
/// the webhook's secret.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. Svix waits 15
/// seconds (*unconfirmed*), and repeats the id in retries, for a little more than 27 hours.
pub const SEAM: Provider = Provider::new("seam", Scheme::svix())
    .with_id(Field::header("svix-id"))
    .with_event(Field::pointer("/event_type"))
    .with_docs_url("https://docs.seam.co/latest/developer-tools/webhooks")
    // At once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h.
    .with_retry_period(Duration::from_secs(99_305));
