//! JSON web tokens (RFC 7519) as signatures: the token signs its claims, and the claims describe
//! the request.
//!
//! `jsonwebtoken` parses header and claims. The signature is checked with the same cryptography as
//! in all other schemes. So no second set of cryptographic libraries is linked, and the program
//! does not have to choose one.

mod canonical_request;
mod claims;

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::HeaderMap;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Map, Value};

use super::{
    Hash, KeyRequest, ReplayWindow, RequestToSign, SchemeInfo, SignError, Signed, SignedParts,
    SignedRequest, Verify, VerifyContext, VerifyError, checked_name, header_text, insert_header,
    published::{self, SignatureAlgorithm, Wanted},
};
use canonical_request::canonical_request;

use crate::verify::{Secret, SecretError};

/// A scheme whose signature is a JSON web token. It is a constant, like a
/// [`Scheme`](super::Scheme), for [`Provider::custom`](crate::Provider::custom).
///
/// The scheme fixes the algorithms: a token that names another algorithm is rejected. `exp` and
/// `nbf` are checked whenever the token has them.
///
/// ```
/// use webhook_runtime::{Provider, scheme::{BodyHash, Jwt}};
///
/// const ACME: Provider = Provider::custom(
///     "acme",
///     &Jwt::hs256("x-acme-token").issuer("acme").body_sha256("sha256", BodyHash::Hex),
/// );
/// ```
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent rules")]
pub struct Jwt {
    /// Empty if the body is the token.
    header: &'static str,
    prefix: &'static str,
    algorithms: &'static [Algorithm],
    key_set: Option<&'static str>,
    issuer: Option<&'static str>,
    issuer_in_secret: bool,
    email_in_secret: bool,
    audience_is_url: bool,
    subject_is_url: bool,
    require_expiry: bool,
    require_id: bool,
    required_claims: &'static [&'static str],
    max_age: Option<Duration>,
    body_sha256: Option<(&'static str, BodyHash)>,
    only_with_body: bool,
    url_sha256: Option<&'static str>,
    request_sha256: Option<&'static str>,
}

/// The encoding of a claim that holds the SHA-256 of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyHash {
    /// Lower-case hex.
    Hex,
    /// Padded base64.
    Base64,
    /// URL-safe base64. Padding may be missing.
    Base64Url,
}

impl Jwt {
    const fn new(header: &'static str, algorithms: &'static [Algorithm]) -> Self {
        Self {
            header,
            prefix: "",
            algorithms,
            key_set: None,
            issuer: None,
            issuer_in_secret: false,
            email_in_secret: false,
            audience_is_url: false,
            subject_is_url: false,
            require_expiry: false,
            require_id: false,
            required_claims: &[],
            max_age: None,
            body_sha256: None,
            only_with_body: false,
            url_sha256: None,
            request_sha256: None,
        }
    }

    /// A token with HMAC-SHA256 in the (lower-case) header.
    #[must_use]
    pub const fn hs256(header: &'static str) -> Self {
        Self::new(checked_name(header), &[Algorithm::HS256])
    }

    /// A token with HMAC and SHA-256, -384 or -512 in the (lower-case) header. The token names
    /// which.
    #[must_use]
    pub const fn hs_any(header: &'static str) -> Self {
        const ALGORITHMS: &[Algorithm] = &[Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
        Self::new(checked_name(header), ALGORITHMS)
    }

    /// A token with ECDSA over P-256 in the (lower-case) header. The public key is a JWK, fetched
    /// by the `kid` in the token.
    #[cfg(feature = "ecdsa")]
    #[must_use]
    pub const fn es256(header: &'static str) -> Self {
        Self::new(checked_name(header), &[Algorithm::ES256])
    }

    /// A token with RSA PKCS#1 v1.5 and SHA-256 in the (lower-case) header. The public key is
    /// fetched by the `kid` in the token.
    #[cfg(feature = "rsa")]
    #[must_use]
    pub const fn rs256(header: &'static str) -> Self {
        Self::new(checked_name(header), &[Algorithm::RS256])
    }

    /// A token with `EdDSA` (Ed25519) in the (lower-case) header. The public key is fetched by the
    /// `kid` in the token.
    #[cfg(feature = "ed25519")]
    #[must_use]
    pub const fn eddsa(header: &'static str) -> Self {
        Self::new(checked_name(header), &[Algorithm::EdDSA])
    }

    /// The body is the token, with RSA PKCS#1 v1.5 and SHA-256. The claims are the payload of the
    /// delivery, as JSON. The public key is fetched by the `kid` in the token.
    #[cfg(feature = "rsa")]
    #[must_use]
    pub const fn rs256_in_body() -> Self {
        Self::new("", &[Algorithm::RS256])
    }

    /// Sets the set that fetched keys are in: its URL, or the name of the provider if each of its
    /// customers has a set. See [`KeyRequest::InSet`]. Without it, a key is asked for by its id
    /// alone.
    #[must_use]
    pub const fn key_set(mut self, set: &'static str) -> Self {
        self.key_set = Some(set);
        self
    }

    /// Sets the prefix of the token, such as `JWT `.
    #[must_use]
    pub const fn prefix(mut self, prefix: &'static str) -> Self {
        self.prefix = prefix;
        self
    }

    /// Sets the only accepted issuer.
    #[must_use]
    pub const fn issuer(mut self, issuer: &'static str) -> Self {
        self.issuer = Some(issuer);
        self
    }

    /// The secret is `issuer:key`, or only the key. The key alone accepts any issuer.
    #[must_use]
    pub const fn issuer_in_secret(mut self) -> Self {
        self.issuer_in_secret = true;
        self
    }

    /// The secret is the e-mail address of the sender: the token must have it as `email`, and
    /// `email_verified` must be true.
    #[must_use]
    pub const fn email_in_secret(mut self) -> Self {
        self.email_in_secret = true;
        self
    }

    /// The subject (`sub`) must be the public URL of the endpoint.
    #[must_use]
    pub const fn subject_is_url(mut self) -> Self {
        self.subject_is_url = true;
        self
    }

    /// The audience must be the public URL of the endpoint.
    #[must_use]
    pub const fn audience_is_url(mut self) -> Self {
        self.audience_is_url = true;
        self
    }

    /// The token must have an expiry (`exp`).
    #[must_use]
    pub const fn require_expiry(mut self) -> Self {
        self.require_expiry = true;
        self
    }

    /// The token must have an id (`jti`).
    #[must_use]
    pub const fn require_id(mut self) -> Self {
        self.require_id = true;
        self
    }

    /// Sets claims that must be there as text. They tell deliveries from other tokens that the
    /// provider signs with the same key, such as those of a login.
    #[must_use]
    pub const fn required_claims(mut self, names: &'static [&'static str]) -> Self {
        self.required_claims = names;
        self
    }

    /// Sets the maximum age of the token, by its `iat`.
    #[must_use]
    pub const fn max_age(mut self, window: Duration) -> Self {
        self.max_age = Some(window);
        self
    }

    /// Sets the claim that holds the SHA-256 of the body.
    #[must_use]
    pub const fn body_sha256(mut self, claim: &'static str, written: BodyHash) -> Self {
        self.body_sha256 = Some((claim, written));
        self
    }

    /// The claim about the body must be present if there is a body, and absent if there is none.
    #[must_use]
    pub const fn only_with_body(mut self) -> Self {
        self.only_with_body = true;
        self
    }

    /// Sets the claim that holds the hex SHA-256 of the public URL.
    #[must_use]
    pub const fn url_sha256(mut self, claim: &'static str) -> Self {
        self.url_sha256 = Some(claim);
        self
    }

    /// Sets the claim that holds the hex SHA-256 of method, path and sorted query (Atlassian's
    /// `qsh`).
    #[must_use]
    pub const fn request_sha256(mut self, claim: &'static str) -> Self {
        self.request_sha256 = Some(claim);
        self
    }

    const fn signs_url(&self) -> bool {
        self.audience_is_url
            || self.subject_is_url
            || self.url_sha256.is_some()
            || self.request_sha256.is_some()
    }

    const fn is_body(&self) -> bool {
        self.header.is_empty()
    }

    const fn malformed(&self) -> VerifyError {
        if self.is_body() {
            VerifyError::MalformedBody
        } else {
            VerifyError::MalformedSignature(self.header)
        }
    }

    /// The part of the request that the claims describe. The claims themselves change whenever a
    /// sender signs the same delivery again.
    fn signed<'r>(&self, request: &SignedRequest<'r>) -> Signed<'r> {
        if self.body_sha256.is_none() {
            return Signed::nothing();
        }
        let head = if self.request_sha256.is_some() {
            canonical_request(request.method, request.url).unwrap_or_default()
        } else if self.signs_url() {
            request.url.to_owned()
        } else {
            String::new()
        };
        // No body is taken for the end of a URL.
        Signed::joined((head + "\n").into_bytes(), request.body)
    }

    /// True if the signatures are made with a private key.
    fn fetches_key(&self) -> bool {
        self.algorithms.iter().any(|algorithm| public_key_algorithm(*algorithm).is_some())
    }

    fn read_header_token<'r>(&self, headers: &'r HeaderMap) -> Result<&'r str, VerifyError> {
        header_text(headers, self.header)?.strip_prefix(self.prefix).ok_or(self.malformed())
    }

    fn read_token<'r>(&self, request: &SignedRequest<'r>) -> Result<&'r str, VerifyError> {
        if self.is_body() {
            std::str::from_utf8(request.body).map_err(|_| VerifyError::MalformedBody)
        } else {
            self.read_header_token(request.headers)
        }
    }

    /// Parses the token's header, and checks its algorithm. No extension of tokens is understood, so
    /// none may be critical.
    fn parse_header(&self, token: &str) -> Result<Header, VerifyError> {
        let malformed = self.malformed();
        if token.split('.').count() != 3 {
            return Err(malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| malformed)?;
        if self.algorithms.contains(&header.alg) && header.crit.is_none() {
            Ok(header)
        } else {
            Err(malformed)
        }
    }

    /// Splits the secret into issuer and key, if it has both.
    fn split_secret<'s>(&self, secret: &'s Secret) -> (Option<&'s str>, &'s [u8]) {
        if self.issuer_in_secret
            && let Some((issuer, key)) = secret.text().and_then(|text| text.split_once(':'))
        {
            return (Some(issuer), key.as_bytes());
        }
        (None, secret.expose())
    }
}

impl Verify for Jwt {
    fn scheme_info(&self) -> SchemeInfo {
        let fetches_key = self.fetches_key();
        let summary = match self.algorithms {
            [Algorithm::ES256] => "JSON web token, ES256",
            [Algorithm::RS256] => "JSON web token, RS256",
            [Algorithm::EdDSA] => "JSON web token, EdDSA",
            _ => "JSON web token, HMAC",
        };
        SchemeInfo {
            needs_secret: !fetches_key || self.email_in_secret,
            fetches_keys: fetches_key,
            signs_url: self.signs_url(),
            signs_body: self.body_sha256.is_some() || self.is_body(),
            signs_time: true,
            signs_method: self.request_sha256.is_some(),
            replay_window: match self.max_age {
                Some(window) => ReplayWindow::Limited(window),
                None if self.require_expiry => ReplayWindow::UntilExpiry,
                None => ReplayWindow::UntilOptionalExpiry,
            },
            ..SchemeInfo::new(summary, self.header)
        }
    }

    fn check_secret(&self, secret: &Secret) -> Result<(), SecretError> {
        let (_, key) = self.split_secret(secret);
        if key.trim_ascii().is_empty() { Err(SecretError::Blank) } else { Ok(()) }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        if self.is_body() {
            return Ok(());
        }
        self.parse_header(self.read_header_token(headers)?).map(drop)
    }

    fn key_request(&self, request: &SignedRequest<'_>) -> Result<Option<KeyRequest>, VerifyError> {
        if !self.fetches_key() {
            return Ok(None);
        }
        let header = self.parse_header(self.read_token(request)?)?;
        let id = header.kid.ok_or(VerifyError::UntrustedKey)?;
        Ok(Some(match self.key_set {
            Some(set) => KeyRequest::InSet { set, id: Some(id) },
            None => KeyRequest::Id(id),
        }))
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let malformed = self.malformed();
        let token = self.read_token(request)?;
        let header = self.parse_header(token)?;
        let (message, signature) = token.rsplit_once('.').ok_or(malformed)?;
        let signature = Base64UrlUnpadded::decode_vec(signature).map_err(|_| malformed)?;
        let (issuer, key) = self.split_secret(context.secret);
        let hmac = |hash: Hash| hash.hmac(key, &[message.as_bytes()]).matches(&signature);
        let matches = match header.alg {
            Algorithm::HS256 => hmac(Hash::Sha256),
            Algorithm::HS384 => hmac(Hash::Sha384),
            Algorithm::HS512 => hmac(Hash::Sha512),
            other => match public_key_algorithm(other) {
                None => false,
                Some(algorithm) => {
                    let document = context.key.ok_or(VerifyError::KeyUnavailable)?;
                    let id = header.kid.as_deref().ok_or(VerifyError::UntrustedKey)?;
                    let wanted = Wanted { id: Some(id), algorithm, now: context.now };
                    published::verify(document, wanted, message.as_bytes(), &signature)?
                }
            },
        };
        if !matches {
            return Err(VerifyError::InvalidSignature);
        }
        let token = jsonwebtoken::dangerous::insecure_decode::<Map<String, Value>>(token)
            .map_err(|_| malformed)?;
        let signed_at = self.check_claims(&token.claims, issuer, request, context)?;
        if self.is_body() {
            let (_, claims) = message.split_once('.').ok_or(malformed)?;
            let claims = Base64UrlUnpadded::decode_vec(claims).map_err(|_| malformed)?;
            return Ok(Signed::text(claims.clone()).with_payload(claims).at(signed_at));
        }
        Ok(self.signed(request).at(signed_at))
    }

    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        if self.fetches_key() {
            return Err(SignError::Unsupported);
        }
        let (issuer, key) = self.split_secret(secret);
        let part = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
        let claims = Value::Object(self.claims(issuer, request)).to_string();
        let message = format!("{}.{}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(&claims));
        let tag = Hash::Sha256.hmac(key, &[message.as_bytes()]);
        let signature = Base64UrlUnpadded::encode_string(tag.as_bytes());
        let mut headers = HeaderMap::new();
        let value = format!("{}{message}.{signature}", self.prefix);
        insert_header(&mut headers, self.header, &value)?;
        Ok(SignedParts::new(headers, request))
    }
}

/// The algorithm of a signature with a private key.
fn public_key_algorithm(algorithm: Algorithm) -> Option<SignatureAlgorithm> {
    match algorithm {
        #[cfg(feature = "ecdsa")]
        Algorithm::ES256 => Some(SignatureAlgorithm::EcdsaP256),
        #[cfg(feature = "rsa")]
        Algorithm::RS256 => Some(SignatureAlgorithm::RsaSha256),
        #[cfg(feature = "ed25519")]
        Algorithm::EdDSA => Some(SignatureAlgorithm::Ed25519),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use base64ct::Base64;
    use serde_json::json;
    use sha2::{Digest, Sha256};

    use super::{claims::LEEWAY, *};

    const HS256: Jwt = Jwt::hs256("x-token");
    const NOW: u64 = 1_760_000_000;
    const URL: &str = "https://hooks.example.com/a?b=c";
    /// The SHA-256 of an empty text.
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const MALFORMED: VerifyError = VerifyError::MalformedSignature("x-token");

    fn part(text: &str) -> String {
        Base64UrlUnpadded::encode_string(text.as_bytes())
    }

    /// A token of any algorithm, signed with `s3cret` by an HMAC.
    fn token(hash: Hash, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", part(&header.to_string()), part(&claims.to_string()));
        let tag = hash.hmac(b"s3cret", &[message.as_bytes()]);
        format!("{message}.{}", Base64UrlUnpadded::encode_string(tag.as_bytes()))
    }

    fn headers(token: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-token", token.parse().expect("a value"));
        headers
    }

    fn with_body<'r>(headers: &'r HeaderMap, body: &'r [u8]) -> SignedRequest<'r> {
        SignedRequest { method: "POST", url: URL, headers, query: "b=c", body }
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn verify_context(secret: &Secret, tolerance: Option<Duration>) -> VerifyContext<'_> {
        VerifyContext { secret, key: None, now: at(NOW), tolerance }
    }

    type Judged = Result<Option<SystemTime>, VerifyError>;

    fn judge_all(jwt: &Jwt, token: &str, secret: &str, body: &[u8]) -> Judged {
        let (headers, secret) = (headers(token), Secret::new(secret));
        let request = with_body(&headers, body);
        jwt.check_headers(&headers)?;
        jwt.verify(&request, &verify_context(&secret, None)).map(|signed| signed.time())
    }

    /// The verdict on a token with these claims, for an empty and a non-empty body.
    fn judge(jwt: &Jwt, claims: &Value, body: &[u8]) -> Judged {
        let token = token(Hash::Sha256, &json!({"alg": "HS256"}), claims);
        judge_all(jwt, &token, "s3cret", body)
    }

    fn claims(jwt: &Jwt, claims: &Value) -> Judged {
        judge(jwt, claims, b"{}")
    }

    #[test]
    fn scheme_info_says_what_is_covered() {
        let info = HS256.scheme_info();
        assert_eq!((info.summary, info.signature_header), ("JSON web token, HMAC", "x-token"));
        let coverage = |jwt: Jwt| {
            let info = jwt.scheme_info();
            let keys = (info.needs_secret, info.fetches_keys);
            (keys, info.signs_url, info.signs_body, info.signs_time)
        };
        let shared = (true, false);
        assert_eq!(coverage(HS256), (shared, false, false, true));
        for signs_url in [HS256.audience_is_url(), HS256.url_sha256("u"), HS256.request_sha256("q")]
        {
            assert_eq!(coverage(signs_url), (shared, true, false, true));
        }
        let signs_body = HS256.body_sha256("b", BodyHash::Hex);
        assert_eq!(coverage(signs_body), (shared, false, true, true));
        #[cfg(feature = "ecdsa")]
        {
            assert_eq!(coverage(Jwt::es256("x-token")), ((false, true), false, false, true));
            assert_eq!(Jwt::es256("x-token").scheme_info().summary, "JSON web token, ES256");
        }
    }

    #[test]
    fn only_pinned_algorithms_are_accepted() {
        let all = [("HS256", Hash::Sha256), ("HS384", Hash::Sha384), ("HS512", Hash::Sha512)];
        for (name, hash) in all {
            let token = token(hash, &json!({"alg": name}), &json!({}));
            assert_eq!(
                judge_all(&Jwt::hs_any("x-token"), &token, "s3cret", b""),
                Ok(None),
                "{name}"
            );
            let judged = judge_all(&HS256, &token, "s3cret", b"");
            assert_eq!(judged, if name == "HS256" { Ok(None) } else { Err(MALFORMED) });
            let other = judge_all(&Jwt::hs_any("x-token"), &token, "other", b"");
            assert_eq!(other, Err(VerifyError::InvalidSignature));
        }
        for name in ["none", "ES256", "RS256", "hs256"] {
            let token = token(Hash::Sha256, &json!({"alg": name}), &json!({}));
            let judged = judge_all(&Jwt::hs_any("x-token"), &token, "s3cret", b"");
            assert_eq!(judged, Err(MALFORMED), "{name}");
        }
        // The algorithm that the token names must be the one that signed it.
        let token = token(Hash::Sha256, &json!({"alg": "HS512"}), &json!({}));
        let judged = judge_all(&Jwt::hs_any("x-token"), &token, "s3cret", b"");
        assert_eq!(judged, Err(VerifyError::InvalidSignature));
    }

    #[test]
    fn a_token_has_a_prefix_and_three_parts() {
        let token = token(Hash::Sha256, &json!({"alg": "HS256"}), &json!({}));
        let two = token.rsplit_once('.').expect("a signature").0;
        for bad in [two, &format!("{token}.x"), "", ".."] {
            assert_eq!(judge_all(&HS256, bad, "s3cret", b""), Err(MALFORMED), "{bad:?}");
        }
        let judged = judge_all(&HS256, &format!("{two}.+/"), "s3cret", b"");
        assert_eq!(judged, Err(MALFORMED), "the wrong alphabet");
        let prefixed = HS256.prefix("JWT ");
        assert_eq!(judge_all(&prefixed, &format!("JWT {token}"), "s3cret", b""), Ok(None));
        assert_eq!(judge_all(&prefixed, &token, "s3cret", b""), Err(MALFORMED));
        let missing = HS256.check_headers(&HeaderMap::new());
        assert_eq!(missing, Err(VerifyError::MissingHeader("x-token")));
    }

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
    fn a_key_after_the_issuer_is_not_blank() {
        let in_secret = HS256.issuer_in_secret();
        assert_eq!(in_secret.check_secret(&Secret::new("acme:key")), Ok(()));
        assert_eq!(in_secret.check_secret(&Secret::new("acme: ")), Err(SecretError::Blank));
        assert_eq!(HS256.check_secret(&Secret::new("acme: ")), Ok(()));
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
    fn a_shared_secret_needs_no_fetched_key() {
        let headers =
            headers(&token(Hash::Sha256, &json!({"alg": "HS256", "kid": "k"}), &json!({})));
        assert_eq!(HS256.key_request(&with_body(&headers, b"")), Ok(None));
    }

    #[cfg(feature = "ecdsa")]
    #[test]
    fn a_public_key_is_requested_by_id() {
        use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};

        const ES256: Jwt = Jwt::es256("x-token");
        let private = SigningKey::from_slice(&[7; 32]).expect("a key");
        let point = private.verifying_key().to_sec1_point(false);
        let (x, y) = (point.x().expect("it has one"), point.y().expect("it has one"));
        let [x, y] = [x, y].map(|it| Base64UrlUnpadded::encode_string(it));
        let jwk = |curve: &str| json!({"kty": "EC", "crv": curve, "x": x, "y": y}).to_string();
        let token = |header: &Value| {
            let message = format!("{}.{}", part(&header.to_string()), part("{}"));
            let signature: Signature = private.sign(message.as_bytes());
            format!("{message}.{}", Base64UrlUnpadded::encode_string(&signature.to_bytes()))
        };
        let good = token(&json!({"alg": "ES256", "kid": "k"}));
        let judge = |token: &str, key: Option<&str>| {
            let (headers, secret) = (headers(token), Secret::none());
            let context =
                VerifyContext { key: key.map(str::as_bytes), ..verify_context(&secret, None) };
            ES256.verify(&with_body(&headers, b""), &context).map(|signed| signed.time())
        };
        assert_eq!(judge(&good, Some(&jwk("P-256"))), Ok(None));
        let unavailable = Err(VerifyError::KeyUnavailable);
        assert_eq!(judge(&good, Some(&jwk("P-384"))), unavailable);
        assert_eq!(judge(&good, Some("{}")), unavailable);
        assert_eq!(judge(&good, None), unavailable);
        let (message, _) = good.rsplit_once('.').expect("a signature");
        let forged = format!("{message}.{}", Base64UrlUnpadded::encode_string(&[1; 64]));
        assert_eq!(judge(&forged, Some(&jwk("P-256"))), Err(VerifyError::InvalidSignature));

        let wanted = |header: &Value| {
            let headers = headers(&token(header));
            ES256.key_request(&with_body(&headers, b""))
        };
        let named = wanted(&json!({"alg": "ES256", "kid": "k"}));
        assert_eq!(named, Ok(Some(KeyRequest::Id("k".to_owned()))));
        assert_eq!(wanted(&json!({"alg": "ES256"})), Err(VerifyError::UntrustedKey));
        let signed = ES256.sign(&Secret::new("s3cret"), &RequestToSign::new(b"{}"));
        assert_eq!(signed.map(drop), Err(SignError::Unsupported));
    }

    /// A token that the private key of the tests signed.
    #[cfg(feature = "rsa")]
    fn rs256(header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", part(&header.to_string()), part(&claims.to_string()));
        let key = Secret::new(published::fixtures::RSA);
        let signature = SignatureAlgorithm::RsaSha256.sign(&key, message.as_bytes());
        format!("{message}.{}", Base64UrlUnpadded::encode_string(&signature.expect("it signs")))
    }

    #[cfg(feature = "rsa")]
    #[test]
    fn rs256_takes_the_key_that_the_token_names() {
        const SET: &str = "https://acme.example/jwks.json";
        const SCHEME: Jwt = Jwt::rs256("x-token").key_set(SET);
        let header = json!({"alg": "RS256", "kid": "k-1"});
        let good = rs256(&header, &json!({}));
        let wanted = |jwt: &Jwt, token: &str| {
            let headers = headers(token);
            jwt.key_request(&with_body(&headers, b""))
        };
        let id = Some("k-1".to_owned());
        assert_eq!(wanted(&SCHEME, &good), Ok(Some(KeyRequest::InSet { set: SET, id })));
        let alone = Ok(Some(KeyRequest::Id("k-1".to_owned())));
        assert_eq!(wanted(&Jwt::rs256("x-token"), &good), alone);
        let unnamed = rs256(&json!({"alg": "RS256"}), &json!({}));
        assert_eq!(wanted(&SCHEME, &unnamed), Err(VerifyError::UntrustedKey));

        let judge = |token: &str, key: Option<&Value>| {
            let (headers, secret) = (headers(token), Secret::none());
            let key = key.map(ToString::to_string);
            let key = key.as_deref().map(str::as_bytes);
            let context = VerifyContext { key, ..verify_context(&secret, None) };
            SCHEME.check_headers(&headers)?;
            SCHEME.verify(&with_body(&headers, b""), &context).map(|signed| signed.time())
        };
        let key = published::fixtures::rsa_jwk("k-1");
        let set = json!({"keys": [published::fixtures::rsa_jwk("k-2"), key]});
        for document in [&key, &set] {
            assert_eq!(judge(&good, Some(document)), Ok(None));
            let expired = rs256(&header, &json!({"exp": NOW}));
            assert_eq!(judge(&expired, Some(document)), Err(VerifyError::TimestampTooOld));
            let (message, signature) = good.rsplit_once('.').expect("a signature");
            let other = rs256(&header, &json!({"sub": "admin"}));
            let forged = format!("{}.{signature}", other.rsplit_once('.').expect("a signature").0);
            assert_ne!(message, forged);
            assert_eq!(judge(&forged, Some(document)), Err(VerifyError::InvalidSignature));
        }
        let renamed = published::fixtures::rsa_jwk("k-2");
        assert_eq!(judge(&good, Some(&renamed)), Err(VerifyError::UntrustedKey));
        let other_set = json!({"keys": [renamed]});
        assert_eq!(judge(&good, Some(&other_set)), Err(VerifyError::UntrustedKey));
        assert_eq!(judge(&good, Some(&json!({}))), Err(VerifyError::KeyUnavailable));
        assert_eq!(judge(&good, None), Err(VerifyError::KeyUnavailable));
        // The public key is no secret of an HMAC, and `none` no signature.
        for algorithm in ["HS256", "none", "RS512", "PS256", "ES256"] {
            let header = json!({"alg": algorithm, "kid": "k-1"}).to_string();
            let message = format!("{}.{}", part(&header), part("{}"));
            for secret in [key.to_string(), published::fixtures::RSA.to_owned(), String::new()] {
                let tag = Hash::Sha256.hmac(secret.as_bytes(), &[message.as_bytes()]);
                let tag = Base64UrlUnpadded::encode_string(tag.as_bytes());
                let judged = judge(&format!("{message}.{tag}"), Some(&key));
                assert_eq!(judged, Err(MALFORMED), "{algorithm}");
            }
            assert_eq!(judge(&format!("{message}."), Some(&key)), Err(MALFORMED), "{algorithm}");
        }
        let critical = rs256(&json!({"alg": "RS256", "kid": "k-1", "crit": ["exp"]}), &json!({}));
        assert_eq!(judge(&critical, Some(&key)), Err(MALFORMED));
        let signed = SCHEME.sign(&Secret::new("s3cret"), &RequestToSign::new(b"{}"));
        assert_eq!(signed.map(drop), Err(SignError::Unsupported));
    }

    #[cfg(feature = "rsa")]
    #[test]
    fn a_token_in_the_body_is_the_payload() {
        const SCHEME: Jwt = Jwt::rs256_in_body().key_set("acme");
        let claims = json!({"type": "user.created", "event_id": "e-1"});
        let token = rs256(&json!({"alg": "RS256", "kid": "k-1"}), &claims);
        let headers = HeaderMap::new();
        let judge = |body: &[u8]| {
            let (secret, key) = (Secret::none(), published::fixtures::rsa_jwk("k-1").to_string());
            let context =
                VerifyContext { key: Some(key.as_bytes()), ..verify_context(&secret, None) };
            SCHEME.check_headers(&headers)?;
            SCHEME.key_request(&with_body(&headers, body))?;
            let signed = SCHEME.verify(&with_body(&headers, body), &context);
            signed.map(|mut signed| signed.take_payload())
        };
        let payload = claims.to_string().into_bytes();
        assert_eq!(judge(token.as_bytes()), Ok(Some(payload)));
        let padded = format!("{token}\n");
        for wrong in
            ["", "{}", "a.b.c", &padded, &token[1..], token.rsplit_once('.').expect("it").0]
        {
            assert_eq!(judge(wrong.as_bytes()), Err(VerifyError::MalformedBody), "{wrong}");
        }
        assert_eq!(judge(b"\xff"), Err(VerifyError::MalformedBody));
        let info = SCHEME.scheme_info();
        assert!(info.signs_body && info.fetches_keys && !info.needs_secret);
        assert_eq!((info.signature_header, info.summary), ("", "JSON web token, RS256"));
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
