//! JSON web tokens (RFC 7519) as signatures: the token signs its claims, and the claims describe
//! the request.
//!
//! The signature is checked with the same cryptography as in all other schemes.

mod canonical_request;
mod claims;
#[cfg(test)]
mod fixtures;
mod token;

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::HeaderMap;
use serde_json::Value;

use super::{
    Hash, KeyRequest, ReplayWindow, RequestToSign, SchemeInfo, SignError, Signed, SignedParts,
    SignedRequest, Verify, VerifyContext, VerifyError, checked_name, insert_header,
    jose::JoseAlgorithm, published,
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
    algorithms: &'static [JoseAlgorithm],
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
    const fn new(header: &'static str, algorithms: &'static [JoseAlgorithm]) -> Self {
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
        Self::new(checked_name(header), &[JoseAlgorithm::Hmac(Hash::Sha256)])
    }

    /// A token with HMAC and SHA-256, -384 or -512 in the (lower-case) header. The token names
    /// which.
    #[must_use]
    pub const fn hs_any(header: &'static str) -> Self {
        const ALGORITHMS: &[JoseAlgorithm] = &[
            JoseAlgorithm::Hmac(Hash::Sha256),
            JoseAlgorithm::Hmac(Hash::Sha384),
            JoseAlgorithm::Hmac(Hash::Sha512),
        ];
        Self::new(checked_name(header), ALGORITHMS)
    }

    /// A token with ECDSA over P-256 in the (lower-case) header. The public key is a JWK, fetched
    /// by the `kid` in the token.
    #[cfg(feature = "ecdsa")]
    #[must_use]
    pub const fn es256(header: &'static str) -> Self {
        Self::new(
            checked_name(header),
            &[JoseAlgorithm::PublicKey(published::SignatureAlgorithm::EcdsaP256)],
        )
    }

    /// A token with RSA PKCS#1 v1.5 and SHA-256 in the (lower-case) header. The public key is
    /// fetched by the `kid` in the token.
    #[cfg(feature = "rsa")]
    #[must_use]
    pub const fn rs256(header: &'static str) -> Self {
        Self::new(
            checked_name(header),
            &[JoseAlgorithm::PublicKey(published::SignatureAlgorithm::RsaSha256)],
        )
    }

    /// A token with `EdDSA` (Ed25519) in the (lower-case) header. The public key is fetched by the
    /// `kid` in the token.
    #[cfg(feature = "ed25519")]
    #[must_use]
    pub const fn eddsa(header: &'static str) -> Self {
        Self::new(
            checked_name(header),
            &[JoseAlgorithm::PublicKey(published::SignatureAlgorithm::Ed25519)],
        )
    }

    /// A token with RSA PKCS#1 v1.5, ECDSA or `EdDSA` (Ed25519) in the (lower-case) header, whichever
    /// the key is for. The public key is fetched by the `kid` in the token. It must be a JWK whose
    /// `alg` is the algorithm of the token.
    #[cfg(all(
        feature = "ecdsa",
        feature = "ecdsa-p384",
        feature = "ecdsa-p521",
        feature = "ed25519",
        feature = "rsa",
    ))]
    #[must_use]
    pub const fn any_public_key(header: &'static str) -> Self {
        const ALGORITHMS: &[JoseAlgorithm] = &[
            JoseAlgorithm::PublicKey(published::SignatureAlgorithm::EcdsaP256),
            JoseAlgorithm::PublicKey(published::SignatureAlgorithm::EcdsaP384),
            JoseAlgorithm::PublicKey(published::SignatureAlgorithm::EcdsaP521),
            JoseAlgorithm::PublicKey(published::SignatureAlgorithm::Ed25519),
            JoseAlgorithm::PublicKey(published::SignatureAlgorithm::RsaSha256),
            JoseAlgorithm::PublicKey(published::SignatureAlgorithm::RsaSha384),
            JoseAlgorithm::PublicKey(published::SignatureAlgorithm::RsaSha512),
        ];
        Self::new(checked_name(header), ALGORITHMS)
    }

    /// The body is the token, with RSA PKCS#1 v1.5 and SHA-256. The claims are the payload of the
    /// delivery, as JSON. The public key is fetched by the `kid` in the token.
    #[cfg(feature = "rsa")]
    #[must_use]
    pub const fn rs256_in_body() -> Self {
        Self::new("", &[JoseAlgorithm::PublicKey(published::SignatureAlgorithm::RsaSha256)])
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
}

impl Verify for Jwt {
    fn scheme_info(&self) -> SchemeInfo {
        let fetches_key = self.fetches_key();
        let summary = match self.algorithms {
            [JoseAlgorithm::Hmac(_), ..] => "JSON web token, HMAC",
            #[cfg(feature = "ecdsa")]
            [JoseAlgorithm::PublicKey(published::SignatureAlgorithm::EcdsaP256)] => {
                "JSON web token, ES256"
            }
            #[cfg(feature = "rsa")]
            [JoseAlgorithm::PublicKey(published::SignatureAlgorithm::RsaSha256)] => {
                "JSON web token, RS256"
            }
            #[cfg(feature = "ed25519")]
            [JoseAlgorithm::PublicKey(published::SignatureAlgorithm::Ed25519)] => {
                "JSON web token, EdDSA"
            }
            _ => "JSON web token, any public key",
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
        if key.trim_ascii().is_empty() {
            return Err(SecretError::Blank);
        }
        // Everybody could sign with a public key.
        if !self.fetches_key() && published::is_key_of_pair(key) {
            return Err(SecretError::Malformed("a shared secret, but one key of a pair"));
        }
        Ok(())
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        if self.is_body() {
            return Ok(());
        }
        self.parse(self.read_header_token(headers)?).map(drop)
    }

    fn key_request(&self, request: &SignedRequest<'_>) -> Result<Option<KeyRequest>, VerifyError> {
        if !self.fetches_key() {
            return Ok(None);
        }
        let token = self.parse(self.read_token(request)?)?;
        let id = token.key_id.ok_or(VerifyError::UntrustedKey)?;
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
        let token = self.parse(self.read_token(request)?)?;
        self.check_signature(&token, context)?;
        let claims = serde_json::from_slice(&token.claims).map_err(|_| self.malformed())?;
        let (issuer, _) = self.split_secret(context.secret);
        let signed_at = self.check_claims(&claims, issuer, request, context)?;
        if self.is_body() {
            let payload = token.claims;
            return Ok(Signed::text(payload.clone()).with_payload(payload).at(signed_at));
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

#[cfg(test)]
mod tests {
    use super::{fixtures::HS256, *};

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
}
