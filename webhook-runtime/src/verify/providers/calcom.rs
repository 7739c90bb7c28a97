use crate::verify::{Field, Provider, scheme::Scheme};

/// Cal.com: [webhooks](https://cal.com/docs/developing/guides/automation/webhooks).
///
/// *Set-up:* in the settings, under Developer, Webhooks: the public URL and a secret. The secret is
/// optional there. Without it, deliveries are not signed, and are rejected here.
///
/// *Not signed:* the headers. A delivery has no id. A custom payload template must contain
/// `triggerEvent`, or else there is no event. Cal.com's time-out and retries are *unconfirmed*.
pub const CALCOM: Provider =
    Provider::new("calcom", Scheme::hmac_sha256().header("x-cal-signature-256").hex())
        .with_event(Field::pointer("/triggerEvent"))
        .with_docs_url("https://cal.com/docs/developing/guides/automation/webhooks");
