use std::time::Duration;

use crate::verify::{
    BatchLayout, Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[
    // The Event Grid schema: the response echoes the code.
    Handshake::signed(
        &[Condition::HeaderIs("aeg-event-type", "SubscriptionValidation")],
        HandshakeResponse::Json(&[(
            "validationResponse",
            RequestValue::Body("/0/data/validationCode"),
        )]),
    ),
    // The CloudEvents schema.
    Handshake::unsigned(
        "OPTIONS",
        &[Condition::Header("webhook-request-origin")],
        HandshakeResponse::AllowOrigin,
    ),
];

/// Azure Event Grid: [webhook event delivery][docs].
///
/// *Set-up:* an event subscription of the endpoint type webhook, with the secret in the query of
/// its URL, `?code=…`. Use characters that need no escaping there. The subscription is validated
/// when it is created.
///
/// *Not signed:* everything. The code only identifies the sender, and URLs end up in logs. A
/// request is an array of events, with one event unless batching is enabled. Each has its own `id`,
/// and the event's name is read from the first. In the [CloudEvents schema][cloud], a single event
/// has no array around it, and its name is its `type` instead of its `eventType`.
///
/// Event Grid waits 30 seconds, and retries for a day by default, but not after 400, 401, 403 or
/// 413: such an event is lost, or goes to Event Grid's own dead-letter store.
///
/// [docs]: https://learn.microsoft.com/azure/event-grid/webhook-event-delivery
/// [cloud]: https://learn.microsoft.com/azure/event-grid/cloud-event-schema
#[doc(alias = "azure-eventgrid")]
#[doc(alias = "eventgrid")]
pub const EVENT_GRID: Provider = Provider::new("azure-eventgrid", Scheme::token().query("code"))
    .with_event(Field::pointer("/0/eventType"))
    .with_event_fallbacks(&[Field::pointer("/0/type"), Field::pointer("/type")])
    .with_batch(
        BatchLayout::at("").with_id("/id").with_event("/eventType").with_event_fallback("/type"),
    )
    .with_handshakes(HANDSHAKES)
    .with_docs_url("https://learn.microsoft.com/azure/event-grid/webhook-event-delivery")
    .with_response_timeout(Duration::from_secs(30))
    .with_retry_period(Duration::from_secs(24 * 60 * 60));
