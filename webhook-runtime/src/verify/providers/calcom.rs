use crate::verify::{Field, Provider, scheme::Scheme};

/// Cal.com: [webhooks](https://cal.com/docs/developing/guides/automation/webhooks).
///
/// *Set-up:* in the settings, under Developer, Webhooks: the public URL and a secret. The secret
/// is optional there; without it, deliveries are not signed, and are refused here.
///
/// *Not signed:* the headers. A delivery has no id. A custom payload template has to keep
/// `triggerEvent` for the event to be told. How long Cal.com waits, and whether it tries again, is
/// unconfirmed.
pub const CALCOM: Provider =
    Provider::new("calcom", Scheme::hmac_sha256().header("x-cal-signature-256").hex())
        .with_event(Field::pointer("/triggerEvent"))
        .with_docs_url("https://cal.com/docs/developing/guides/automation/webhooks");
