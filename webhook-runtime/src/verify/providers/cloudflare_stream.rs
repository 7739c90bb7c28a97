use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Cloudflare Stream: [webhooks][docs].
///
/// *Set-up:* set the public URL through the API; the secret is in the response. An account has one
/// such webhook.
///
/// *Not signed:* the headers, except the time in the signature header. Cloudflare advises to
/// discard old requests, and names no limit: set a `tolerance`. The event is the state of the
/// video, such as `ready`. `uid` is the id of the video, not of the delivery. Its time-out and
/// retries are *unconfirmed*.
///
/// [docs]: https://developers.cloudflare.com/stream/manage-video-library/using-webhooks/
#[doc(alias = "cloudflare")]
pub const CLOUDFLARE_STREAM: Provider = Provider::new(
    "cloudflare-stream",
    Scheme::hmac_sha256()
        .header("webhook-signature")
        .fields(",", "sig1")
        .hex()
        .timestamp(Timestamp::field("time").without_window())
        .signed("{timestamp}.{body}"),
)
.with_event(Field::pointer("/status/state"))
.with_docs_url("https://developers.cloudflare.com/stream/manage-video-library/using-webhooks/");
