use crate::verify::{
    Provider,
    scheme::{BodyHash, Jwt},
};

/// Netlify: [deploy notifications][docs].
///
/// *Set-up:* the secret is the JWS secret token of the outgoing webhook.
///
/// *Not signed:* headers. There is no signed time: a recorded delivery can be replayed.
///
/// [docs]: https://docs.netlify.com/site-deploys/notifications/#payload-signature
pub const NETLIFY: Provider = Provider::custom(
    "netlify",
    &Jwt::hs256("x-webhook-signature").issuer("netlify").body_sha256("sha256", BodyHash::Hex),
)
.with_docs_url("https://docs.netlify.com/site-deploys/notifications/#payload-signature");
