//! Schemes and helpers for the tests of schemes.
#![allow(clippy::large_types_passed_by_value, reason = "constants of tests")]

use std::{
    borrow::Cow,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderValue};

use super::{
    Mechanism, RequestToSign, Scheme, SignedRequest, Timestamp, Verified, Verifier, VerifyError,
};
use crate::verify::Secret;

pub(super) const SIGNATURE: &str = "x-signature";
pub(super) const HMAC_SHA256_HEX: Scheme = Scheme::hmac_sha256().header(SIGNATURE);
pub(super) const TIMED: Scheme =
    HMAC_SHA256_HEX.timestamp(Timestamp::header("x-time")).signed("{timestamp}.{body}");
pub(super) const IN_FIELDS: Scheme =
    HMAC_SHA256_HEX.fields(",", "v1").timestamp(Timestamp::field("t")).signed("{timestamp}.{body}");
pub(super) const IN_BODY: Scheme = HMAC_SHA256_HEX.timestamp(Timestamp::pointer("/sent"));
pub(super) const NAMED: Scheme = TIMED.id_header("x-id").signed("{id}.{timestamp}.{body}");
pub(super) const UNPARTED: Scheme = TIMED.id_header("x-id").signed("{id}{timestamp}{body}");
pub(super) const PAIRED: Scheme = Scheme::hmac_sha256().paired_headers(&["x-first", "x-second"]);
pub(super) const IN_FORM: Scheme = HMAC_SHA256_HEX.signs_form_field("payload");

pub(super) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_760_000_000)
}

/// Checks only the head of a request, as an endpoint does.
pub(super) fn judge_head(verifier: &Verifier, headers: &HeaderMap) -> Result<(), VerifyError> {
    verifier.read_head(headers, "")?.check_format()
}

pub(super) fn verifier(scheme: Scheme) -> Verifier {
    Verifier::new(&Mechanism::Data(scheme.checked()), None, false).expect("no window is asked")
}

pub(super) fn secrets(texts: &[&'static str]) -> Vec<Secret> {
    texts.iter().map(|text| Secret::new(*text).with_name(*text)).collect()
}

pub(super) fn request<'r>(headers: &'r HeaderMap, body: &'r [u8]) -> SignedRequest<'r> {
    SignedRequest { method: "POST", url: "", headers, query: "", body }
}

/// The headers of a body signed with `s3cret`.
pub(super) fn signed(scheme: Scheme, body: &[u8]) -> HeaderMap {
    let signed = scheme.sign(&Secret::new("s3cret"), &RequestToSign::new(body).at(now()));
    signed.expect("it can be signed").headers
}

pub(super) fn judge(
    scheme: Scheme,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Verified, VerifyError> {
    let verifier = verifier(scheme);
    let keys = verifier.prepare(&secrets(&["other", "s3cret"])).expect("good secrets");
    verifier.verify(&request(headers, body), &keys, None, now())
}

/// The result without an identity, of a whole body.
pub(super) fn by(secret: &'static str, signed_at: Option<SystemTime>) -> Verified {
    let secret_name = Cow::Borrowed(secret);
    Verified { secret_name, signed_at, identity: None, payload: None }
}

pub(super) fn check(scheme: Scheme, headers: &HeaderMap) -> Result<(), VerifyError> {
    judge_head(&verifier(scheme), headers)
}

pub(super) fn with(mut headers: HeaderMap, name: &'static str, value: &str) -> HeaderMap {
    headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
    headers
}
