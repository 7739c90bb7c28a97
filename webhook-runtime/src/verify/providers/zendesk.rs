use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Zendesk: [verifying webhooks](https://developer.zendesk.com/documentation/webhooks/verifying/).
///
/// *Set-up:* in the admin center, under Apps and integrations, Webhooks: the public URL, the method
/// POST and the format JSON. The secret is the webhook's signing secret as shown, although it looks
/// like base64.
///
/// *Not signed:* the headers, except the time. So the id of the invocation is not signed. Neither
/// Zendesk nor this crate limits the age. You define the body of a webhook on a trigger, so it may
/// have no type.
///
/// Zendesk waits twelve seconds. It retries after a time-out or a 409, and after a 429 or a 503
/// with `Retry-After` (retries *unconfirmed*).
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
