use crate::verify::{Field, Provider, scheme::Scheme};

/// Chargebee: [events][docs], with HTTP basic authentication.
///
/// *Set-up:* in the settings, under Configure, Webhooks: the public URL, and a user and a password
/// of your own. The secret is `user:password`.
///
/// *Not signed:* everything. The password only identifies the sender: anyone who has seen one
/// request can forge others. Id and type are in the body. Chargebee waits 20 seconds, and retries
/// seven times within two days (both *unconfirmed*).
///
/// [docs]: https://apidocs.chargebee.com/docs/api/events
pub const CHARGEBEE: Provider = Provider::new("chargebee", Scheme::basic_auth())
    .with_id(Field::pointer("/id"))
    .with_event(Field::pointer("/event_type"))
    .with_docs_url("https://apidocs.chargebee.com/docs/api/events");
