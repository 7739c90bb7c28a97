//! Tokens and requests for the tests of tokens.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::HeaderMap;
use serde_json::{Value, json};

use super::Jwt;
use crate::verify::{
    Secret,
    scheme::{Hash, SignedRequest, Verify as _, VerifyContext, VerifyError},
};

pub(super) const HS256: Jwt = Jwt::hs256("x-token");
pub(super) const NOW: u64 = 1_760_000_000;
pub(super) const URL: &str = "https://hooks.example.com/a?b=c";
/// The SHA-256 of an empty text.
pub(super) const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
pub(super) const MALFORMED: VerifyError = VerifyError::MalformedSignature("x-token");

pub(super) fn part(text: &str) -> String {
    Base64UrlUnpadded::encode_string(text.as_bytes())
}

/// A token of any algorithm, signed with `s3cret` by an HMAC.
pub(super) fn token(hash: Hash, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", part(&header.to_string()), part(&claims.to_string()));
    let tag = hash.hmac(b"s3cret", &[message.as_bytes()]);
    format!("{message}.{}", Base64UrlUnpadded::encode_string(tag.as_bytes()))
}

pub(super) fn headers(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-token", token.parse().expect("a value"));
    headers
}

pub(super) fn with_body<'r>(headers: &'r HeaderMap, body: &'r [u8]) -> SignedRequest<'r> {
    SignedRequest { method: "POST", url: URL, headers, query: "b=c", body }
}

pub(super) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

pub(super) fn verify_context(secret: &Secret, tolerance: Option<Duration>) -> VerifyContext<'_> {
    VerifyContext { secret, key: None, now: at(NOW), tolerance }
}

pub(super) type Judged = Result<Option<SystemTime>, VerifyError>;

pub(super) fn judge_all(jwt: &Jwt, token: &str, secret: &str, body: &[u8]) -> Judged {
    let (headers, secret) = (headers(token), Secret::new(secret));
    let request = with_body(&headers, body);
    jwt.check_headers(&headers)?;
    jwt.verify(&request, &verify_context(&secret, None)).map(|signed| signed.time())
}

/// The verdict on a token with these claims, for an empty and a non-empty body.
pub(super) fn judge(jwt: &Jwt, claims: &Value, body: &[u8]) -> Judged {
    let token = token(Hash::Sha256, &json!({"alg": "HS256"}), claims);
    judge_all(jwt, &token, "s3cret", body)
}

pub(super) fn claims(jwt: &Jwt, claims: &Value) -> Judged {
    judge(jwt, claims, b"{}")
}
