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
/// the authentication field, and a secret of your own, which is sent verbatim, without an
/// authentication scheme before it. Then verify the hook; this crate answers the challenge.
///
/// *Not signed:* everything. The secret only identifies the sender: anyone who has seen one request
/// can forge others. A delivery holds any number of events, each with its own `uuid` and
/// `eventType`. Okta waits three seconds and retries once, but not after a 4xx.
pub const OKTA: Provider = Provider::new("okta", Scheme::token().header("authorization"))
    .with_id(Field::pointer("/eventId"))
    .with_batch(BatchLayout::at("/data/events").with_id("/uuid").with_event("/eventType"))
    .with_handshakes(HANDSHAKES)
    .with_ack_status(200)
    .with_docs_url("https://developer.okta.com/docs/concepts/event-hooks/")
    .with_response_timeout(Duration::from_secs(3));
