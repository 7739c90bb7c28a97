use crate::verify::{Field, Provider, scheme::Scheme};

/// Strike: [signature verification](https://docs.strike.me/webhooks/signature-verification).
///
/// *Set-up:* create the subscription through the API, with the public URL and a secret of your own.
///
/// *Not signed:* the headers. Id and type are in the body; there is no signed time of sending. Its
/// time-out and retries are *unconfirmed*.
pub const STRIKE: Provider =
    Provider::new("strike", Scheme::hmac_sha256().header("x-webhook-signature").hex())
        .with_id(Field::pointer("/id"))
        .with_event(Field::pointer("/eventType"))
        .with_docs_url("https://docs.strike.me/webhooks/signature-verification");
