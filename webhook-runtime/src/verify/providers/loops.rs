use crate::verify::{Field, Provider, scheme::Scheme};

/// Loops: [webhooks](https://loops.so/docs/webhooks), by Standard Webhooks.
///
/// *Set-up:* in the settings, under Webhooks: the public URL; the secret, `whsec_…`, is the
/// endpoint's signing secret.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. The signature
/// was confirmed with third-party code only. Its time-out and retries are *unconfirmed*.
pub const LOOPS: Provider = Provider::new("loops", Scheme::standard_webhooks())
    .with_id(Field::header("webhook-id"))
    .with_event(Field::pointer("/eventName"))
    .with_docs_url("https://loops.so/docs/webhooks");
