use crate::verify::{
    Field, Provider,
    scheme::{BodyHash, Jwt},
};

/// `FusionAuth`: [signed events][docs], with an HMAC key.
///
/// *Set-up:* in Key Master, make an HMAC key; in the webhook's settings, enter the public URL and
/// sign with that key. The secret is the key.
///
/// A delivery is a JSON web token with the hash of the body. Keys of RSA and elliptic curves sign the
/// same token, which this constant does not accept.
///
/// *Not signed:* headers and the URL. The token has no time, so a recorded delivery can be replayed.
/// Time-outs are those of the webhook's settings. A delivery within a transaction is not retried
/// (*unconfirmed*).
///
/// [docs]: https://fusionauth.io/docs/extend/events-and-webhooks/signing
pub const FUSIONAUTH: Provider = Provider::custom(
    "fusionauth",
    &Jwt::hs_any("x-fusionauth-signature-jwt").body_sha256("request_body_sha256", BodyHash::Base64),
)
.with_id(Field::pointer("/event/id"))
.with_event(Field::pointer("/event/type"))
.with_docs_url("https://fusionauth.io/docs/extend/events-and-webhooks/signing");
