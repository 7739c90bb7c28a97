use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::{Scheme, SignedValue, Timestamp},
};

const DOCS: &str = "https://open.larksuite.com/document/server-docs/event-subscription-guide/event-subscription-configure-/encrypt-key-encryption-configuration-case";

const HANDSHAKES: &[Handshake] = &[Handshake::with_verify_token(
    RequestValue::Body("/token"),
    &[Condition::BodyIs("/type", "url_verification"), Condition::Body("/challenge")],
    HandshakeResponse::Json(&[("challenge", RequestValue::Body("/challenge"))]),
)];

/// Lark and Feishu: [events with an Encrypt Key][docs].
///
/// *Set-up:* in the app's settings, under Events, set the public URL and an Encrypt Key, which is the
/// secret. Without an Encrypt Key, nothing is signed. With it, the body is `{"encrypt":"…"}`, and the
/// handler has to decrypt it: AES-256-CBC, with the SHA-256 of the Encrypt Key.
///
/// The request that checks a new URL contains the app's Verification Token, which is the
/// [verify token](crate::Webhooks::verify_token). It is answered while the app has no Encrypt Key: save
/// the URL first, and the key afterwards. With a key, this request is encrypted too, and it is not
/// answered.
///
/// *Not signed:* the headers, except time and nonce. Id and event are inside of the encrypted text.
/// The signature is a plain hash, not a MAC, so a body that is not UTF-8 is refused: it could continue
/// the hash of another. Lark sets no limit for the age: set a `tolerance`. Card callbacks are signed
/// in another way, which is not built in. Lark waits three seconds, and retries four times within six
/// hours (*unconfirmed*).
///
/// [docs]: https://open.larksuite.com/document/server-docs/event-subscription-guide/event-subscription-configure-/encrypt-key-encryption-configuration-case
pub const LARK: Provider = Provider::new(
    "lark",
    Scheme::sha256()
        .header("x-lark-signature")
        .hex()
        .timestamp(Timestamp::header("x-lark-request-timestamp").without_window())
        .values(&[SignedValue::header("nonce", "x-lark-request-nonce")])
        .signed("{timestamp}{nonce}{secret}{body}"),
)
.with_id(Field::pointer("/header/event_id"))
.with_event(Field::pointer("/header/event_type"))
.with_handshakes(HANDSHAKES)
.with_docs_url(DOCS);
