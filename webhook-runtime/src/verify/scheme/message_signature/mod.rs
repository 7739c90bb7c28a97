//! HTTP Message Signatures (RFC 9421): a header says which parts of the request are signed, and
//! another has the signature.

mod base;
mod component;
mod digest;
mod parameters;
mod structured;
#[cfg(test)]
mod tests;

use std::time::Duration;

use base64ct::{Base64, Encoding as _};
use http::HeaderMap;

use super::{
    Hash, KeyEncoding, KeyRequest, ReplayWindow, RequestToSign, SchemeInfo, SignError, Signed,
    SignedParts, SignedRequest, Timestamp, Verify, VerifyContext, VerifyError, checked_name,
    header_text, insert_header,
    published::{self, SignatureAlgorithm, Wanted},
};
use crate::verify::{Secret, SecretError};
use parameters::Parameters;
use structured::{Input, byte_sequences, quoted};

pub use component::Component;

/// The header that says what is signed.
const INPUT: &str = "signature-input";
/// The header with the signature.
const SIGNATURE: &str = "signature";
/// The label of signatures that are made here, unless the scheme sets one.
const LABEL: &str = "sig1";

/// A scheme of HTTP Message Signatures (RFC 9421). It is a constant, like a
/// [`Scheme`](super::Scheme), for [`Provider::custom`](crate::Provider::custom).
///
/// The scheme fixes the algorithm, and says what must be signed: the body, through `Content-Digest`
/// (RFC 9530), unless [`without_body`](Self::without_body) says otherwise, and whatever is added. A
/// signature may cover more. There must be exactly one, and what is not understood is rejected:
/// other components and parameters, and other spellings.
///
/// The secret is the shared key, or the provider's public key as a JWK, a JWKS, PEM, or SPKI in
/// base64; with [`key_set`](Self::key_set), the key is fetched.
///
/// ```
/// use webhook_runtime::{
///     Provider, Secret,
///     scheme::{Component, MessageSignature, RequestToSign},
/// };
///
/// const ACME: Provider = Provider::custom(
///     "acme",
///     &MessageSignature::hmac_sha256()
///         .components(&[Component::Method, Component::TargetUri])
///         .tag("acme-webhook"),
/// );
///
/// let request = RequestToSign::new(b"{}").url("https://hooks.example.com/acme");
/// let signed = ACME.sign(&Secret::new("s3cret"), &request)?;
/// let input = signed.headers["signature-input"].to_str()?;
/// assert!(input.starts_with(r#"sig1=("@method" "@target-uri" "content-digest");created="#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MessageSignature {
    algorithm: Algorithm,
    key: KeyEncoding,
    key_set: Option<&'static str>,
    key_id: Option<&'static str>,
    label: Option<&'static str>,
    tag: Option<&'static str>,
    components: &'static [Component],
    headers: &'static [&'static str],
    signs_body: bool,
    /// The window of `created`; `None` if a signature may lack it.
    created: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
enum Algorithm {
    HmacSha256,
    #[allow(dead_code, reason = "each has a feature")]
    PublicKey(SignatureAlgorithm),
}

impl Algorithm {
    /// The name in the registry of RFC 9421.
    const fn name(self) -> &'static str {
        match self {
            Self::HmacSha256 => "hmac-sha256",
            Self::PublicKey(algorithm) => match algorithm {
                #[cfg(feature = "ed25519")]
                SignatureAlgorithm::Ed25519 => "ed25519",
                #[cfg(feature = "ecdsa")]
                SignatureAlgorithm::EcdsaP256 => "ecdsa-p256-sha256",
                #[cfg(feature = "rsa")]
                SignatureAlgorithm::RsaSha256 => "rsa-v1_5-sha256",
                #[cfg(feature = "rsa")]
                SignatureAlgorithm::RsaPssSha512 => "rsa-pss-sha512",
                // There are no constructors for the others.
                #[allow(unreachable_patterns, reason = "not with every set of features")]
                _ => "",
            },
        }
    }
}

impl MessageSignature {
    const fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            key: KeyEncoding::Text,
            key_set: None,
            key_id: None,
            label: None,
            tag: None,
            components: &[],
            headers: &[],
            signs_body: true,
            // It stands in no header of its own; the name is for errors only.
            created: Some(Timestamp::header(INPUT)),
        }
    }

    /// `hmac-sha256`, with a shared secret.
    #[must_use]
    pub const fn hmac_sha256() -> Self {
        Self::new(Algorithm::HmacSha256)
    }

    /// `ed25519`.
    #[cfg(feature = "ed25519")]
    #[must_use]
    pub const fn ed25519() -> Self {
        Self::new(Algorithm::PublicKey(SignatureAlgorithm::Ed25519))
    }

    /// `ecdsa-p256-sha256`.
    #[cfg(feature = "ecdsa")]
    #[must_use]
    pub const fn ecdsa_p256_sha256() -> Self {
        Self::new(Algorithm::PublicKey(SignatureAlgorithm::EcdsaP256))
    }

    /// `rsa-v1_5-sha256`.
    #[cfg(feature = "rsa")]
    #[must_use]
    pub const fn rsa_v1_5_sha256() -> Self {
        Self::new(Algorithm::PublicKey(SignatureAlgorithm::RsaSha256))
    }

    /// `rsa-pss-sha512`.
    #[cfg(feature = "rsa")]
    #[must_use]
    pub const fn rsa_pss_sha512() -> Self {
        Self::new(Algorithm::PublicKey(SignatureAlgorithm::RsaPssSha512))
    }

    /// Sets how the text of the secret becomes the key of an HMAC. By default the text is the key.
    #[must_use]
    pub const fn key(mut self, encoding: KeyEncoding) -> Self {
        self.key = encoding;
        self
    }

    /// The key is fetched by its id (`keyid`) from a set of keys: the URL of the set, or the name of
    /// the provider if each of its customers has a set. `{id}` in a URL stands for the id, if each
    /// key has a URL. See [`KeyRequest::InSet`].
    ///
    /// # Panics
    /// If the key is a shared secret. In a constant, this is a compile error.
    #[must_use]
    pub const fn key_set(mut self, set: &'static str) -> Self {
        assert!(
            !matches!(self.algorithm, Algorithm::HmacSha256),
            "a shared secret is not published in a set of keys"
        );
        self.key_set = Some(set);
        self
    }

    /// Sets the id of the key (`keyid`) that signatures must have.
    #[must_use]
    pub const fn key_id(mut self, id: &'static str) -> Self {
        self.key_id = Some(id);
        self
    }

    /// Sets the label that the signature must have. By default it can have any.
    #[must_use]
    pub const fn label(mut self, label: &'static str) -> Self {
        self.label = Some(label);
        self
    }

    /// Sets the `tag` that signatures must have. By default they can have any or none.
    #[must_use]
    pub const fn tag(mut self, tag: &'static str) -> Self {
        self.tag = Some(tag);
        self
    }

    /// Sets the components, other than headers, that must be signed.
    #[must_use]
    pub const fn components(mut self, components: &'static [Component]) -> Self {
        self.components = components;
        self
    }

    /// Sets the headers (lower-case names) that must be signed, beside `content-digest`.
    #[must_use]
    pub const fn headers(mut self, headers: &'static [&'static str]) -> Self {
        let mut at = 0;
        while at < headers.len() {
            checked_name(headers[at]);
            at += 1;
        }
        self.headers = headers;
        self
    }

    /// The body need not be signed.
    #[must_use]
    pub const fn without_body(mut self) -> Self {
        self.signs_body = false;
        self
    }

    /// Sets how far from now the time of signing (`created`) may be: five minutes unless set.
    #[must_use]
    pub const fn tolerance(mut self, window: Duration) -> Self {
        self.created = Some(Timestamp::header(INPUT).with_tolerance(window));
        self
    }

    /// A signature need not have a time, and is valid for as long as its key, or until it says that
    /// it expires.
    #[must_use]
    pub const fn without_window(mut self) -> Self {
        self.created = None;
        self
    }

    /// The only label, what it signs, and the signature.
    fn read<'r>(&self, headers: &'r HeaderMap) -> Result<(Input<'r>, Vec<u8>), VerifyError> {
        let malformed = VerifyError::MalformedSignature(SIGNATURE);
        let input = structured::input(header_text(headers, INPUT)?);
        let input = input.ok_or(VerifyError::MalformedHeader(INPUT))?;
        let signatures = byte_sequences(header_text(headers, SIGNATURE)?).ok_or(malformed)?;
        let [(label, signature)] = <[_; 1]>::try_from(signatures).map_err(|_| malformed)?;
        if label != input.label || self.label.is_some_and(|wanted| wanted != label) {
            return Err(malformed);
        }
        Ok((input, signature))
    }

    /// Checks that the signature is of the kind that the scheme wants, and covers enough.
    fn check<'i>(&self, input: &'i Input<'_>) -> Result<Parameters<'i>, VerifyError> {
        let parameters = Parameters::read(input)?;
        let malformed = Err(VerifyError::MalformedHeader(INPUT));
        if parameters.algorithm.is_some_and(|named| named != self.algorithm.name())
            || self.tag.is_some() && parameters.tag != self.tag
        {
            return malformed;
        }
        if self.key_id.is_some() && parameters.key_id != self.key_id {
            return Err(VerifyError::UntrustedKey);
        }
        if self.created.is_some() && parameters.created.is_none() {
            return Err(VerifyError::MalformedTimestamp);
        }
        let covers = |written: &str| input.components.iter().any(|item| item.written == written);
        if self.required().all(|written| covers(&written)) { Ok(parameters) } else { malformed }
    }

    /// The components that must be signed, as signatures write them.
    fn required(&self) -> impl Iterator<Item = String> {
        let components = self.components.iter().map(|component| component.written());
        let digest = self.signs_body.then_some(digest::HEADER);
        components.chain(self.headers.iter().copied().chain(digest).map(quoted))
    }

    /// The parts that all attempts to deliver have in common: the components that must be signed, and the body
    /// in place of its digest.
    fn signed<'r>(
        &self,
        input: &Input<'_>,
        request: &SignedRequest<'r>,
    ) -> Result<Signed<'r>, VerifyError> {
        if !self.signs_body && self.components.is_empty() && self.headers.is_empty() {
            return Ok(Signed::nothing());
        }
        let mut head = String::new();
        for written in self.required() {
            let item = input.components.iter().find(|item| item.written == written);
            if let Some(item) = item.filter(|item| item.name != digest::HEADER) {
                base::push(&mut head, item, request)?;
            }
        }
        let body = if self.signs_body { request.body } else { b"" };
        Ok(Signed::joined(head.into_bytes(), body))
    }

    /// Signs a request that has these headers. [`headers`](Self::headers) names the ones that are
    /// signed. [`Provider::sign`](crate::Provider::sign) signs a request without headers.
    ///
    /// # Errors
    /// If the secret is no key that signs, or a header is missing.
    pub fn sign_with_headers<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
        headers: &HeaderMap,
    ) -> Result<SignedParts<'r>, SignError> {
        if self.key_set.is_some() {
            return Err(SignError::Unsupported);
        }
        let mut all = headers.clone();
        let mut made = HeaderMap::new();
        if self.signs_body {
            let digest = digest::sha256(request.body);
            let digest = digest.parse().map_err(|_| SignError::Header(digest::HEADER))?;
            all.insert(digest::HEADER, digest);
            made.insert(digest::HEADER, all[digest::HEADER].clone());
        }
        let components: Vec<String> = self.required().collect();
        let created = request.unix_millis() / 1000;
        let mut input = format!("({});created={created}", components.join(" "));
        for (name, value) in
            [("keyid", self.key_id), ("alg", Some(self.algorithm.name())), ("tag", self.tag)]
        {
            if let Some(value) = value {
                input.extend([";", name, "=", &quoted(value)]);
            }
        }
        let label = self.label.unwrap_or(LABEL);
        let input = format!("{label}={input}");
        let parsed = structured::input(&input).ok_or(SignError::Header(INPUT))?;
        let sent = SignedRequest {
            method: request.method,
            url: request.url,
            headers: &all,
            query: "",
            body: request.body,
        };
        let missing = self.headers.iter().find(|name| !all.contains_key(**name));
        let base = base::signature_base(&parsed, &sent)
            .map_err(|_| SignError::Header(missing.copied().unwrap_or(INPUT)))?;
        let signature = self.signature(secret, base.as_bytes()).map_err(SignError::Secret)?;
        let signature = format!("{label}=:{}:", Base64::encode_string(&signature));
        made.insert(INPUT, input.parse().map_err(|_| SignError::Header(INPUT))?);
        insert_header(&mut made, SIGNATURE, &signature)?;
        Ok(SignedParts::new(made, request))
    }

    fn signature(&self, secret: &Secret, base: &[u8]) -> Result<Vec<u8>, SecretError> {
        match self.algorithm {
            Algorithm::HmacSha256 => {
                let key = self.key.decode(secret)?;
                Ok(Hash::Sha256.hmac(&key, &[base]).as_bytes().to_vec())
            }
            Algorithm::PublicKey(algorithm) => algorithm.sign(secret, base),
        }
    }

    /// True if the key made this signature.
    fn matches(
        &self,
        parameters: &Parameters<'_>,
        base: &[u8],
        signature: &[u8],
        context: &VerifyContext<'_>,
    ) -> Result<bool, VerifyError> {
        let algorithm = match self.algorithm {
            Algorithm::HmacSha256 => {
                let key = self.key.decode(context.secret).map_err(VerifyError::InvalidSecret)?;
                return Ok(Hash::Sha256.hmac(&key, &[base]).matches(signature));
            }
            Algorithm::PublicKey(algorithm) => algorithm,
        };
        let (document, id) = if self.key_set.is_some() {
            (context.key.ok_or(VerifyError::KeyUnavailable)?, parameters.key_id)
        } else {
            (context.secret.expose(), None)
        };
        let wanted = Wanted { id, algorithm, is_chosen: false, now: context.now };
        published::verify(document, wanted, base, signature)
    }
}

impl Verify for MessageSignature {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            needs_secret: self.key_set.is_none(),
            fetches_keys: self.key_set.is_some(),
            signs_url: self.components.iter().any(|component| component.is_of_url()),
            signs_body: self.signs_body,
            signed_headers: self.headers,
            signs_time: true,
            signs_method: self.components.contains(&Component::Method),
            replay_window: match self.created.and_then(|created| created.max_age()) {
                Some(window) => ReplayWindow::Limited(window),
                None => ReplayWindow::UntilOptionalExpiry,
            },
            ..SchemeInfo::new("HTTP message signature", SIGNATURE)
        }
    }

    fn check_secret(&self, secret: &Secret) -> Result<(), SecretError> {
        match self.algorithm {
            Algorithm::HmacSha256 => self.key.decode(secret).map(drop),
            Algorithm::PublicKey(_) if self.key_set.is_some() => Ok(()),
            Algorithm::PublicKey(algorithm) => published::check(secret, algorithm),
        }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        let (input, _) = self.read(headers)?;
        self.check(&input).map(drop)
    }

    fn key_request(&self, request: &SignedRequest<'_>) -> Result<Option<KeyRequest>, VerifyError> {
        let Some(set) = self.key_set else { return Ok(None) };
        let (input, _) = self.read(request.headers)?;
        let id = self.check(&input)?.key_id.ok_or(VerifyError::UntrustedKey)?;
        Ok(Some(KeyRequest::InSet { set, id: Some(id.to_owned()) }))
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let (input, signature) = self.read(request.headers)?;
        let parameters = self.check(&input)?;
        let base = base::signature_base(&input, request)?;
        if !self.matches(&parameters, base.as_bytes(), &signature, context)? {
            return Err(VerifyError::InvalidSignature);
        }
        // The signature covers the digest, and the digest the body.
        if input.components.iter().any(|item| item.name == digest::HEADER) {
            digest::check(request.headers, request.body)?;
        }
        parameters.check_expiry(context.now)?;
        let window = match context.tolerance {
            Some(window) => Some(Timestamp::header(INPUT).with_tolerance(window)),
            None => self.created,
        };
        let created = match (window, parameters.created) {
            (Some(window), Some(created)) => {
                Some(window.accept_millis(created.saturating_mul(1000), context.now)?)
            }
            (Some(_), None) => return Err(VerifyError::MalformedTimestamp),
            (None, _) => None,
        };
        Ok(self.signed(&input, request)?.at(created))
    }

    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        self.sign_with_headers(secret, request, &HeaderMap::new())
    }
}
