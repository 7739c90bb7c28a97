use crate::verify::{Field, Provider, scheme::Scheme};

/// Auth0: [custom log streams][docs] over HTTP.
///
/// *Set-up:* under Monitoring, Streams: a custom webhook whose authorization token is exactly the
/// secret, including `Bearer ` if the token has it. Choose the content format *JSON Object*: each
/// request is then one event, with an id and a type (*unconfirmed*). An array has an id in each of
/// its items, and JSON lines are not one JSON document.
///
/// *Not signed:* everything. The token only identifies the sender: anyone who has seen one request
/// can forge others. Auth0 retries up to three times; its time-out is *unconfirmed*.
///
/// [docs]: https://auth0.com/docs/customize/log-streams/custom-log-streams
pub const AUTH0: Provider = Provider::new("auth0", Scheme::token().header("authorization"))
    .with_id(Field::pointer("/log_id"))
    .with_event(Field::pointer("/data/type"))
    .with_docs_url("https://auth0.com/docs/customize/log-streams/custom-log-streams");
