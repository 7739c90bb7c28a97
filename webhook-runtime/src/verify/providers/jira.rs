use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Jira: [webhooks](https://developer.atlassian.com/cloud/jira/platform/webhooks/) with a secret.
///
/// *Set-up:* in the administration, under System, Webhooks: the public URL and a secret. Webhooks
/// that apps register have another signature.
///
/// *Not signed:* the headers, including the webhook's id, which Jira repeats in retries. It retries
/// for up to half an hour, and waits 20 seconds (*unconfirmed*).
pub const JIRA: Provider =
    Provider::new("jira", Scheme::hmac_sha256().header("x-hub-signature").prefix("sha256=").hex())
        .with_id(Field::header("x-atlassian-webhook-identifier"))
        .with_event(Field::pointer("/webhookEvent"))
        .with_action(Field::pointer("/issue_event_type_name"))
        .with_docs_url("https://developer.atlassian.com/cloud/jira/platform/webhooks/")
        .with_retry_period(Duration::from_secs(30 * 60));
