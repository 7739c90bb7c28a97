//! The claims of a token: checked against a request, or made for one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64ct::{Base64, Base64Url, Base64UrlUnpadded, Encoding as _};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{BodyHash, Jwt, canonical_request::canonical_request};
use crate::verify::scheme::{
    RequestToSign, SignedRequest, Timestamp, VerifyContext, VerifyError, verify::unix_millis,
};

/// The number of seconds by which a token's clock may be ahead of this machine's.
pub(super) const LEEWAY: u64 = 5;

impl Jwt {
    pub(super) fn check_claims(
        &self,
        claims: &Map<String, Value>,
        issuer: Option<&str>,
        request: &SignedRequest<'_>,
        context: &VerifyContext<'_>,
    ) -> Result<Option<SystemTime>, VerifyError> {
        let now = unix_millis(context.now) / 1000;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let number = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or(VerifyError::MalformedTimestamp),
        };
        if let Some(issuer) = issuer.or(self.issuer)
            && text("iss") != Some(issuer)
        {
            return Err(VerifyError::InvalidAudience);
        }
        if self.audience_is_url && text("aud") != Some(request.url)
            || self.subject_is_url && text("sub") != Some(request.url)
        {
            return Err(VerifyError::InvalidAudience);
        }
        if self.email_in_secret {
            let is_verified = claims.get("email_verified") == Some(&Value::Bool(true));
            // Another address is that of another secret.
            let is_ours =
                text("email").is_some_and(|email| context.secret.matches(email.as_bytes()));
            if !(is_verified && is_ours) {
                return Err(VerifyError::InvalidSignature);
            }
        }
        if self.require_id && text("jti").is_none()
            || self.required_claims.iter().any(|name| text(name).is_none())
        {
            return Err(self.malformed());
        }
        match number("exp")? {
            None if self.require_expiry => return Err(VerifyError::MalformedTimestamp),
            Some(expires) if expires <= now => return Err(VerifyError::TimestampTooOld),
            _ => {}
        }
        if number("nbf")?.is_some_and(|start| start > now.saturating_add(LEEWAY)) {
            return Err(VerifyError::TimestampTooNew);
        }
        let (body_claim, body) = (self.body_sha256, request.body);
        if let Some((claim, written)) = body_claim {
            match text(claim) {
                Some(hash) if hash_matches(hash, written, body) => {}
                None if self.only_with_body && body.is_empty() => {}
                _ => return Err(VerifyError::InvalidSignature),
            }
            // A claim about a body, but the request has no body.
            if self.only_with_body && body.is_empty() && text(claim).is_some() {
                return Err(VerifyError::InvalidSignature);
            }
        }
        let is_hex_hash_of = |claim: Option<&str>, of: &[u8]| {
            claim.is_some_and(|hash| hash_matches(hash, BodyHash::Hex, of))
        };
        if let Some(claim) = self.url_sha256
            && !is_hex_hash_of(text(claim), request.url.as_bytes())
        {
            return Err(VerifyError::InvalidAudience);
        }
        if let Some(claim) = self.request_sha256 {
            let canonical = canonical_request(request.method, request.url);
            let canonical = canonical.ok_or(VerifyError::InvalidAudience)?;
            if !is_hex_hash_of(text(claim), canonical.as_bytes()) {
                return Err(VerifyError::InvalidAudience);
            }
        }
        let signed_at = number("iat")?.and_then(|seconds| seconds.checked_mul(1000));
        match (context.tolerance.or(self.max_age), signed_at) {
            (Some(window), Some(at)) => Timestamp::header("iat")
                .with_tolerance(window)
                .accept_millis(at, context.now)
                .map(Some),
            (Some(_), None) => Err(VerifyError::MalformedTimestamp),
            (None, at) => Ok(at.and_then(|at| UNIX_EPOCH.checked_add(Duration::from_millis(at)))),
        }
    }

    /// The claims that this scheme asks for, for a token that is valid for a minute.
    pub(super) fn claims(
        &self,
        issuer: Option<&str>,
        request: &RequestToSign<'_>,
    ) -> Map<String, Value> {
        let now = request.unix_millis() / 1000;
        let mut claims = Map::new();
        let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        claim("iat", now.into());
        claim("nbf", now.into());
        claim("exp", (now + 60).into());
        claim("jti", request.id.into());
        if let Some(issuer) = issuer.or(self.issuer) {
            claim("iss", issuer.into());
        }
        if self.audience_is_url {
            claim("aud", request.url.into());
        }
        if self.subject_is_url {
            claim("sub", request.url.into());
        }
        if let Some((name, written)) = self.body_sha256
            && !(self.only_with_body && request.body.is_empty())
        {
            let hash = Sha256::digest(request.body);
            let hash = match written {
                BodyHash::Hex => base16ct::lower::encode_string(&hash),
                BodyHash::Base64 => Base64::encode_string(&hash),
                BodyHash::Base64Url => Base64Url::encode_string(&hash),
            };
            claim(name, hash.into());
        }
        let hex = |text: &str| base16ct::lower::encode_string(&Sha256::digest(text));
        if let Some(name) = self.url_sha256 {
            claim(name, hex(request.url).into());
        }
        if let Some(name) = self.request_sha256 {
            let canonical = canonical_request(request.method, request.url);
            claim(name, hex(&canonical.unwrap_or_default()).into());
        }
        claims
    }
}

fn hash_matches(claim: &str, written: BodyHash, of: &[u8]) -> bool {
    let mut buffer = [0; 32];
    let sent = match written {
        BodyHash::Hex => base16ct::lower::decode(claim, &mut buffer).ok(),
        BodyHash::Base64 => Base64::decode(claim, &mut buffer).ok(),
        BodyHash::Base64Url => {
            Base64UrlUnpadded::decode(claim.strip_suffix('=').unwrap_or(claim), &mut buffer).ok()
        }
    };
    sent.is_some_and(|sent| Sha256::digest(of).as_slice().ct_eq(sent).into())
}
