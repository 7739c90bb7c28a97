use crate::verify::{Field, Provider, scheme::Scheme};

/// Gogs: [webhooks](https://gogs.io/advancing/webhooks).
///
/// *Set-up:* in the repository's or organisation's settings: a webhook of the type Gogs, either
/// content type, and a secret. The JSON is signed, even if it is sent in a form (*unconfirmed*).
///
/// *Not signed:* the headers, including the delivery's id and the event's name. Gogs waits five
/// seconds, and does not retry by itself (both *unconfirmed*).
pub const GOGS: Provider = Provider::new(
    "gogs",
    Scheme::hmac_sha256().header("x-gogs-signature").hex().signs_form_field("payload"),
)
.with_id(Field::header("x-gogs-delivery"))
.with_event(Field::header("x-gogs-event"))
.with_action(Field::pointer("/action"))
.with_json_form_field("payload")
.with_docs_url("https://gogs.io/advancing/webhooks");
