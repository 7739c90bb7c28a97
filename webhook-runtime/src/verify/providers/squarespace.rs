use crate::verify::{
    Field, Provider,
    scheme::{KeyEncoding, Scheme},
};

/// Squarespace: [webhooks](https://developers.squarespace.com/webhooks/overview).
///
/// *Set-up:* create the subscription through the API, with the public URL; the secret is the
/// `secret` of the response, in hexadecimal.
///
/// *Not signed:* the headers. Id and topic are in the body; there is no signed time of sending.
/// That secret and signature are hexadecimal was confirmed with third-party code only. Its time-out
/// and retries are *unconfirmed*.
pub const SQUARESPACE: Provider = Provider::new(
    "squarespace",
    Scheme::hmac_sha256().header("squarespace-signature").hex().key(KeyEncoding::Hex),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/topic"))
.with_docs_url("https://developers.squarespace.com/webhooks/overview");
