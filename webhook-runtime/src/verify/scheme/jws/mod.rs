//! Detached JSON web signatures (RFC 7515, appendix F): a header holds protected parameters and a
//! signature, and the payload is the request itself.

mod parameters;
mod payload;
#[cfg(test)]
mod tests;

use http::HeaderMap;

use super::{
    Hash, KeyEncoding, KeyRequest, ReplayWindow, RequestToSign, SchemeInfo, SignError, Signed,
    SignedParts, SignedRequest, Timestamp, Verify, VerifyContext, VerifyError, checked_name,
    header_text, insert_header,
    jose::JoseAlgorithm,
    published::{self, Wanted},
    timestamp::TimestampLocation,
};
use crate::verify::{Secret, SecretError};
use parameters::Detached;

/// A scheme whose signature is a detached JSON web signature. It is a constant, like a
/// [`Scheme`](super::Scheme), for [`Provider::custom`](crate::Provider::custom).
///
/// The scheme fixes the algorithm and every protected parameter that may occur. A signature with
/// another algorithm or another parameter is rejected, and so is a `crit` that lists more than
/// `b64`.
///
/// The secret is the shared key, or the provider's public key as a JWK, a JWKS, PEM, or SPKI in base64; with
/// [`key_set`](Self::key_set), the key is fetched.
///
/// ```
/// # #[cfg(feature = "rsa")] {
/// use webhook_runtime::{Provider, scheme::Jws};
///
/// const ACME: Provider = Provider::custom(
///     "acme",
///     &Jws::rs256("acme-signature").unencoded().key_set("https://acme.example/jwks.json"),
/// );
/// # assert!(ACME.scheme_info().fetches_keys);
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Jws {
    header: &'static str,
    algorithm: JoseAlgorithm,
    key: KeyEncoding,
    unencoded: bool,
    key_set: Option<&'static str>,
    key_set_urls: &'static [&'static str],
    parameters: &'static [(&'static str, &'static str)],
    headers_parameter: Option<&'static str>,
    signed_headers: &'static [&'static str],
    timestamp: Option<Timestamp>,
}

impl Jws {
    const fn new(header: &'static str, algorithm: JoseAlgorithm) -> Self {
        Self {
            header: checked_name(header),
            algorithm,
            key: KeyEncoding::Text,
            unencoded: false,
            key_set: None,
            key_set_urls: &[],
            parameters: &[],
            headers_parameter: None,
            signed_headers: &[],
            timestamp: None,
        }
    }

    /// HMAC-SHA256 with a shared secret, in the (lower-case) header.
    #[must_use]
    pub const fn hs256(header: &'static str) -> Self {
        Self::new(header, JoseAlgorithm::Hmac(Hash::Sha256))
    }

    /// RSA PKCS#1 v1.5 with SHA-256, in the (lower-case) header.
    #[cfg(feature = "rsa")]
    #[must_use]
    pub const fn rs256(header: &'static str) -> Self {
        Self::new(header, JoseAlgorithm::PublicKey(published::SignatureAlgorithm::RsaSha256))
    }

    /// RSA PKCS#1 v1.5 with SHA-512, in the (lower-case) header.
    #[cfg(feature = "rsa")]
    #[must_use]
    pub const fn rs512(header: &'static str) -> Self {
        Self::new(header, JoseAlgorithm::PublicKey(published::SignatureAlgorithm::RsaSha512))
    }

    /// RSA PSS with SHA-512, in the (lower-case) header.
    #[cfg(feature = "rsa")]
    #[must_use]
    pub const fn ps512(header: &'static str) -> Self {
        Self::new(header, JoseAlgorithm::PublicKey(published::SignatureAlgorithm::RsaPssSha512))
    }

    /// ECDSA over P-256 with SHA-256, in the (lower-case) header.
    #[cfg(feature = "ecdsa")]
    #[must_use]
    pub const fn es256(header: &'static str) -> Self {
        Self::new(header, JoseAlgorithm::PublicKey(published::SignatureAlgorithm::EcdsaP256))
    }

    /// ECDSA over P-521 with SHA-512, in the (lower-case) header.
    #[cfg(feature = "ecdsa-p521")]
    #[must_use]
    pub const fn es512(header: &'static str) -> Self {
        Self::new(header, JoseAlgorithm::PublicKey(published::SignatureAlgorithm::EcdsaP521))
    }

    /// `EdDSA` with Ed25519, in the (lower-case) header.
    #[cfg(feature = "ed25519")]
    #[must_use]
    pub const fn eddsa(header: &'static str) -> Self {
        Self::new(header, JoseAlgorithm::PublicKey(published::SignatureAlgorithm::Ed25519))
    }

    /// Sets how the text of the secret becomes the key of an HMAC. By default the text is the key.
    #[must_use]
    pub const fn key(mut self, encoding: KeyEncoding) -> Self {
        self.key = encoding;
        self
    }

    /// The payload is signed as it is, not as its base64url (RFC 7797). The signature has to say so,
    /// with `b64` and `crit`.
    #[must_use]
    pub const fn unencoded(mut self) -> Self {
        self.unencoded = true;
        self
    }

    /// The key is fetched by its id (`kid`) from a set of keys: the URL of the set, or the name of
    /// the provider if each of its customers has a set. See
    /// [`KeyRequest::InSet`](super::KeyRequest::InSet).
    ///
    /// # Panics
    /// If the key is a shared secret. In a constant, this is a compile error.
    #[must_use]
    pub const fn key_set(mut self, set: &'static str) -> Self {
        self.assert_public_key();
        self.key_set = Some(set);
        self
    }

    /// The key is fetched from the set that the parameter `jku` names. Only these URLs are accepted,
    /// for providers with several environments.
    ///
    /// # Panics
    /// If there are no URLs, or the key is a shared secret. In a constant, this is a compile error.
    #[must_use]
    pub const fn key_set_urls(mut self, urls: &'static [&'static str]) -> Self {
        self.assert_public_key();
        assert!(!urls.is_empty(), "name at least one URL of a set of keys");
        self.key_set_urls = urls;
        self
    }

    /// Sets protected parameters that must have exactly these values, such as the version of the
    /// scheme.
    #[must_use]
    pub const fn parameters(mut self, parameters: &'static [(&'static str, &'static str)]) -> Self {
        self.parameters = parameters;
        self
    }

    /// The payload is more than the body: `POST {path}`, a line `{Name}: {value}` for each header
    /// that the parameter of this name lists, and the body. Commas separate the names. The list must
    /// have all headers in `required`, which are in lower case.
    #[must_use]
    pub const fn signs_request(
        mut self,
        parameter: &'static str,
        required: &'static [&'static str],
    ) -> Self {
        let mut at = 0;
        while at < required.len() {
            checked_name(required[at]);
            at += 1;
        }
        self.headers_parameter = Some(parameter);
        self.signed_headers = required;
        self
    }

    /// Sets the header with the time of signing, which has to be one of the signed ones.
    ///
    /// # Panics
    /// If the time is not in a signed header. In a constant, this is a compile error.
    #[must_use]
    pub const fn timestamp(mut self, timestamp: Timestamp) -> Self {
        assert!(
            matches!(timestamp.location, TimestampLocation::Header(_))
                && !self.signed_headers.is_empty(),
            "the time is in a signed header: name it with `signs_request` before"
        );
        self.timestamp = Some(timestamp);
        self
    }

    const fn assert_public_key(&self) {
        assert!(
            !matches!(self.algorithm, JoseAlgorithm::Hmac(_)),
            "a shared secret is not published in a set of keys"
        );
    }

    const fn fetches_key(&self) -> bool {
        self.key_set.is_some() || !self.key_set_urls.is_empty()
    }

    const fn time_header(&self) -> Option<(&'static str, Timestamp)> {
        match self.timestamp {
            Some(timestamp) => match timestamp.location {
                TimestampLocation::Header(name) => Some((name, timestamp)),
                _ => None,
            },
            None => None,
        }
    }

    /// True if the key made this signature.
    fn matches(
        &self,
        detached: &Detached<'_>,
        message: &[u8],
        context: &VerifyContext<'_>,
    ) -> Result<bool, VerifyError> {
        let algorithm = match self.algorithm {
            JoseAlgorithm::Hmac(hash) => {
                let key = self.key.decode(context.secret).map_err(VerifyError::InvalidSecret)?;
                return Ok(hash.hmac(&key, &[message]).matches(detached.signature()));
            }
            JoseAlgorithm::PublicKey(algorithm) => algorithm,
        };
        let (document, id) = if self.fetches_key() {
            (context.key.ok_or(VerifyError::KeyUnavailable)?, detached.text("kid"))
        } else {
            (context.secret.expose(), None)
        };
        let wanted = Wanted { id, algorithm, is_chosen: false, now: context.now };
        published::verify(document, wanted, message, detached.signature())
    }

    fn read<'r>(&self, headers: &'r HeaderMap) -> Result<Detached<'r>, VerifyError> {
        let detached = Detached::parse(self, header_text(headers, self.header)?)?;
        if let Some((name, timestamp)) = self.time_header() {
            timestamp.check_format(header_text(headers, name)?)?;
        }
        Ok(detached)
    }
}

impl Verify for Jws {
    fn scheme_info(&self) -> SchemeInfo {
        let fetches_keys = self.fetches_key();
        let signs_request = self.headers_parameter.is_some();
        SchemeInfo {
            needs_secret: !fetches_keys,
            fetches_keys,
            signs_url: signs_request,
            signs_method: signs_request,
            signed_headers: self.signed_headers,
            signs_time: self.timestamp.is_some(),
            replay_window: self
                .timestamp
                .and_then(|timestamp| timestamp.max_age())
                .map_or(ReplayWindow::Unlimited, ReplayWindow::Limited),
            ..SchemeInfo::new("detached JWS", self.header)
        }
    }

    fn check_secret(&self, secret: &Secret) -> Result<(), SecretError> {
        match self.algorithm {
            JoseAlgorithm::Hmac(_) => self.key.decode(secret).map(drop),
            JoseAlgorithm::PublicKey(_) if self.fetches_key() => Ok(()),
            JoseAlgorithm::PublicKey(algorithm) => published::check(secret, algorithm),
        }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        self.read(headers).map(drop)
    }

    fn key_request(&self, request: &SignedRequest<'_>) -> Result<Option<KeyRequest>, VerifyError> {
        if !self.fetches_key() {
            return Ok(None);
        }
        let detached = self.read(request.headers)?;
        let set = if let Some(set) = self.key_set {
            set
        } else {
            let named = detached.text("jku").ok_or(VerifyError::UntrustedKey)?;
            let known = self.key_set_urls.iter().find(|url| **url == named);
            known.ok_or(VerifyError::UntrustedKey)?
        };
        let id = detached.text("kid").ok_or(VerifyError::UntrustedKey)?;
        Ok(Some(KeyRequest::InSet { set, id: Some(id.to_owned()) }))
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let detached = self.read(request.headers)?;
        let head = payload::head(self, &detached, request)?;
        let message = detached.message(&[head.as_bytes(), request.body], self.unencoded);
        if !self.matches(&detached, &message, context)? {
            return Err(VerifyError::InvalidSignature);
        }
        let signed_at = match self.time_header() {
            None => None,
            Some((name, timestamp)) => {
                let timestamp = timestamp.with_optional_tolerance(context.tolerance);
                Some(timestamp.accept(header_text(request.headers, name)?, context.now)?)
            }
        };
        let lasting = payload::lasting_head(self, request)?;
        Ok(Signed::joined(lasting.into_bytes(), request.body).at(signed_at))
    }

    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        if self.fetches_key() {
            return Err(SignError::Unsupported);
        }
        let mut headers = HeaderMap::new();
        if let Some((name, timestamp)) = self.time_header() {
            let value = timestamp.format(request.unix_millis());
            headers.insert(name, value.parse().map_err(|_| SignError::Header(name))?);
        }
        let made = Detached::new(self);
        let sent = SignedRequest {
            method: request.method,
            url: request.url,
            headers: &headers,
            query: "",
            body: request.body,
        };
        let head = payload::head(self, &made, &sent);
        let head = head.map_err(|_| SignError::Header(self.header))?;
        let message = made.message(&[head.as_bytes(), request.body], self.unencoded);
        let signature = match self.algorithm {
            JoseAlgorithm::Hmac(hash) => {
                self.key.decode(secret).map(|key| hash.hmac(&key, &[&message]).as_bytes().to_vec())
            }
            JoseAlgorithm::PublicKey(algorithm) => algorithm.sign(secret, &message),
        };
        let signature = signature.map_err(SignError::Secret)?;
        insert_header(&mut headers, self.header, &made.with_signature(&signature))?;
        Ok(SignedParts::new(headers, request))
    }
}
