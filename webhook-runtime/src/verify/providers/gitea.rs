use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Gitea: [webhooks](https://docs.gitea.com/usage/webhooks).
///
/// *Set-up:* in the repository's or organisation's settings: a webhook of the type Gitea, with the
/// method POST, either content type, and a secret. Gitea also sends GitHub's headers. Unlike
/// GitHub, it signs the JSON even if it is sent in a form.
///
/// *Not signed:* the headers, including the delivery's id and the event's name. Gitea waits five
/// seconds unless its administrator sets another time, and does not retry by itself.
pub const GITEA: Provider = Provider::new(
    "gitea",
    Scheme::hmac_sha256().header("x-gitea-signature").hex().signs_form_field("payload"),
)
.with_id(Field::header("x-gitea-delivery"))
.with_event(Field::header("x-gitea-event"))
.with_action(Field::pointer("/action"))
.with_json_form_field("payload")
.with_docs_url("https://docs.gitea.com/usage/webhooks")
.with_response_timeout(Duration::from_secs(5));
