use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

const DOCS: &str =
    "https://github.com/chargify/docs.chargify.com/blob/master/doculab/docs/webhooks.textile";

/// Chargify, now Maxio Advanced Billing: [webhooks][docs].
///
/// *Set-up:* in the settings of a site, under Webhooks, add the public URL; the secret is the site's
/// shared key.
///
/// *Not signed:* the headers, including the id in `X-Chargify-Webhook-Id` (*unconfirmed*), which is also
/// the field `id` of the body. The body is a form; its field `event` has the name of the event. There
/// is no signed time of sending. Chargify also sends an older signature, an MD5 hash, which is ignored.
///
/// Chargify waits 15 seconds, and retries four times in five minutes.
///
/// [docs]: https://github.com/chargify/docs.chargify.com/blob/master/doculab/docs/webhooks.textile
#[doc(alias = "maxio")]
pub const CHARGIFY: Provider = Provider::new(
    "chargify",
    Scheme::hmac_sha256().header("x-chargify-webhook-signature-hmac-sha-256").hex(),
)
.with_id(Field::header("x-chargify-webhook-id"))
.with_docs_url(DOCS)
.with_response_timeout(Duration::from_secs(15))
.with_retry_period(Duration::from_secs(295));
