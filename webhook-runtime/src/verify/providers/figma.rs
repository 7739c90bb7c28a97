use crate::verify::{Field, Provider, scheme::Scheme};

const DOCS: &str = "https://developers.figma.com/docs/rest-api/webhooks-security/";

/// Figma: [webhooks, security][docs].
///
/// *Set-up:* create the webhook through the API, with the public URL as `endpoint` and a `passcode`,
/// which is the secret. Figma then sends a `PING`, which reaches the handler like any event.
///
/// *Not signed:* everything. The passcode only identifies the sender: it is the same in every
/// request. The inbox stores asterisks in its place. There is no id of a delivery. Time-out and
/// retries are *unconfirmed*.
///
/// [docs]: https://developers.figma.com/docs/rest-api/webhooks-security/
pub const FIGMA: Provider = Provider::new("figma", Scheme::token().pointer("/passcode"))
    .with_event(Field::pointer("/event_type"))
    .with_docs_url(DOCS);
