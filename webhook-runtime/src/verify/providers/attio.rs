use crate::verify::{BatchLayout, Deduplication, Field, Provider, scheme::Scheme};

/// Attio: [webhooks](https://docs.attio.com/rest-api/guides/webhooks).
///
/// *Set-up:* in the developer settings of an integration, or through the API: the public URL; the
/// secret is the webhook's secret.
///
/// *Not signed:* the headers, including the idempotency key, which retries repeat. A request is a
/// batch of events. An event names the record and not what changed, so two changes have the same
/// bytes, and an inbox takes none for a copy. The same signature is also in `X-Attio-Signature`,
/// which is not read. Its time-out and retries are *unconfirmed*.
pub const ATTIO: Provider =
    Provider::new("attio", Scheme::hmac_sha256().header("attio-signature").hex())
        .with_id(Field::header("idempotency-key"))
        .with_batch(BatchLayout::at("/events").with_event("/event_type"))
        .with_deduplication(Deduplication::Disabled)
        .with_docs_url("https://docs.attio.com/rest-api/guides/webhooks");
