use crate::verify::{Field, Provider, scheme::Scheme};

/// Dub: [webhooks](https://dub.co/docs/webhooks/introduction).
///
/// *Set-up:* in the workspace's settings, under Webhooks: the public URL; the secret is the
/// webhook's signing secret.
///
/// *Not signed:* the headers. Id and event are in the body; the time in it is that of the event.
/// Dub retries with growing pauses, and disables a webhook that keeps failing (*unconfirmed*).
pub const DUB: Provider = Provider::new("dub", Scheme::hmac_sha256().header("dub-signature").hex())
    .with_id(Field::pointer("/id"))
    .with_event(Field::pointer("/event"))
    .with_docs_url("https://dub.co/docs/webhooks/introduction");
