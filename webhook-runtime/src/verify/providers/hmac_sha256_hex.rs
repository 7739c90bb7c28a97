use crate::verify::{Provider, scheme::Scheme};

/// The default: `X-Signature` is the lower-case hex HMAC-SHA256 of the body.
///
/// Neither a time nor an id is signed, so a recorded delivery can be replayed.
#[doc(alias = "generic")]
#[doc(alias = "hmac")]
#[doc(alias = "plain")]
pub const HMAC_SHA256_HEX: Provider =
    Provider::new("hmac-sha256-hex", Scheme::hmac_sha256().header("x-signature").hex());
