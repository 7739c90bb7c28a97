use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Kick: [webhook security](https://docs.kick.com/events/webhook-security).
///
/// *Set-up:* in the app's settings, enable webhooks with the public URL. The secret is Kick's
/// public key, in PEM, from `https://api.kick.com/public/v1/public-key`.
///
/// *Not signed:* the headers, except id and time. So the event's type and the subscription are not
/// signed. All apps share the key: a delivery to another app also verifies here, so check whom it
/// is about. Kick sets no limit for the age. It makes three attempts, and expects 200; its time-out
/// is not documented.
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
