use crate::verify::{
    Provider,
    scheme::{BodyHash, Jwt},
};

/// MessageBird: [verify webhook requests][docs].
///
/// *Set-up:* the secret is the account's signing key; configure the public URL, which is signed.
/// Requests may have any method.
///
/// *Not signed:* headers and the method.
///
/// [docs]: https://developers.messagebird.com/api/#verifying-http-requests
#[doc(alias = "bird")]
pub const MESSAGEBIRD: Provider = Provider::custom(
    "messagebird",
    &Jwt::hs_any("messagebird-signature-jwt")
        .issuer("MessageBird")
        .require_id()
        .url_sha256("url_hash")
        .body_sha256("payload_hash", BodyHash::Hex)
        .only_with_body(),
)
.with_methods("POST, GET, PUT, PATCH, DELETE")
.with_docs_url("https://developers.messagebird.com/api/#verifying-http-requests");
