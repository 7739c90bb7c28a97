use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "GET",
    &[Condition::Query("challengeCode")],
    HandshakeResponse::Json(&[
        ("challengeCode", RequestValue::Query("challengeCode")),
        ("challengeResponse", RequestValue::HmacHex(&RequestValue::Query("challengeCode"))),
    ]),
)];

/// `LinkedIn`: [webhook validation][docs].
///
/// *Set-up:* in the app's settings, under Webhooks: the public URL. The secret is the app's client
/// secret. `LinkedIn` sends a challenge at once and every two hours; this crate answers with the
/// first secret: while you rotate it, put the new one first. Three failures block the webhook. Apps
/// with child applications need other secrets, and are not supported.
///
/// *Not signed:* the headers. `hmacsha256=` is signed before the body, and is not in the header. A
/// request can hold several notifications; their ids are in the body. The encoding of the
/// signature, hexadecimal, is documented for the challenge only. Its time-out and retries are
/// *unconfirmed*.
///
/// [docs]: https://learn.microsoft.com/linkedin/shared/api-guide/webhook-validation
pub const LINKEDIN: Provider = Provider::new(
    "linkedin",
    Scheme::hmac_sha256().header("x-li-signature").hex().signed("hmacsha256={body}"),
)
.with_event(Field::pointer("/type"))
.with_handshakes(HANDSHAKES)
.with_docs_url("https://learn.microsoft.com/linkedin/shared/api-guide/webhook-validation");
