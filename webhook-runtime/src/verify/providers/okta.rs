use std::time::Duration;

use crate::verify::{
    BatchLayout, Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "GET",
    &[Condition::Header("x-okta-verification-challenge")],
    HandshakeResponse::Json(&[(
        "verification",
        RequestValue::Header("x-okta-verification-challenge"),
    )]),
)];

/// Okta: [event hooks](https://developer.okta.com/docs/concepts/event-hooks/).
///
/// *Set-up:* in the admin console, under Workflow, Event Hooks: the public URL, `Authorization` as
/// the authentication field, and a secret of your own, which is sent word for word, without a
/// scheme before it. Then verify the hook, which is answered here.
///
/// *Not signed:* anything. The secret proves who sends, and whoever has seen one request can send
/// others. A delivery holds any number of events, each with its own `uuid` and `eventType`, so that
/// none is named here. Okta waits three seconds and tries once again, but not after a 4xx.
pub const OKTA: Provider = Provider::new("okta", Scheme::token().header("authorization"))
    .with_id(Field::pointer("/eventId"))
    .with_batch(BatchLayout::at("/data/events").with_id("/uuid").with_event("/eventType"))
    .with_handshakes(HANDSHAKES)
    .with_ack_status(200)
    .with_docs_url("https://developer.okta.com/docs/concepts/event-hooks/")
    .with_response_timeout(Duration::from_secs(3));
