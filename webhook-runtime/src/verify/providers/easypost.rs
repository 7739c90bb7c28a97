use crate::verify::{
    Field, Provider,
    scheme::{KeyEncoding, Scheme},
};

/// `EasyPost`: [webhooks](https://docs.easypost.com/docs/webhooks).
///
/// *Set-up:* create the webhook in the dashboard or through the API, with the public URL and a
/// `webhook_secret` of your own. Use ASCII only: `EasyPost` normalizes other letters (NFKD) before
/// they become the key. This crate does not, and refuses such a secret at start.
///
/// *Not signed:* the headers. The id is that of the event, and the event is its `description`, such
/// as `tracker.updated`. There is no signed time of sending. `EasyPost` waits seven seconds, and
/// retries six times with growing pauses (both *unconfirmed*).
pub const EASYPOST: Provider = Provider::new(
    "easypost",
    Scheme::hmac_sha256()
        .header("x-hmac-signature")
        .prefix("hmac-sha256-hex=")
        .hex()
        .key(KeyEncoding::AsciiText),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/description"))
.with_docs_url("https://docs.easypost.com/docs/webhooks");
