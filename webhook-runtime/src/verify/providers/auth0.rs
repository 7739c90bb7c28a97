use crate::verify::{Field, Provider, scheme::Scheme};

/// Auth0: [custom log streams][docs] over HTTP.
///
/// *Set-up:* under Monitoring, Streams: a custom webhook whose authorization token is the secret,
/// word for word and with `Bearer ` if that is part of it. Choose the content format *JSON
/// Object*: then a request is one event, with an id and a type (unconfirmed). An array has an id
/// in each of its items, and JSON lines are not one JSON document.
///
/// *Not signed:* anything. The token proves who sends, and whoever has seen one request can send
/// others. Auth0 tries up to three times again; how long it waits is unconfirmed.
///
/// [docs]: https://auth0.com/docs/customize/log-streams/custom-log-streams
pub const AUTH0: Provider = Provider::new("auth0", Scheme::token().header("authorization"))
    .with_id(Field::pointer("/log_id"))
    .with_event(Field::pointer("/data/type"))
    .with_docs_url("https://auth0.com/docs/customize/log-streams/custom-log-streams");
