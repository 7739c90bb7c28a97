use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] =
    &[Handshake::signed(&[Condition::BodyIs("/event", "webhook")], HandshakeResponse::Empty(200))];

/// Viber bots: [callbacks](https://developers.viber.com/docs/api/rest-bot-api/#callbacks).
///
/// *Set-up:* call `set_webhook` with the public URL. The secret is the bot's authentication token.
/// Viber first sends an event `webhook`; this crate answers it.
///
/// *Not signed:* the headers. There is no id of a delivery: the events `delivered` and `seen` share
/// the `message_token` of their message. The time in the body is that of the event. Its time-out
/// and retries are *unconfirmed*.
pub const VIBER: Provider =
    Provider::new("viber", Scheme::hmac_sha256().header("x-viber-content-signature").hex())
        .with_event(Field::pointer("/event"))
        .with_handshakes(HANDSHAKES)
        .with_ack_status(200)
        .with_docs_url("https://developers.viber.com/docs/api/rest-bot-api/#callbacks");
