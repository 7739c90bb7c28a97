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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::verify::{
        Secret,
        scheme::{
            Hash, Verify as _,
            jwt::fixtures::{
                EMPTY, HS256, MALFORMED, NOW, URL, at, claims, headers, judge, judge_all, token,
                verify_context, with_body,
            },
        },
    };

    #[test]
    fn the_issuer_is_checked() {
        let issuer = HS256.issuer("acme");
        assert_eq!(claims(&issuer, &json!({"iss": "acme"})), Ok(None));
        for other in [json!({"iss": "other"}), json!({"iss": 1}), json!({})] {
            assert_eq!(claims(&issuer, &other), Err(VerifyError::InvalidAudience), "{other}");
            assert_eq!(claims(&HS256, &other), Ok(None), "{other}");
        }
        let in_secret = HS256.issuer_in_secret();
        let judge = |jwt: &Jwt, issuer: &str, secret: &str| {
            let token = token(Hash::Sha256, &json!({"alg": "HS256"}), &json!({"iss": issuer}));
            judge_all(jwt, &token, secret, b"")
        };
        assert_eq!(judge(&in_secret, "acme", "acme:s3cret"), Ok(None));
        assert_eq!(judge(&in_secret, "other", "acme:s3cret"), Err(VerifyError::InvalidAudience));
        assert_eq!(judge(&in_secret, "other", "s3cret"), Ok(None));
        assert_eq!(judge(&HS256, "acme", "acme:s3cret"), Err(VerifyError::InvalidSignature));
    }

    #[test]
    fn other_tokens_of_the_key_are_rejected() {
        let event = HS256.required_claims(&["id", "type"]);
        assert_eq!(claims(&event, &json!({"id": "1", "type": "user.created"})), Ok(None));
        for other in [
            json!({"iss": "acme", "sub": "user", "jti": "1"}),
            json!({"id": "1"}),
            json!({"type": "a"}),
            json!({"id": 1, "type": "a"}),
            json!({"id": "1", "type": null}),
        ] {
            assert_eq!(claims(&event, &other), Err(MALFORMED), "{other}");
        }
    }

    #[test]
    fn audience_and_id_are_checked() {
        let audience = HS256.audience_is_url();
        assert_eq!(claims(&audience, &json!({"aud": URL})), Ok(None));
        for other in [json!({"aud": "https://hooks.example.com/a"}), json!({})] {
            assert_eq!(claims(&audience, &other), Err(VerifyError::InvalidAudience), "{other}");
        }
        assert_eq!(claims(&HS256, &json!({"aud": "other"})), Ok(None));
        assert_eq!(claims(&HS256.require_id(), &json!({"jti": "1"})), Ok(None));
        assert_eq!(claims(&HS256.require_id(), &json!({})), Err(MALFORMED));
    }

    #[test]
    fn expiry_and_not_before_are_checked() {
        let stale = Err(VerifyError::TimestampTooOld);
        assert_eq!(claims(&HS256, &json!({"exp": NOW + 1})), Ok(None));
        assert_eq!(claims(&HS256, &json!({"exp": NOW})), stale);
        assert_eq!(claims(&HS256, &json!({"exp": NOW - 1})), stale);
        let malformed = Err(VerifyError::MalformedTimestamp);
        assert_eq!(claims(&HS256.require_expiry(), &json!({})), malformed);
        assert_eq!(claims(&HS256.require_expiry(), &json!({"exp": NOW + 1})), Ok(None));
        assert_eq!(claims(&HS256, &json!({"nbf": NOW + LEEWAY})), Ok(None));
        assert_eq!(claims(&HS256, &json!({"nbf": NOW - LEEWAY})), Ok(None));
        assert_eq!(
            claims(&HS256, &json!({"nbf": NOW + LEEWAY + 1})),
            Err(VerifyError::TimestampTooNew)
        );
        for name in ["exp", "nbf", "iat"] {
            for odd in [json!("1"), json!(1.5), json!(-1), json!(null)] {
                assert_eq!(claims(&HS256, &json!({ name: odd })), malformed, "{name} {odd}");
            }
        }
    }

    #[test]
    fn max_age_is_checked() {
        let minute = HS256.max_age(Duration::from_secs(60));
        assert_eq!(claims(&minute, &json!({"iat": NOW - 60})), Ok(Some(at(NOW - 60))));
        assert_eq!(claims(&minute, &json!({"iat": NOW - 61})), Err(VerifyError::TimestampTooOld));
        assert_eq!(claims(&minute, &json!({"iat": NOW + 61})), Err(VerifyError::TimestampTooNew));
        assert_eq!(claims(&minute, &json!({})), Err(VerifyError::MalformedTimestamp));
        assert_eq!(claims(&HS256, &json!({"iat": 1})), Ok(Some(at(1))));
        assert_eq!(claims(&HS256, &json!({"iat": u64::MAX})), Ok(None));
        let headers =
            headers(&token(Hash::Sha256, &json!({"alg": "HS256"}), &json!({"iat": NOW - 9})));
        let secret = Secret::new("s3cret");
        let judge = |jwt: &Jwt, seconds| {
            let context = verify_context(&secret, Some(Duration::from_secs(seconds)));
            jwt.verify(&with_body(&headers, b""), &context).map(|signed| signed.time())
        };
        for jwt in [HS256, minute] {
            assert_eq!(judge(&jwt, 9), Ok(Some(at(NOW - 9))));
            assert_eq!(judge(&jwt, 8), Err(VerifyError::TimestampTooOld));
        }
    }

    #[test]
    fn the_body_hash_is_checked() {
        let hex = base16ct::lower::encode_string(&Sha256::digest(b"{}"));
        let base64 = Base64::encode_string(&Sha256::digest(b"{}"));
        let no_match = Err(VerifyError::InvalidSignature);
        let as_hex = HS256.body_sha256("body", BodyHash::Hex);
        let as_base64 = HS256.body_sha256("body", BodyHash::Base64);
        assert_eq!(claims(&as_hex, &json!({"body": hex})), Ok(None));
        assert_eq!(claims(&as_base64, &json!({"body": base64})), Ok(None));
        assert_eq!(claims(&as_hex, &json!({"body": base64})), no_match);
        assert_eq!(claims(&as_base64, &json!({"body": hex})), no_match);
        assert_eq!(judge(&as_hex, &json!({"body": hex}), b"{ }"), no_match);
        assert_eq!(judge(&as_hex, &json!({"body": &hex[2..]}), b"{}"), no_match);
        assert_eq!(judge(&as_hex, &json!({"body": EMPTY}), b""), Ok(None));
        for body in [&b""[..], b"{}"] {
            assert_eq!(judge(&as_hex, &json!({}), body), no_match);
        }
        let with_body = as_hex.only_with_body();
        assert_eq!(judge(&with_body, &json!({"body": hex}), b"{}"), Ok(None));
        assert_eq!(judge(&with_body, &json!({}), b""), Ok(None));
        assert_eq!(judge(&with_body, &json!({}), b"{}"), no_match);
        assert_eq!(judge(&with_body, &json!({"body": EMPTY}), b""), no_match);
        assert_eq!(judge(&with_body, &json!({"body": hex}), b""), no_match);
    }

    #[test]
    fn url_and_request_hashes_are_checked() {
        let hash = |text: &str| base16ct::lower::encode_string(&Sha256::digest(text));
        let other = Err(VerifyError::InvalidAudience);
        let url = HS256.url_sha256("u");
        assert_eq!(claims(&url, &json!({"u": hash(URL)})), Ok(None));
        assert_eq!(claims(&url, &json!({"u": hash("https://hooks.example.com/")})), other);
        assert_eq!(claims(&url, &json!({})), other);
        let request = HS256.request_sha256("q");
        assert_eq!(claims(&request, &json!({"q": hash("POST&/a&b=c")})), Ok(None));
        assert_eq!(claims(&request, &json!({"q": hash("GET&/a&b=c")})), other);
        assert_eq!(claims(&request, &json!({})), other);
    }

    /// The claims of a signed token.
    fn signed(jwt: &Jwt, secret: &str, body: &[u8]) -> Value {
        let to_sign =
            RequestToSign::new(body).id("7").url(URL).at(at(NOW) + Duration::from_millis(9));
        let signed = jwt.sign(&Secret::new(secret), &to_sign).expect("it can sign");
        let token = signed.headers["x-token"].to_str().expect("ASCII").to_owned();
        assert_eq!(judge_all(jwt, &token, secret, body), Ok(Some(at(NOW))), "it is believed");
        let part = token.split('.').nth(1).expect("claims");
        let claims = Base64UrlUnpadded::decode_vec(part).expect("base64");
        serde_json::from_slice(&claims).expect("JSON")
    }

    #[test]
    fn signing_writes_the_required_claims() {
        let least = json!({"iat": NOW, "nbf": NOW, "exp": NOW + 60, "jti": "7"});
        let and = |name: &str, value: &str| {
            let mut all = least.clone();
            all[name] = value.into();
            all
        };
        let hash = |text: &str| base16ct::lower::encode_string(&Sha256::digest(text));
        assert_eq!(signed(&HS256, "s3cret", b"{}"), least);
        assert_eq!(signed(&HS256.prefix("").require_expiry().require_id(), "s3cret", b"{}"), least);
        assert_eq!(signed(&HS256.issuer("acme"), "s3cret", b"{}"), and("iss", "acme"));
        let in_secret = HS256.issuer_in_secret();
        assert_eq!(signed(&in_secret, "acme:s3cret", b"{}"), and("iss", "acme"));
        assert_eq!(signed(&HS256.audience_is_url(), "s3cret", b"{}"), and("aud", URL));
        assert_eq!(signed(&HS256.url_sha256("u"), "s3cret", b"{}"), and("u", &hash(URL)));
        let request = HS256.request_sha256("q");
        assert_eq!(signed(&request, "s3cret", b"{}"), and("q", &hash("POST&/a&b=c")));
        let body = HS256.body_sha256("b", BodyHash::Hex);
        for body in [body, body.only_with_body()] {
            assert_eq!(signed(&body, "s3cret", b"{}"), and("b", &hash("{}")));
        }
        assert_eq!(signed(&body, "s3cret", b""), and("b", EMPTY));
        assert_eq!(signed(&body.only_with_body(), "s3cret", b""), least);
        let base64 = Base64::encode_string(&Sha256::digest("{}"));
        let body = HS256.body_sha256("b", BodyHash::Base64);
        assert_eq!(signed(&body, "s3cret", b"{}"), and("b", &base64));
    }

    #[test]
    fn the_sender_may_be_an_address() {
        let email = HS256.email_in_secret();
        let judge = |claims: &Value| {
            let token = token(Hash::Sha256, &json!({"alg": "HS256"}), claims);
            judge_all(&email, &token, "s3cret", b"")
        };
        let good = json!({"email": "s3cret", "email_verified": true});
        assert_eq!(judge(&good), Ok(None));
        for wrong in [
            json!({}),
            json!({"email": "s3cret"}),
            json!({"email": "s3cret", "email_verified": false}),
            json!({"email": "s3cret", "email_verified": "true"}),
            json!({"email": "other", "email_verified": true}),
            json!({"email": ["s3cret"], "email_verified": true}),
            json!({"email_verified": true}),
        ] {
            assert_eq!(judge(&wrong), Err(VerifyError::InvalidSignature), "{wrong}");
        }
        #[cfg(feature = "rsa")]
        assert!(Jwt::rs256("x-token").email_in_secret().scheme_info().needs_secret);
    }

    #[test]
    fn the_subject_may_be_the_url() {
        let subject = HS256.subject_is_url();
        assert_eq!(claims(&subject, &json!({"sub": URL})), Ok(None));
        for other in
            [json!({"sub": "https://hooks.example.com/a"}), json!({"sub": [URL]}), json!({})]
        {
            assert_eq!(claims(&subject, &other), Err(VerifyError::InvalidAudience), "{other}");
        }
        assert!(subject.scheme_info().signs_url);
        let signed = subject.sign(&Secret::new("s3cret"), &RequestToSign::new(b"{}").url(URL));
        let signed = signed.expect("it signs").headers;
        let secret = Secret::new("s3cret");
        let context = VerifyContext { now: SystemTime::now(), ..verify_context(&secret, None) };
        assert!(subject.verify(&with_body(&signed, b"{}"), &context).is_ok());
    }

    #[test]
    fn a_hash_may_be_url_safe() {
        let hashed = HS256.body_sha256("h", BodyHash::Base64Url);
        // Its hash has a `-` and a `_`.
        let body = (0..10_000).map(|number: u32| number.to_string()).find(|body| {
            let hash = Base64UrlUnpadded::encode_string(&Sha256::digest(body));
            hash.contains('-') && hash.contains('_')
        });
        let body = body.expect("there are many").into_bytes();
        let digest = Sha256::digest(&body);
        let unpadded = Base64UrlUnpadded::encode_string(&digest);
        for good in [format!("{unpadded}="), unpadded.clone()] {
            assert_eq!(judge(&hashed, &json!({"h": good}), &body), Ok(None), "{good}");
        }
        for bad in [
            format!("{unpadded}=="),
            Base64::encode_string(&digest),
            base16ct::lower::encode_string(&digest),
            unpadded[1..].to_owned(),
        ] {
            let judged = judge(&hashed, &json!({"h": bad}), &body);
            assert_eq!(judged, Err(VerifyError::InvalidSignature), "{bad}");
        }
    }
}
