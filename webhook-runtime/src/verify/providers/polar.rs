use crate::verify::{
    Field, Provider,
    scheme::{KeyEncoding, Scheme},
};

/// Polar: [webhook delivery](https://polar.sh/docs/integrate/webhooks/delivery), by Standard
/// Webhooks with another key encoding.
///
/// *Set-up:* in the organisation's settings, under Webhooks: the public URL and a secret. The key
/// is the text of the secret as shown, with any prefix: Polar only encodes it in base64 for
/// libraries that decode it again.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. Polar waits ten
/// seconds (*unconfirmed*), and retries at growing intervals.
pub const POLAR: Provider =
    Provider::new("polar", Scheme::standard_webhooks().key(KeyEncoding::Text))
        .with_id(Field::header("webhook-id"))
        .with_event(Field::pointer("/type"))
        .with_docs_url("https://polar.sh/docs/integrate/webhooks/delivery");
