use crate::verify::{Field, Provider, scheme::Scheme};

/// Creem: [webhooks](https://docs.creem.io/code/webhooks), by the signature in `creem-signature`.
///
/// *Set-up:* in the dashboard, under Developers, Webhooks: the public URL; the secret is the
/// webhook secret.
///
/// *Not signed:* the headers. Id and type are in the body; there is no signed time of sending.
/// Creem's newest libraries first look for the headers of Standard Webhooks: if those are sent, use
/// [`STANDARD_WEBHOOKS`](super::STANDARD_WEBHOOKS). Creem retries four times within an hour
/// (*unconfirmed*).
pub const CREEM: Provider =
    Provider::new("creem", Scheme::hmac_sha256().header("creem-signature").hex())
        .with_id(Field::pointer("/id"))
        .with_event(Field::pointer("/eventType"))
        .with_docs_url("https://docs.creem.io/code/webhooks");
