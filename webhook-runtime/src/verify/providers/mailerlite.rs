use crate::verify::{Field, Provider, scheme::Scheme};

/// `MailerLite`: [webhooks](https://developers.mailerlite.com/docs/webhooks.html).
///
/// *Set-up:* create the webhook through the API, or under Integrations, Webhooks; the secret is the
/// `secret` of the response.
///
/// *Not signed:* the headers. The signature was confirmed with third-party code only. A webhook can
/// be set to send events in batches; such a body has no single `type` (*unconfirmed*). Its time-out
/// and retries are *unconfirmed*.
pub const MAILERLITE: Provider =
    Provider::new("mailerlite", Scheme::hmac_sha256().header("signature").hex())
        .with_event(Field::pointer("/type"))
        .with_docs_url("https://developers.mailerlite.com/docs/webhooks.html");
