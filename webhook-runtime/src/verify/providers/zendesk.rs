use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Zendesk: [verifying webhooks](https://developer.zendesk.com/documentation/webhooks/verifying/).
///
/// *Set-up:* in the admin center, under Apps and integrations, Webhooks: the public URL, the method
/// POST and the format JSON. The secret is the webhook's signing secret as shown, though it looks
/// like base64.
///
/// *Not signed:* the headers, but for the time, and with them the id of the invocation. Zendesk
/// sets no limit of age, and neither does this. The body of a webhook that hangs on a trigger is
/// what you make it, and need not have a type.
///
/// Zendesk waits twelve seconds, and tries again after a time-out, a 409 and, where `Retry-After`
/// asks for it, a 429 or a 503 (retries unconfirmed).
pub const ZENDESK: Provider = Provider::new(
    "zendesk",
    Scheme::hmac_sha256()
        .header("x-zendesk-webhook-signature")
        .base64()
        .timestamp(
            Timestamp::header("x-zendesk-webhook-signature-timestamp").rfc3339().without_window(),
        )
        .signed("{timestamp}{body}"),
)
.with_id(Field::header("x-zendesk-webhook-invocation-id"))
.with_event(Field::pointer("/type"))
.with_docs_url("https://developer.zendesk.com/documentation/webhooks/verifying/")
.with_response_timeout(Duration::from_secs(12));
