use crate::verify::{Field, Provider, scheme::Scheme};

/// Docusign Connect: [validating messages][docs].
///
/// *Set-up:* in the administration, under Connect: add a key under Connect Keys, and enable HMAC in
/// the configuration. The secret is the key as shown, although it looks like base64. Every live key
/// signs a header of its own. A request with more than eight of them is rejected, so delete old
/// keys.
///
/// *Not signed:* the headers. A delivery has no id; an envelope's id with the event and its time is
/// a good substitute. The event is only read if the configuration sends JSON instead of XML.
/// Docusign expects a response within 100 seconds, and retries for days (both *unconfirmed*).
///
/// [docs]: https://developers.docusign.com/platform/webhooks/connect/validate
pub const DOCUSIGN: Provider = Provider::new(
    "docusign",
    Scheme::hmac_sha256().numbered_headers("x-docusign-signature-").base64(),
)
.with_event(Field::pointer("/event"))
.with_docs_url("https://developers.docusign.com/platform/webhooks/connect/validate");
