use std::time::Duration;

use crate::verify::{
    Provider, Source,
    handshake::{Answer, Handshake, When},
    scheme::{KeyEncoding, Scheme, Timestamp},
};

const HANDSHAKES: &[Handshake] = &[
    // The ping of interactions. Webhook events are of type 1 too, but hold an event.
    Handshake::signed(
        &[When::BodyIs("/type", "1"), When::NoBody("/event/type")],
        Answer::Constant(r#"{"type":1}"#),
    ),
    // The ping of webhook events.
    Handshake::signed(&[When::BodyIs("/type", "0")], Answer::Empty(204)),
];

/// Discord: [interactions][] and [webhook events][docs].
///
/// *Set-up:* in the developer portal: the public URL as interactions endpoint, or under Webhooks.
/// The secret is the application's public key, in hex. Pings are answered here; Discord also sends
/// wrong signatures on purpose, to see them refused.
///
/// An interaction is answered within three seconds by JSON, and has an id; the event is the number
/// of its type. A webhook event has no id and is answered by 204; its type is the action.
///
/// *Not signed:* the headers, but for the time, which Discord gives no limit of age. Webhook
/// events are tried again for ten minutes.
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
.id(Source::pointer("/id"))
.event(Source::pointer("/type"))
.action(Source::pointer("/event/type"))
.handshakes(HANDSHAKES)
.docs("https://docs.discord.com/developers/events/webhook-events")
.times_out_after(Duration::from_secs(3))
.retries_for(Duration::from_secs(10 * 60));
