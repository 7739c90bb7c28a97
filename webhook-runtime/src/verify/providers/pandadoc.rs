use crate::verify::{BatchLayout, Field, Provider, scheme::Scheme};

const DOCS: &str = "https://developers.pandadoc.com/docs/webhook-verification";

/// `PandaDoc`: [webhook verification][docs].
///
/// *Set-up:* in the Developer Dashboard, under Configuration, create a webhook subscription with the
/// public URL; the secret is the subscription's shared key. `PandaDoc` adds the signature to the URL
/// of each request, as `?signature=…`. A proxy has to pass the query on.
///
/// *Not signed:* the URL and the headers. A request is an array of events, and the handler is called
/// for each. An event has no id: the `id` in its data is that of the document. There is no signed
/// time of sending. Time-out and retries are *unconfirmed*.
///
/// [docs]: https://developers.pandadoc.com/docs/webhook-verification
pub const PANDADOC: Provider =
    Provider::new("pandadoc", Scheme::hmac_sha256().query("signature").hex())
        .with_event(Field::pointer("/0/event"))
        .with_batch(BatchLayout::at("").with_event("/event"))
        .with_docs_url(DOCS);
