use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{KeyEncoding, Scheme, SignedValue, Timestamp},
};

const DOCS: &str = "https://docs.fal.ai/model-apis/model-endpoints/webhooks";

/// fal: [webhooks of the queue][docs].
///
/// *Set-up:* give the public URL as `webhook_url` when you submit a request to the queue. There is no
/// secret: a [`KeySource`](crate::KeySource) fetches the set of public keys. Its keys have no ids, so
/// that each is tried. fal asks not to keep them for more than a day. The set was at
/// `rest.alpha.fal.ai` before, and where it is now is *unconfirmed*.
///
/// *Not signed:* the URL, and other headers than those with the id of the request, the id of the user
/// and the time, which may be five minutes off. All users share the keys: a delivery to another user
/// also verifies here, so compare the header `X-Fal-Webhook-User-Id` with your own id. The event is the
/// `status`, `OK` or `ERROR`. fal retries ten times within two hours. Its time-out is *unconfirmed*.
///
/// [docs]: https://docs.fal.ai/model-apis/model-endpoints/webhooks
#[doc(alias = "fal-ai")]
pub const FAL: Provider = Provider::custom(
    "fal",
    &Scheme::ed25519()
        .header("x-fal-webhook-signature")
        .hex()
        .key(KeyEncoding::Hex)
        .timestamp(Timestamp::header("x-fal-webhook-timestamp"))
        .id_header("x-fal-webhook-request-id")
        .values(&[SignedValue::header("user", "x-fal-webhook-user-id")])
        .signed("{id}\n{user}\n{timestamp}\n{body_sha256}")
        .key_set("https://rest.fal.ai/.well-known/jwks.json"),
)
.with_id(Field::header("x-fal-webhook-request-id"))
.with_event(Field::pointer("/status"))
.with_docs_url(DOCS)
.with_retry_period(Duration::from_secs(2 * 60 * 60));
