use crate::verify::{
    Field, Provider,
    scheme::{KeyEncoding, Scheme},
};

/// Whop: [webhooks][docs], by Standard Webhooks with another key encoding.
///
/// *Set-up:* in the dashboard, under Developer, Webhooks: the public URL. The key is the text of
/// the secret as shown, `ws_…`: samples encode it in base64 for a library that decodes it again.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. Its time-out
/// and retries are *unconfirmed*.
///
/// [docs]: https://docs.whop.com/developer/guides/webhooks
pub const WHOP: Provider =
    Provider::new("whop", Scheme::standard_webhooks().key(KeyEncoding::Text))
        .with_id(Field::header("webhook-id"))
        .with_event(Field::pointer("/type"))
        .with_docs_url("https://docs.whop.com/developer/guides/webhooks");
