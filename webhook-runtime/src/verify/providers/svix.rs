use std::time::Duration;

use crate::verify::{Provider, Source, scheme::Scheme};

/// Svix, and everybody who sends by it: [verifying payloads][docs].
///
/// *Set-up:* the secret is the endpoint's signing secret, `whsec_…`. Senders who have renamed
/// Svix's headers to `webhook-…` are [`STANDARD_WEBHOOKS`](super::STANDARD_WEBHOOKS).
///
/// *Not signed:* the headers, but for id and time, which may be five minutes off. The id stays the
/// same when Svix tries again. It waits 15 seconds, and tries for a little more than 27 hours.
///
/// [docs]: https://docs.svix.com/receiving/verifying-payloads/how-manual
pub const SVIX: Provider = Provider::new("svix", Scheme::svix())
    .id(Source::header("svix-id"))
    .event(Source::pointer("/type"))
    .docs("https://docs.svix.com/receiving/verifying-payloads/how-manual")
    .times_out_after(Duration::from_secs(15))
    // At once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h.
    .retries_for(Duration::from_secs(99_305));
