use std::time::Duration;

use crate::verify::{Provider, Source, scheme::Scheme};

/// Clerk: [webhooks](https://clerk.com/docs/guides/development/webhooks/overview), sent by Svix.
///
/// *Set-up:* in the dashboard, under Webhooks: add the public URL as an endpoint; the secret is
/// its signing secret, `whsec_…`.
///
/// *Not signed:* the headers, but for id and time. Both may be five minutes off. Svix tries again
/// for a little more than 27 hours; it waits 15 seconds (unconfirmed).
pub const CLERK: Provider = Provider::new("clerk", Scheme::svix())
    .id(Source::header("svix-id"))
    .event(Source::pointer("/type"))
    .docs("https://clerk.com/docs/guides/development/webhooks/overview")
    // At once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h.
    .retries_for(Duration::from_secs(99_305));
