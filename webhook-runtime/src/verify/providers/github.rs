use std::time::Duration;

use super::github_events::EVENT_NAMES;
use crate::verify::{Field, Provider, scheme::Scheme};

/// GitHub: [validating webhook deliveries][docs].
///
/// *Set-up:* in the repository's or organisation's settings, under Webhooks: the public URL, either
/// content type, and a secret.
///
/// *Not signed:* the headers, including the delivery id and the event's name. GitHub waits ten
/// seconds, and does not retry by itself.
///
/// [docs]: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
pub const GITHUB: Provider = Provider::new(
    "github",
    Scheme::hmac_sha256().header("x-hub-signature-256").prefix("sha256=").hex(),
)
.with_id(Field::header("x-github-delivery"))
.with_event(Field::header("x-github-event"))
.with_event_names(EVENT_NAMES)
.with_action(Field::pointer("/action"))
.with_json_form_field("payload")
.with_docs_url("https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries")
.with_response_timeout(Duration::from_secs(10));

/// GitHub's old signature: `X-Hub-Signature` with SHA-1. Use [`GITHUB`]; this is for senders that
/// imitate GitHub and offer nothing better.
pub const GITHUB_SHA1: Provider = Provider::new(
    "github-sha1",
    Scheme::hmac_sha1().header("x-hub-signature").prefix("sha1=").hex(),
)
.with_id(Field::header("x-github-delivery"))
.with_event(Field::header("x-github-event"))
.with_action(Field::pointer("/action"))
.with_json_form_field("payload")
.with_docs_url("https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries")
.with_response_timeout(Duration::from_secs(10));
