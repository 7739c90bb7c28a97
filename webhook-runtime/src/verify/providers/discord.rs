use std::time::Duration;

use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse},
    scheme::{KeyEncoding, Scheme, Timestamp},
};

const HANDSHAKES: &[Handshake] = &[
    // The ping of interactions. Webhook events are of type 1 too, but hold an event.
    Handshake::signed(
        &[Condition::BodyIs("/type", "1"), Condition::BodyLacks("/event/type")],
        HandshakeResponse::StaticJson(r#"{"type":1}"#),
    ),
    // The ping of webhook events.
    Handshake::signed(&[Condition::BodyIs("/type", "0")], HandshakeResponse::Empty(204)),
];

/// Discord: [interactions][] and [webhook events][docs].
///
/// *Set-up:* in the developer portal: the public URL as interactions endpoint, or under Webhooks.
/// The secret is the application's public key, in hex. This crate answers pings. Discord also sends
/// wrong signatures on purpose, to test that they are rejected.
///
/// An interaction has an id, and expects a JSON response within three seconds; the event is the
/// number of its type. A webhook event has no id, and expects 204; its type is the action.
///
/// *Not signed:* the headers, except the time. Discord sets no limit for its age, and retries
/// webhook events for ten minutes.
///
/// [interactions]: https://docs.discord.com/developers/interactions/overview
/// [docs]: https://docs.discord.com/developers/events/webhook-events
pub const DISCORD: Provider = Provider::new(
    "discord",
    Scheme::ed25519()
        .header("x-signature-ed25519")
        .hex()
        .key(KeyEncoding::Hex)
        .timestamp(Timestamp::header("x-signature-timestamp").without_window())
        .signed("{timestamp}{body}"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/type"))
.with_action(Field::pointer("/event/type"))
.with_handshakes(HANDSHAKES)
.with_docs_url("https://docs.discord.com/developers/events/webhook-events")
.with_response_timeout(Duration::from_secs(3))
.with_retry_period(Duration::from_secs(10 * 60));
