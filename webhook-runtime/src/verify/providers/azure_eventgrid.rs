use std::time::Duration;

use crate::verify::{
    Items, Provider, Source,
    handshake::{Answer, Handshake, Value, When},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[
    // The schema of Event Grid: the code is said back.
    Handshake::signed(
        &[When::HeaderIs("aeg-event-type", "SubscriptionValidation")],
        Answer::Json(&[("validationResponse", Value::Body("/0/data/validationCode"))]),
    ),
    // The schema of CloudEvents.
    Handshake::unsigned("OPTIONS", &[When::Header("webhook-request-origin")], Answer::AllowOrigin),
];

/// Azure Event Grid: [webhook event delivery][docs].
///
/// *Set-up:* an event subscription of the endpoint type webhook, with the secret in the query of
/// its URL: `?code=…`, of characters that need no escaping there. The subscription is validated
/// when it is created.
///
/// *Not signed:* anything. The code proves who sends, and URLs end up in logs. A request is an
/// array of events, of one event unless batching is switched on: each has its own `id`, and the
/// event's name is read from the first.
///
/// Event Grid waits 30 seconds, and tries again for a day unless it is told otherwise, but not
/// after 400, 401, 403 or 413: such an event is lost, or goes to the dead-letter store.
///
/// [docs]: https://learn.microsoft.com/azure/event-grid/webhook-event-delivery
pub const EVENT_GRID: Provider = Provider::new("azure-eventgrid", Scheme::token().query("code"))
    .event(Source::pointer("/0/eventType"))
    .items(Items::at("").id("/id").event("/eventType"))
    .handshakes(HANDSHAKES)
    .docs("https://learn.microsoft.com/azure/event-grid/webhook-event-delivery")
    .times_out_after(Duration::from_secs(30))
    .retries_for(Duration::from_secs(24 * 60 * 60));
