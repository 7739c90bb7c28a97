use crate::verify::{
    Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "GET",
    &[Condition::Query("crc_token")],
    HandshakeResponse::Json(&[(
        "response_token",
        RequestValue::HmacBase64(&RequestValue::Query("crc_token")),
    )]),
)];

/// X, once Twitter: [webhooks](https://docs.x.com/x-api/webhooks/introduction).
///
/// *Set-up:* register the public URL, without a port, through the API while the endpoint runs. The
/// secret is the app's consumer secret, also called API key secret. X asks with GET for the
/// signature of a token: at once, regularly, and whenever you tell it to. This crate answers with
/// the first secret: while you rotate it, put the new one first.
///
/// *Not signed:* the headers. A delivery has no id, and its type is the name of the field beside
/// `for_user_id`, so none is read here. X waits three seconds (*unconfirmed*).
#[doc(alias = "x")]
pub const TWITTER: Provider = Provider::new(
    "twitter",
    Scheme::hmac_sha256().header("x-twitter-webhooks-signature").prefix("sha256=").base64(),
)
.with_handshakes(HANDSHAKES)
.with_docs_url("https://docs.x.com/x-api/webhooks/introduction");
