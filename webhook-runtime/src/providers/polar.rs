use std::time::Duration;

use crate::{
    Provider, Source,
    scheme::{Scheme, Timestamp},
};

/// Polar: [webhook delivery](https://polar.sh/docs/integrate/webhooks/delivery), by Standard
/// Webhooks with a key of its own kind.
///
/// *Set-up:* in the organisation's settings, under Webhooks: the public URL and a secret. The
/// secret is used as it is shown, whatever it begins with: Polar encodes it in base64 only to
/// please the libraries that decode it again.
///
/// *Not signed:* the headers, but for id and time, which may be five minutes off. Polar waits ten
/// seconds (unconfirmed), and tries again at growing intervals.
pub const POLAR: Provider = Provider::new(
    "polar",
    Scheme::hmac_sha256()
        .header("webhook-signature")
        .versions("v1")
        .base64()
        .id_header("webhook-id")
        .timestamp(Timestamp::header("webhook-timestamp").tolerance(Duration::from_secs(300)))
        .signed("{id}.{timestamp}.{body}"),
)
.id(Source::header("webhook-id"))
.event(Source::pointer("/type"))
.docs("https://polar.sh/docs/integrate/webhooks/delivery");
