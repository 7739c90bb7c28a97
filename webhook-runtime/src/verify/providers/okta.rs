use std::time::Duration;

use crate::verify::{
    Items, Provider, Source,
    handshake::{Answer, Handshake, Value, When},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "GET",
    &[When::Header("x-okta-verification-challenge")],
    Answer::Json(&[("verification", Value::Header("x-okta-verification-challenge"))]),
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
    .id(Source::pointer("/eventId"))
    .items(Items::at("/data/events").id("/uuid").event("/eventType"))
    .handshakes(HANDSHAKES)
    .acknowledges_with(200)
    .docs("https://developer.okta.com/docs/concepts/event-hooks/")
    .times_out_after(Duration::from_secs(3));
