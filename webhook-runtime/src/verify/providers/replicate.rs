use crate::verify::{Field, Provider, scheme::Scheme};

/// Replicate: [verifying webhooks][docs], by Standard Webhooks.
///
/// *Set-up:* name the public URL as `webhook` when you create a prediction; the secret, `whsec_…`,
/// is the account's and comes from the API.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off; Replicate's own
/// helper checks neither. The body is the prediction or the training itself, and the event is its
/// status. Replicate repeats the id in retries (how often is *unconfirmed*).
///
/// [docs]: https://replicate.com/docs/topics/webhooks/verify-webhook
pub const REPLICATE: Provider = Provider::new("replicate", Scheme::standard_webhooks())
    .with_id(Field::header("webhook-id"))
    .with_event(Field::pointer("/status"))
    .with_docs_url("https://replicate.com/docs/topics/webhooks/verify-webhook");
