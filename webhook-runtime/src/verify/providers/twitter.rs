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
/// secret is the app's consumer secret, also called API key secret. X asks by GET at once, again
/// and again, and whenever you tell it to, to have a token signed; that is answered here, with the
/// first secret: while you rotate it, put the new one first.
///
/// *Not signed:* the headers. A delivery has no id, and its type is which fields there are besides
/// `for_user_id`, so that none is named here. X waits three seconds (unconfirmed).
pub const TWITTER: Provider = Provider::new(
    "twitter",
    Scheme::hmac_sha256().header("x-twitter-webhooks-signature").prefix("sha256=").base64(),
)
.with_handshakes(HANDSHAKES)
.with_docs_url("https://docs.x.com/x-api/webhooks/introduction");
