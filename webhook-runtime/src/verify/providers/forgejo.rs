use std::time::Duration;

use crate::verify::{Provider, Source, scheme::Scheme};

/// Forgejo and Codeberg: [webhooks](https://forgejo.org/docs/latest/user/webhooks/).
///
/// *Set-up:* in the repository's or organisation's settings: a webhook of the type Forgejo, with
/// the method POST, either content type, and a secret. The signature is that of the JSON, also
/// where it stands in a form.
///
/// *Not signed:* the headers, and with them the delivery's id and the event's name. Forgejo waits
/// five seconds unless its administrator says otherwise, and does not send again by itself.
pub const FORGEJO: Provider = Provider::new(
    "forgejo",
    Scheme::hmac_sha256().header("x-forgejo-signature").hex().signs_form_field("payload"),
)
.id(Source::header("x-forgejo-delivery"))
.event(Source::header("x-forgejo-event"))
.action(Source::pointer("/action"))
.json_in_form_field("payload")
.docs("https://forgejo.org/docs/latest/user/webhooks/")
.times_out_after(Duration::from_secs(5));
