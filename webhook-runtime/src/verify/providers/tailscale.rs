use std::time::Duration;

use crate::verify::{
    BatchLayout, Provider,
    scheme::{Scheme, Timestamp},
};

/// Tailscale: [webhooks](https://tailscale.com/kb/1213/webhooks).
///
/// *Set-up:* in the admin console's settings, under Webhooks: the public URL; the secret,
/// `tskey-webhook-…`, is shown once, and all of it is the key.
///
/// *Not signed:* the headers, except the time in the signature header. Like Tailscale's own sample,
/// this crate accepts deliveries of up to five minutes, and any from the future. A request is a
/// batch of events, without ids. Its time-out and retries are *unconfirmed*.
pub const TAILSCALE: Provider = Provider::new(
    "tailscale",
    Scheme::hmac_sha256()
        .header("tailscale-webhook-signature")
        .fields(",", "v1")
        .hex()
        .timestamp(Timestamp::field("t").without_window().with_max_age(Duration::from_secs(300)))
        .signed("{timestamp}.{body}"),
)
.with_batch(BatchLayout::at("").with_event("/type"))
.with_docs_url("https://tailscale.com/kb/1213/webhooks");
