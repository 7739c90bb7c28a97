use crate::verify::{
    Field, Provider,
    scheme::{BodyHash, Jwt},
};

/// LiveKit: [webhooks][docs].
///
/// *Set-up:* the secret is `API key:API secret`, so that tokens of other keys are refused; the API
/// secret alone works too, and then the issuer is not looked at. Bodies come as
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
