use crate::verify::{Field, Provider, scheme::Scheme};

/// Typeform:
/// [securing webhooks](https://www.typeform.com/developers/webhooks/secure-your-webhooks/).
///
/// *Set-up:* in the form, under Connect, Webhooks: the public URL and a secret of your own.
///
/// *Not signed:* the headers; id and type are in the body. Typeform waits 30 seconds, and retries
/// for ten hours; a 404 or 410 disables the webhook (all *unconfirmed*).
pub const TYPEFORM: Provider = Provider::new(
    "typeform",
    Scheme::hmac_sha256().header("typeform-signature").prefix("sha256=").base64(),
)
.with_id(Field::pointer("/event_id"))
.with_event(Field::pointer("/event_type"))
.with_docs_url("https://www.typeform.com/developers/webhooks/secure-your-webhooks/");
