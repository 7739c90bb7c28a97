use crate::verify::{Field, Provider, scheme::Scheme};

/// `MailerSend`: [webhooks](https://developers.mailersend.com/api/v1/webhooks.html).
///
/// *Set-up:* in the domain's settings, under Webhooks: the public URL; the secret is the webhook's
/// signing secret. Before it saves a URL, `MailerSend` sends it a `webhook.test`. Its secret is
/// public, so it is rejected here: let something else answer at the URL while the webhook is saved.
/// Never configure that secret.
///
/// *Not signed:* the headers. The id is that of the activity (*unconfirmed*). `MailerSend` waits
/// three seconds, and does not retry after a 4xx, except a 429 (both *unconfirmed*).
pub const MAILERSEND: Provider =
    Provider::new("mailersend", Scheme::hmac_sha256().header("signature").hex())
        .with_id(Field::pointer("/data/id"))
        .with_event(Field::pointer("/type"))
        .with_docs_url("https://developers.mailersend.com/api/v1/webhooks.html");
