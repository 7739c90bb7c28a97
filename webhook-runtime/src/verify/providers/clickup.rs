use crate::verify::{Field, Provider, scheme::Scheme};

/// `ClickUp`: [webhook signature](https://developer.clickup.com/docs/webhooksignature).
///
/// *Set-up:* create the webhook through the API; the secret is `webhook.secret` of the response.
///
/// *Not signed:* the headers. A delivery has no id and no time: `webhook_id` is the id of the
/// webhook. `ClickUp` waits seven seconds, retries five times, and suspends a webhook that keeps
/// failing (all *unconfirmed*).
pub const CLICKUP: Provider =
    Provider::new("clickup", Scheme::hmac_sha256().header("x-signature").hex())
        .with_event(Field::pointer("/event"))
        .with_docs_url("https://developer.clickup.com/docs/webhooksignature");
