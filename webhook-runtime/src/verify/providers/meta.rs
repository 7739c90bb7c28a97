use crate::verify::{
    Items, Provider, Source,
    handshake::{Answer, Handshake, Value, When},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[Handshake::with_verify_token(
    "hub.verify_token",
    &[When::QueryIs("hub.mode", "subscribe"), When::Query("hub.challenge")],
    Answer::Text(Value::Query("hub.challenge")),
)];

/// Meta, for Facebook, Instagram, Messenger and `WhatsApp`: [webhooks][docs].
///
/// *Set-up:* in the app's dashboard, under Webhooks: the public URL and a verify token of your own,
/// which goes to [`Webhooks::verify_token`](crate::Webhooks::verify_token). The secret is the app
/// secret.
///
/// *Not signed:* the headers. A delivery has no id: it is a batch of entries, each with its changes
/// or messages, and the event is no more than the kind of object. Meta writes other letters than
/// ASCII as escapes, so that the body is signed in a form that no library would write again. It
/// tries again for 36 hours, and batches up to a thousand updates (both unconfirmed).
///
/// [docs]: https://developers.facebook.com/docs/graph-api/webhooks/getting-started
pub const META: Provider = Provider::new(
    "meta",
    Scheme::hmac_sha256().header("x-hub-signature-256").prefix("sha256=").hex(),
)
.event(Source::pointer("/object"))
.items(Items::at("/entry"))
.handshakes(HANDSHAKES)
.docs("https://developers.facebook.com/docs/graph-api/webhooks/getting-started");
