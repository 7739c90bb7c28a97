use std::time::Duration;

use crate::verify::{Provider, Source, scheme::Scheme};

/// Sentry's integration platform: [webhooks][docs].
///
/// *Set-up:* in the organisation's developer settings, an integration with the public URL as
/// webhook URL; the secret is its client secret.
///
/// *Not signed:* the headers, and with them the request's id, the resource, which is the event, and
/// `Sentry-Hook-Timestamp`, which is therefore not looked at. Sentry wants an answer within one
/// second: a thousand time-outs within a day switch the webhook off.
///
/// [docs]: https://docs.sentry.io/integrations/integration-platform/webhooks/
pub const SENTRY: Provider =
    Provider::new("sentry", Scheme::hmac_sha256().header("sentry-hook-signature").hex())
        .id(Source::header("request-id"))
        .event(Source::header("sentry-hook-resource"))
        .action(Source::pointer("/action"))
        .docs("https://docs.sentry.io/integrations/integration-platform/webhooks/")
        .times_out_after(Duration::from_secs(1));
