use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Crisp, plugin hooks: [plugin hooks](https://docs.crisp.chat/guides/web-hooks/plugin-hooks/).
///
/// *Set-up:* in the marketplace, in the plugin's settings: the public URL; the secret is the
/// signing secret. Hooks of a website are not signed.
///
/// *Not signed:* the headers, except the time, which is in milliseconds. Neither Crisp's own
/// library nor this crate limits its age. A delivery has no id, and the time in the body is that of
/// the event. Crisp's own library writes the JSON anew before it compares; here its bytes count.
/// Its time-out and retries are *unconfirmed*.
pub const CRISP: Provider = Provider::new(
    "crisp",
    Scheme::hmac_sha256()
        .header("x-crisp-signature")
        .hex()
        .timestamp(Timestamp::header("x-crisp-request-timestamp").unix_millis().without_window())
        .signed("[{timestamp};{body}]"),
)
.with_event(Field::pointer("/event"))
.with_docs_url("https://docs.crisp.chat/guides/web-hooks/plugin-hooks/");
