use crate::verify::{Field, Provider, scheme::Scheme};

const DOCS: &str =
    "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md";

/// Any sender that follows [Standard Webhooks][docs] with a shared secret.
///
/// *Set-up:* the secret is `whsec_…`: base64 after the prefix, which may be missing. While a secret
/// is rotated, a delivery has one signature for each.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. Retries repeat
/// the id. Each sender chooses its own time-out and retries: 15 to 30 seconds and three days are
/// advised. A 410 asks it to stop for good.
///
/// [docs]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
pub const STANDARD_WEBHOOKS: Provider =
    Provider::new("standard-webhooks", Scheme::standard_webhooks())
        .with_id(Field::header("webhook-id"))
        .with_event(Field::pointer("/type"))
        .with_docs_url(DOCS);

/// Any sender that follows [Standard Webhooks][docs] with Ed25519.
///
/// *Set-up:* the secret is the sender's public key, `whpk_…`: base64 after the prefix.
///
/// *Not signed:* as for [`STANDARD_WEBHOOKS`]. Signatures of version `v1` in the same header are
/// ignored.
///
/// [docs]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
#[cfg(feature = "ed25519")]
pub const STANDARD_WEBHOOKS_V1A: Provider =
    Provider::new("standard-webhooks-v1a", Scheme::standard_webhooks_v1a())
        .with_id(Field::header("webhook-id"))
        .with_event(Field::pointer("/type"))
        .with_docs_url(DOCS);
