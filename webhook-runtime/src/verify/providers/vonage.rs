use crate::verify::{
    Field, Provider,
    scheme::{BodyHash, Jwt},
};

/// Vonage: [signed webhooks][docs] of the Messages, Voice and other APIs.
///
/// *Set-up:* the public URL in the application's settings. The secret is the signature secret of the
/// account. Signing must be on (it is for Messages and Dispatch).
///
/// A delivery is a JSON web token with the hash of the body. Vonage sends events of several APIs,
/// which name their id and status in different members; the ones here are those of Messages.
///
/// *Not signed:* the URL, and headers other than the token. The token has no expiry, so a recorded
/// delivery can be replayed; set `tolerance`. Time-outs and retries are *unconfirmed*.
///
/// [docs]: https://developer.vonage.com/en/getting-started/concepts/webhooks
pub const VONAGE: Provider = Provider::custom(
    "vonage",
    &Jwt::hs256("authorization")
        .prefix("Bearer ")
        .issuer("Vonage")
        .body_sha256("payload_hash", BodyHash::Hex),
)
.with_id(Field::pointer("/message_uuid"))
.with_event(Field::pointer("/status"))
.with_ack_status(200)
.with_docs_url("https://developer.vonage.com/en/getting-started/concepts/webhooks");
