use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Kick: [webhook security](https://docs.kick.com/events/webhook-security).
///
/// *Set-up:* in the app's settings, switch webhooks on, with the public URL. The secret is Kick's
/// public key, in PEM, from `https://api.kick.com/public/v1/public-key`.
///
/// *Not signed:* the headers, but for id and time, and with them the event's type and the
/// subscription. All apps share the key: a delivery to another app verifies here too, so look at
/// whom it is about. Kick gives the time no limit of age. It makes three attempts, and wants 200;
/// how long it waits is not said.
pub const KICK: Provider = Provider::new(
    "kick",
    Scheme::rsa_sha256()
        .header("kick-event-signature")
        .base64()
        .id_header("kick-event-message-id")
        .timestamp(Timestamp::header("kick-event-message-timestamp").rfc3339().without_window())
        .signed("{id}.{timestamp}.{body}"),
)
.with_id(Field::header("kick-event-message-id"))
.with_event(Field::header("kick-event-type"))
.with_ack_status(200)
.with_docs_url("https://docs.kick.com/events/webhook-security");
