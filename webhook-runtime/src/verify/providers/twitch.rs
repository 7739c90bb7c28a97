use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::{Scheme, Timestamp},
};

const HANDSHAKES: &[Handshake] = &[Handshake::signed(
    &[Condition::HeaderIs("twitch-eventsub-message-type", "webhook_callback_verification")],
    HandshakeResponse::Text(RequestValue::Body("/challenge")),
)];

/// Twitch `EventSub`: [handling webhook events][docs].
///
/// *Set-up:* create the subscription through the API, with the public URL and a secret of your own,
/// of 10 to 100 ASCII characters. This crate answers the challenge that follows.
///
/// *Not signed:* the headers, except id and time. So the event's name and the kind of message are
/// not signed. The kind is the action: `notification`, or `revocation` when the subscription has
/// ended. The body has the same values at `/subscription/type` and `/subscription/status`. Id, time
/// and body are signed without a separator; the strict format of the time keeps them apart.
///
/// Twitch advises you to drop messages older than ten minutes, but its tools and libraries do not,
/// and neither does this crate: set a `tolerance`. Twitch waits a few seconds, and ends the
/// subscription after too many failures.
///
/// [docs]: https://dev.twitch.tv/docs/eventsub/handling-webhook-events/
pub const TWITCH: Provider = Provider::new(
    "twitch",
    Scheme::hmac_sha256()
        .header("twitch-eventsub-message-signature")
        .prefix("sha256=")
        .hex()
        .id_header("twitch-eventsub-message-id")
        .timestamp(
            Timestamp::header("twitch-eventsub-message-timestamp").rfc3339().without_window(),
        )
        .signed("{id}{timestamp}{body}"),
)
.with_id(Field::header("twitch-eventsub-message-id"))
.with_event(Field::header("twitch-eventsub-subscription-type"))
.with_action(Field::header("twitch-eventsub-message-type"))
.with_handshakes(HANDSHAKES)
.with_docs_url("https://dev.twitch.tv/docs/eventsub/handling-webhook-events/");
