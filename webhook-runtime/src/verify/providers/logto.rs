use crate::verify::{Field, Provider, scheme::Scheme};

/// Logto: [secure webhooks](https://docs.logto.io/developers/webhooks/secure-webhooks).
///
/// *Set-up:* in the console, under Webhooks: the public URL; the secret is the webhook's signing
/// key.
///
/// *Not signed:* the headers. A delivery has no id: `hookId` is the id of the webhook. The time in
/// the body is that of the event. Logto waits ten seconds, and retries three times (both
/// *unconfirmed*).
pub const LOGTO: Provider =
    Provider::new("logto", Scheme::hmac_sha256().header("logto-signature-sha-256").hex())
        .with_event(Field::pointer("/event"))
        .with_docs_url("https://docs.logto.io/developers/webhooks/secure-webhooks");
