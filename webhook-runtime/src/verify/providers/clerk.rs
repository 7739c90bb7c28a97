use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Clerk: [webhooks](https://clerk.com/docs/guides/development/webhooks/overview), sent by Svix.
///
/// *Set-up:* in the dashboard, under Webhooks: add the public URL as an endpoint; the secret is
/// its signing secret, `whsec_…`.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. Svix waits 15
/// seconds (*unconfirmed*), and retries for a little more than 27 hours.
pub const CLERK: Provider = Provider::new("clerk", Scheme::svix())
    .with_id(Field::header("svix-id"))
    .with_event(Field::pointer("/type"))
    .with_docs_url("https://clerk.com/docs/guides/development/webhooks/overview")
    // At once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h.
    .with_retry_period(Duration::from_secs(99_305));
