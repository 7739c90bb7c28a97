use crate::verify::{Field, Provider, scheme::Scheme};

/// Lithic: [events API](https://docs.lithic.com/docs/events-api), by Standard Webhooks.
///
/// *Set-up:* create an event subscription in the dashboard or through the API, with the public URL;
/// the secret, `whsec_…`, is that of the subscription.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. Lithic repeats
/// the id in retries, for about a day (*unconfirmed*).
pub const LITHIC: Provider = Provider::new("lithic", Scheme::standard_webhooks())
    .with_id(Field::header("webhook-id"))
    .with_event(Field::pointer("/event_type"))
    .with_docs_url("https://docs.lithic.com/docs/events-api");
