use std::time::Duration;

use crate::{
    Provider, Source,
    scheme::{KeyEncoding, Scheme, Timestamp},
};

/// Replicate: [verifying webhooks][docs], by Standard Webhooks.
///
/// *Set-up:* name the public URL as `webhook` when you create a prediction; the secret, `whsec_…`,
/// is the account's and comes from the API.
///
/// *Not signed:* the headers, but for id and time, which may be five minutes off: Replicate's own
/// helper looks at neither. The body is the prediction, or the training, as it stands; the event is
/// its status. The id stays the same when Replicate tries again (how often is unconfirmed).
///
/// [docs]: https://replicate.com/docs/topics/webhooks/verify-webhook
pub const REPLICATE: Provider = Provider::new(
    "replicate",
    Scheme::hmac_sha256()
        .header("webhook-signature")
        .versions("v1")
        .base64()
        .key(KeyEncoding::PrefixedBase64("whsec_"))
        .id_header("webhook-id")
        .timestamp(Timestamp::header("webhook-timestamp").tolerance(Duration::from_secs(300)))
        .signed("{id}.{timestamp}.{body}"),
)
.id(Source::header("webhook-id"))
.event(Source::pointer("/status"))
.docs("https://replicate.com/docs/topics/webhooks/verify-webhook");
