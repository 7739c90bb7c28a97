use crate::verify::{
    Field, Provider,
    scheme::{BodyHash, Jwt},
};

const DOCS: &str = "https://fusionauth.io/docs/extend/events-and-webhooks/signing";

/// `FusionAuth`: [signed events][docs], with an HMAC key.
///
/// *Set-up:* in Key Master, make an HMAC key; in the webhook's settings, enter the public URL and
/// sign with that key. The secret is the key.
///
/// A delivery has a JSON web token with the hash of the body. Key pairs sign the same token: for
/// these there is `FUSIONAUTH_KEY_PAIR`, with more features.
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
.with_docs_url(DOCS);

/// `FusionAuth`: [signed events][docs], with a key pair.
///
/// *Set-up:* in Key Master, make a key pair of RSA, an elliptic curve or Ed25519; in the webhook's
/// settings, enter the public URL and sign with that key. There is no secret: the public key is in
/// the set at `https://<your FusionAuth>/.well-known/jwks.json`. Name that URL to the
/// [key source](crate::KeySource) for the provider `fusionauth-key-pair`.
///
/// The key decides the algorithm: RS256, RS384, RS512, ES256, ES384, ES512 or Ed25519. A token with
/// another algorithm than its key, or with a shared secret, is rejected. `FusionAuth` signs the
/// tokens of users with keys of the same set; these lack the hash of the body.
///
/// *Not signed:* as for [`FUSIONAUTH`], and so are time-outs and retries. That a token names its key
/// (`kid`) is *unconfirmed* for keys that were imported.
///
/// [docs]: https://fusionauth.io/docs/extend/events-and-webhooks/signing
#[cfg(all(
    feature = "ecdsa",
    feature = "ecdsa-p384",
    feature = "ecdsa-p521",
    feature = "ed25519",
    feature = "rsa",
))]
pub const FUSIONAUTH_KEY_PAIR: Provider = Provider::custom(
    "fusionauth-key-pair",
    &Jwt::any_public_key("x-fusionauth-signature-jwt")
        .key_set("fusionauth-key-pair")
        .body_sha256("request_body_sha256", BodyHash::Base64),
)
.with_id(Field::pointer("/event/id"))
.with_event(Field::pointer("/event/type"))
.with_docs_url(DOCS);
