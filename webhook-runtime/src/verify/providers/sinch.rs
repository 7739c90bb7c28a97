use crate::verify::{
    Field, Provider,
    scheme::{Scheme, SignedValue, Timestamp},
};

const DOCS: &str = "https://developers.sinch.com/docs/conversation/callbacks/#validating-callbacks";

/// Sinch Conversation API: [validating callbacks][docs].
///
/// *Set-up:* add a webhook with the public URL to an app, and a secret. Without a secret, Sinch
/// signs nothing. Callbacks of Sinch's other products are signed in other ways, which are not built
/// in.
///
/// *Not signed:* the headers, except time, nonce and algorithm. Sinch sets no limit for the age: set
/// a `tolerance`. There is no id in a header. Time-out and retries are *unconfirmed*.
///
/// [docs]: https://developers.sinch.com/docs/conversation/callbacks/#validating-callbacks
pub const SINCH: Provider = Provider::new(
    "sinch",
    Scheme::hmac_sha256()
        .header("x-sinch-webhook-signature")
        .base64()
        .require_headers(&[("x-sinch-webhook-signature-algorithm", "HmacSHA256")])
        .timestamp(Timestamp::header("x-sinch-webhook-signature-timestamp").without_window())
        .values(&[SignedValue::header("nonce", "x-sinch-webhook-signature-nonce")])
        .signed("{body}.{nonce}.{timestamp}"),
)
.with_id(Field::pointer("/event_id"))
.with_docs_url(DOCS);
