use crate::verify::{Field, Provider, scheme::Scheme};

/// Docusign Connect: [validating messages][docs].
///
/// *Set-up:* in the administration, under Connect: add a key under Connect Keys, and switch HMAC
/// on in the configuration. The secret is the key as shown, though it looks like base64. Every
/// live key signs a header of its own; a request with more than eight of them is refused, so
/// delete old keys.
///
/// *Not signed:* the headers. A delivery has no id; an envelope's id with the event and its time
/// comes near to one. The event is told where the configuration sends JSON, and not XML. Docusign
/// wants an answer within 100 seconds, and tries again for days (both unconfirmed).
///
/// [docs]: https://developers.docusign.com/platform/webhooks/connect/validate
pub const DOCUSIGN: Provider = Provider::new(
    "docusign",
    Scheme::hmac_sha256().numbered_headers("x-docusign-signature-").base64(),
)
.with_event(Field::pointer("/event"))
.with_docs_url("https://developers.docusign.com/platform/webhooks/connect/validate");
