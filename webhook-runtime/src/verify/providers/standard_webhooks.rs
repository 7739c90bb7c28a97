use crate::verify::{Field, Provider, scheme::Scheme};

const DOCS: &str =
    "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md";

/// Any sender that follows [Standard Webhooks][docs] with a shared secret.
///
/// *Set-up:* the secret is `whsec_…`, base64 behind the prefix, which may be missing. While a
/// secret is rotated, a delivery carries a signature for each.
///
/// *Not signed:* the headers, but for id and time, which may be five minutes off. The id stays the
/// same when the delivery is sent again. How long the sender waits and tries is its own affair: 15
/// to 30 seconds and three days are advised. An answer of 410 asks it to stop for good.
///
/// [docs]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
pub const STANDARD_WEBHOOKS: Provider =
    Provider::new("standard-webhooks", Scheme::standard_webhooks())
        .with_id(Field::header("webhook-id"))
        .with_event(Field::pointer("/type"))
        .with_docs_url(DOCS);

/// Any sender that follows [Standard Webhooks][docs] with Ed25519.
///
/// *Set-up:* the secret is the sender's public key, `whpk_…`, base64 behind the prefix.
///
/// *Not signed:* as for [`STANDARD_WEBHOOKS`]. Signatures of version `v1` in the same header are
/// passed over.
///
/// [docs]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
#[cfg(feature = "ed25519")]
pub const STANDARD_WEBHOOKS_V1A: Provider =
    Provider::new("standard-webhooks-v1a", Scheme::standard_webhooks_v1a())
        .with_id(Field::header("webhook-id"))
        .with_event(Field::pointer("/type"))
        .with_docs_url(DOCS);
