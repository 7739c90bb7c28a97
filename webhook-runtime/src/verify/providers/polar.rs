use crate::verify::{
    Field, Provider,
    scheme::{KeyEncoding, Scheme},
};

/// Polar: [webhook delivery](https://polar.sh/docs/integrate/webhooks/delivery), by Standard
/// Webhooks with a key of its own kind.
///
/// *Set-up:* in the organisation's settings, under Webhooks: the public URL and a secret. The
/// secret is used as it is shown, whatever it begins with: Polar encodes it in base64 only to
/// please the libraries that decode it again.
///
/// *Not signed:* the headers, but for id and time, which may be five minutes off. Polar waits ten
/// seconds (unconfirmed), and tries again at growing intervals.
pub const POLAR: Provider =
    Provider::new("polar", Scheme::standard_webhooks().key(KeyEncoding::Text))
        .with_id(Field::header("webhook-id"))
        .with_event(Field::pointer("/type"))
        .with_docs_url("https://polar.sh/docs/integrate/webhooks/delivery");
