use std::time::Duration;

use crate::verify::{BatchLayout, Provider, scheme::Scheme};

/// `GoCardless`: [webhooks][docs].
///
/// *Set-up:* in the dashboard, under Developers: a webhook endpoint with the public URL; the
/// secret is shown there.
///
/// *Not signed:* the headers. A delivery has no id of its own: it is a batch, and each of its
/// events has an id and an action. `GoCardless` waits ten seconds and retries up to eight times, at
/// growing intervals.
///
/// [docs]: https://developer.gocardless.com/getting-started/staying-up-to-date-with-webhooks/
pub const GOCARDLESS: Provider =
    Provider::new("gocardless", Scheme::hmac_sha256().header("webhook-signature").hex())
        .with_batch(
            BatchLayout::at("/events")
                .with_id("/id")
                .with_event("/resource_type")
                .with_action("/action"),
        )
        .with_docs_url(
            "https://developer.gocardless.com/getting-started/staying-up-to-date-with-webhooks/",
        )
        .with_response_timeout(Duration::from_secs(10));
