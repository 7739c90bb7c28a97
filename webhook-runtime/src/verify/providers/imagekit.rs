use crate::verify::{
    Field, Provider,
    scheme::{KeyEncoding, Scheme},
};

/// `ImageKit`: [webhooks][docs], by Standard Webhooks with another key encoding.
///
/// *Set-up:* in the dashboard, under Developer, Webhooks: the public URL. The key is the text of
/// the secret as shown, `whsec_` included: `ImageKit` only encodes it in base64 for libraries that
/// decode it again.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. Older webhooks
/// have a header `x-ik-signature` instead, and are refused here. Its time-out and retries are
/// *unconfirmed*.
///
/// [docs]: https://imagekit.io/docs/webhooks
pub const IMAGEKIT: Provider =
    Provider::new("imagekit", Scheme::standard_webhooks().key(KeyEncoding::Text))
        .with_id(Field::header("webhook-id"))
        .with_event(Field::pointer("/type"))
        .with_docs_url("https://imagekit.io/docs/webhooks");
