use crate::verify::{BatchLayout, Provider, scheme::Scheme};

/// Ably, batched webhooks: [webhooks](https://ably.com/docs/platform/integrations/webhooks).
///
/// *Set-up:* in the app, under Integrations: a webhook with the public URL, batched, and signed
/// with a key. The secret is the part of that API key behind the colon.
///
/// *Not signed:* the headers, including the id of the key, `X-Ably-Key`. A request is a batch of
/// events: each has a name if the rule is about channels, and a source in any case. Ably signs
/// batches only. Its time-out and retries are *unconfirmed*.
pub const ABLY: Provider =
    Provider::new("ably", Scheme::hmac_sha256().header("x-ably-signature").base64())
        .with_batch(BatchLayout::at("/items").with_event("/name").with_event_fallback("/source"))
        .with_docs_url("https://ably.com/docs/platform/integrations/webhooks");
