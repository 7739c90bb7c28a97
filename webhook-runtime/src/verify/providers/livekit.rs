use crate::verify::{
    Field, Provider,
    scheme::{BodyHash, Jwt},
};

/// LiveKit: [webhooks][docs].
///
/// *Set-up:* the secret is `API key:API secret`, so that tokens of other keys are rejected. The API
/// secret alone also works, but then the issuer is not checked. Bodies have the content type
/// `application/webhook+json`.
///
/// *Not signed:* headers.
///
/// [docs]: https://docs.livekit.io/home/server/webhooks/
pub const LIVEKIT: Provider = Provider::custom(
    "livekit",
    &Jwt::hs256("authorization").issuer_in_secret().body_sha256("sha256", BodyHash::Base64),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/event"))
.with_docs_url("https://docs.livekit.io/home/server/webhooks/");
