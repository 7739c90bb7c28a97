//! The headers that are stored with a delivery: those that are known to be harmless, and those that
//! the program names. Any other may be a credential of somebody on the way.

use std::sync::Arc;

use http::HeaderName;

use crate::{support::text::truncate, verify::Provider};

/// Headers that say how to read a delivery, where it comes from, and how to trace it.
const HARMLESS: &[&str] = &[
    "accept-language",
    "content-encoding",
    "content-language",
    "content-type",
    "date",
    "user-agent",
    // The way that it came.
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
    // Ids for a trace.
    "request-id",
    "traceparent",
    "tracestate",
    "x-amzn-trace-id",
    "x-cloud-trace-context",
    "x-correlation-id",
    "x-request-id",
    // Attributes of CloudEvents.
    "ce-datacontenttype",
    "ce-dataschema",
    "ce-id",
    "ce-source",
    "ce-specversion",
    "ce-subject",
    "ce-time",
    "ce-type",
    // Headers of providers beside the id, the event and the time, which they name themselves.
    "aeg-data-version",
    "aeg-delivery-count",
    "aeg-subscription-name",
    "idempotency-key",
    "twitch-eventsub-message-retry",
    "twitch-eventsub-subscription-type",
    "twitch-eventsub-subscription-version",
    "x-attempt-number",
    "x-github-enterprise-host",
    "x-github-hook-id",
    "x-github-hook-installation-target-id",
    "x-github-hook-installation-target-type",
    "x-gitlab-event-uuid",
    "x-gitlab-instance",
    "x-shopify-api-version",
    "x-shopify-shop-domain",
    "x-shopify-triggered-at",
    "x-slack-retry-num",
    "x-slack-retry-reason",
    "x-wc-webhook-source",
];

/// The headers that the program names.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeptHeaders {
    more: Arc<[HeaderName]>,
    /// The first name that is none.
    invalid: Option<String>,
}

impl KeptHeaders {
    pub(crate) fn new(names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let (mut more, mut invalid) = (Vec::new(), None);
        for name in names {
            match name.as_ref().parse() {
                Ok(name) => more.push(name),
                Err(_) => {
                    invalid.get_or_insert_with(|| truncate(name.as_ref(), 100).to_owned());
                }
            }
        }
        Self { more: more.into(), invalid }
    }

    /// The first of the names that cannot be the name of a header.
    pub(crate) fn invalid(&self) -> Option<&str> {
        self.invalid.as_deref()
    }

    /// True if a header of a delivery is stored.
    pub(super) fn keeps(&self, name: &HeaderName, provider: &Provider) -> bool {
        HARMLESS.contains(&name.as_str())
            || provider.names_header(name.as_str())
            || self.more.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::providers::{HMAC_SHA256_HEX, SENTRY, SLACK};

    fn keeps(kept: &KeptHeaders, name: &str, provider: &Provider) -> bool {
        kept.keeps(&name.parse().expect("a name"), provider)
    }

    #[test]
    fn only_known_headers_are_kept() {
        let kept = KeptHeaders::default();
        assert!(keeps(&kept, "Content-Type", &HMAC_SHA256_HEX));
        assert!(!keeps(&kept, "x-api-key", &HMAC_SHA256_HEX));
        // Those that the provider itself names.
        for (name, provider) in
            [("sentry-hook-resource", &SENTRY), ("x-slack-request-timestamp", &SLACK)]
        {
            assert!(keeps(&kept, name, provider), "{name}");
            assert!(!keeps(&kept, name, &HMAC_SHA256_HEX), "{name}");
        }
    }

    #[test]
    fn more_headers_are_named() {
        let kept = KeptHeaders::new(["X-Shop", "x-till"]);
        assert!(keeps(&kept, "x-shop", &HMAC_SHA256_HEX) && kept.invalid().is_none());
        assert_eq!(KeptHeaders::new(["x shop", "ü"]).invalid(), Some("x shop"));
    }
}
