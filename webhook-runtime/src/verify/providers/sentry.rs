use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Sentry's integration platform: [webhooks][docs].
///
/// *Set-up:* in the organisation's developer settings, an integration with the public URL as
/// webhook URL; the secret is its client secret.
///
/// *Not signed:* the headers, including the request's id, the resource, which is the event, and
/// `Sentry-Hook-Timestamp`, which is therefore ignored. Sentry expects a response within one
/// second. A thousand time-outs within a day disable the webhook.
///
/// [docs]: https://docs.sentry.io/integrations/integration-platform/webhooks/
pub const SENTRY: Provider =
    Provider::new("sentry", Scheme::hmac_sha256().header("sentry-hook-signature").hex())
        .with_id(Field::header("request-id"))
        .with_event(Field::header("sentry-hook-resource"))
        .with_action(Field::pointer("/action"))
        .with_docs_url("https://docs.sentry.io/integrations/integration-platform/webhooks/")
        .with_response_timeout(Duration::from_secs(1));
