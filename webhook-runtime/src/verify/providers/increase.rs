use crate::verify::{
    Field, Provider,
    scheme::{KeyEncoding, Scheme},
};

/// Increase: [webhooks][docs], by Standard Webhooks with another key encoding.
///
/// *Set-up:* in the dashboard, under Developers, Webhooks, or through the API: the public URL and a
/// shared secret. The key is the text of the secret.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. Older webhooks
/// have a header `Increase-Webhook-Signature` instead, and are refused here. The event is the
/// `category`. Increase retries for about a day (*unconfirmed*).
///
/// [docs]: https://increase.com/documentation/webhooks
pub const INCREASE: Provider =
    Provider::new("increase", Scheme::standard_webhooks().key(KeyEncoding::Text))
        .with_id(Field::header("webhook-id"))
        .with_event(Field::pointer("/category"))
        .with_docs_url("https://increase.com/documentation/webhooks");
