use crate::verify::{
    Field, Provider,
    scheme::{BodyHash, Jwt},
};

/// Upstash `QStash`: [verify signatures][docs].
///
/// *Set-up:* publish a message to the public URL, or add it to a schedule or a URL group. There are
/// two secrets: the current signing key, and the next one.
///
/// A delivery is a JSON web token with the URL and the hash of the body. The body is the message as
/// it was published, so there is no event.
///
/// *Not signed:* headers, also the message's id. The token expires after some minutes. `QStash`
/// waits for the response for as long as the plan allows, and retries with growing pauses, three
/// times unless the message says otherwise.
///
/// [docs]: https://upstash.com/docs/qstash/howto/signature
pub const QSTASH: Provider = Provider::custom(
    "qstash",
    &Jwt::hs256("upstash-signature")
        .issuer("Upstash")
        .subject_is_url()
        .require_expiry()
        .body_sha256("body", BodyHash::Base64Url),
)
.with_id(Field::header("upstash-message-id"))
.with_docs_url("https://upstash.com/docs/qstash/howto/signature");
