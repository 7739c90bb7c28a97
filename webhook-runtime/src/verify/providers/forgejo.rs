use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Forgejo and Codeberg: [webhooks](https://forgejo.org/docs/latest/user/webhooks/).
///
/// *Set-up:* in the repository's or organisation's settings: a webhook of the type Forgejo, with
/// the method POST, either content type, and a secret. The JSON is signed, even if it is sent in a
/// form.
///
/// *Not signed:* the headers, including the delivery's id and the event's name. Forgejo waits five
/// seconds unless its administrator sets another time, and does not retry by itself.
pub const FORGEJO: Provider = Provider::new(
    "forgejo",
    Scheme::hmac_sha256().header("x-forgejo-signature").hex().signs_form_field("payload"),
)
.with_id(Field::header("x-forgejo-delivery"))
.with_event(Field::header("x-forgejo-event"))
.with_action(Field::pointer("/action"))
.with_json_form_field("payload")
.with_docs_url("https://forgejo.org/docs/latest/user/webhooks/")
.with_response_timeout(Duration::from_secs(5));
