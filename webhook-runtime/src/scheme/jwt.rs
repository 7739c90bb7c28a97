//! JSON web tokens (RFC 7519) as signatures: the token signs claims, and claims bind the request.
//!
//! Header and claims are parsed by `jsonwebtoken`. The signature is checked with the keys that all
//! schemes use, so that no second set of cryptographic libraries is linked, and none has to be
//! chosen for the whole program.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use http::{HeaderMap, Uri};
use jsonwebtoken::{Algorithm, Header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    Hash, Incoming, Means, Outgoing, SignError, Signed, Timestamp, Traits, Validity, Verify,
    VerifyError, WantedKey, header_text, insert_header, verify::unix_millis,
};
use crate::secret::{Secret, SecretError};

/// How far a token's clock may be ahead of ours.
const LEEWAY: u64 = 5;

/// A scheme whose signature is a JSON web token: a constant, like a [`Scheme`](super::Scheme), for
/// [`Provider::custom`](crate::Provider::custom).
///
/// The algorithms are pinned here; what a token says of its own algorithm only has to agree. `exp`
/// and `nbf` are heeded wherever they are given.
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
    header: &'static str,
    prefix: &'static str,
    algorithms: &'static [Algorithm],
    issuer: Option<&'static str>,
    issuer_in_secret: bool,
    audience_is_url: bool,
    expires: bool,
    needs_id: bool,
    issued_within: Option<Duration>,
    body_hash: Option<(&'static str, BodyHash)>,
    optional_without_body: bool,
    url_hash: Option<&'static str>,
    request_hash: Option<&'static str>,
}

/// How a claim writes the SHA-256 of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyHash {
    /// Lower-case hex.
    Hex,
    /// Padded base64.
    Base64,
}

impl Jwt {
    const fn new(header: &'static str, algorithms: &'static [Algorithm]) -> Self {
        Self {
            header: super::checked_name(header),
            prefix: "",
            algorithms,
            issuer: None,
            issuer_in_secret: false,
            audience_is_url: false,
            expires: false,
            needs_id: false,
            issued_within: None,
            body_hash: None,
            optional_without_body: false,
            url_hash: None,
            request_hash: None,
        }
    }

    /// HMAC-SHA256, in the (lower-case) header.
    #[must_use]
    pub const fn hs256(header: &'static str) -> Self {
        Self::new(header, &[Algorithm::HS256])
    }

    /// HMAC with SHA-256, -384 or -512, as the token says, in the (lower-case) header.
    #[must_use]
    pub const fn hs(header: &'static str) -> Self {
        Self::new(header, &[Algorithm::HS256, Algorithm::HS384, Algorithm::HS512])
    }

    /// ECDSA over P-256, in the (lower-case) header. The public key, a JWK, is fetched by the `kid`
    /// that the token names.
    #[cfg(feature = "ecdsa")]
    #[must_use]
    pub const fn es256(header: &'static str) -> Self {
        Self::new(header, &[Algorithm::ES256])
    }

    /// What stands before the token, such as `JWT `.
    #[must_use]
    pub const fn prefix(mut self, prefix: &'static str) -> Self {
        self.prefix = prefix;
        self
    }

    /// The only issuer.
    #[must_use]
    pub const fn issuer(mut self, issuer: &'static str) -> Self {
        self.issuer = Some(issuer);
        self
    }

    /// The secret is `issuer:key`, or the key alone, which admits any issuer.
    #[must_use]
    pub const fn issuer_in_secret(mut self) -> Self {
        self.issuer_in_secret = true;
        self
    }

    /// The audience is the public URL of the endpoint.
    #[must_use]
    pub const fn audience_is_url(mut self) -> Self {
        self.audience_is_url = true;
        self
    }

    /// The token has to say when it expires.
    #[must_use]
    pub const fn expires(mut self) -> Self {
        self.expires = true;
        self
    }

    /// The token has to have an id (`jti`).
    #[must_use]
    pub const fn has_id(mut self) -> Self {
        self.needs_id = true;
        self
    }

    /// The token has to have been issued this lately.
    #[must_use]
    pub const fn issued_within(mut self, window: Duration) -> Self {
        self.issued_within = Some(window);
        self
    }

    /// The claim that holds the SHA-256 of the body.
    #[must_use]
    pub const fn body_sha256(mut self, claim: &'static str, written: BodyHash) -> Self {
        self.body_hash = Some((claim, written));
        self
    }

    /// The claim about the body is there exactly when there is a body.
    #[must_use]
    pub const fn only_with_body(mut self) -> Self {
        self.optional_without_body = true;
        self
    }

    /// The claim that holds the hex SHA-256 of the public URL.
    #[must_use]
    pub const fn url_sha256(mut self, claim: &'static str) -> Self {
        self.url_hash = Some(claim);
        self
    }

    /// The claim that holds the hex SHA-256 of method, path and sorted query (Atlassian's `qsh`).
    #[must_use]
    pub const fn request_sha256(mut self, claim: &'static str) -> Self {
        self.request_hash = Some(claim);
        self
    }

    const fn signs_url(&self) -> bool {
        self.audience_is_url || self.url_hash.is_some() || self.request_hash.is_some()
    }

    fn fetches_key(&self) -> bool {
        self.algorithms.contains(&Algorithm::ES256)
    }

    fn token<'r>(&self, headers: &'r HeaderMap) -> Result<&'r str, VerifyError> {
        header_text(headers, self.header)?
            .strip_prefix(self.prefix)
            .ok_or(VerifyError::MalformedSignature(self.header))
    }

    /// The token's header, if its algorithm is one of ours.
    fn header_of(&self, token: &str) -> Result<Header, VerifyError> {
        let malformed = VerifyError::MalformedSignature(self.header);
        if token.split('.').count() != 3 {
            return Err(malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| malformed)?;
        if self.algorithms.contains(&header.alg) { Ok(header) } else { Err(malformed) }
    }

    /// Issuer and key, where the secret holds both.
    fn split<'s>(&self, secret: &'s Secret) -> (Option<&'s str>, &'s [u8]) {
        if self.issuer_in_secret
            && let Some((issuer, key)) = secret.text().and_then(|text| text.split_once(':'))
        {
            return (Some(issuer), key.as_bytes());
        }
        (None, secret.expose())
    }

    fn check_claims(
        &self,
        claims: &Map<String, Value>,
        issuer: Option<&str>,
        request: &Incoming<'_>,
        means: &Means<'_>,
    ) -> Result<Option<SystemTime>, VerifyError> {
        let now = unix_millis(means.now) / 1000;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let number = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or(VerifyError::MalformedTimestamp),
        };
        if let Some(issuer) = issuer.or(self.issuer)
            && text("iss") != Some(issuer)
        {
            return Err(VerifyError::OtherAudience);
        }
        if self.audience_is_url && text("aud") != Some(request.url) {
            return Err(VerifyError::OtherAudience);
        }
        if self.needs_id && text("jti").is_none() {
            return Err(VerifyError::MalformedSignature(self.header));
        }
        match number("exp")? {
            None if self.expires => return Err(VerifyError::MalformedTimestamp),
            Some(expires) if expires <= now => return Err(VerifyError::Stale),
            _ => {}
        }
        if number("nbf")?.is_some_and(|start| start > now.saturating_add(LEEWAY)) {
            return Err(VerifyError::Ahead);
        }
        let (body_claim, body) = (self.body_hash, request.body);
        if let Some((claim, written)) = body_claim {
            match text(claim) {
                Some(hash) if is_hash(hash, written, body) => {}
                None if self.optional_without_body && body.is_empty() => {}
                _ => return Err(VerifyError::NoMatch),
            }
            // A claim about a body that did not come.
            if self.optional_without_body && body.is_empty() && text(claim).is_some() {
                return Err(VerifyError::NoMatch);
            }
        }
        let is_hash_of = |claim: Option<&str>, of: &[u8]| {
            claim.is_some_and(|hash| is_hash(hash, BodyHash::Hex, of))
        };
        if let Some(claim) = self.url_hash
            && !is_hash_of(text(claim), request.url.as_bytes())
        {
            return Err(VerifyError::OtherAudience);
        }
        if let Some(claim) = self.request_hash {
            let canonical = canonical_request(request.method, request.url);
            let canonical = canonical.ok_or(VerifyError::OtherAudience)?;
            if !is_hash_of(text(claim), canonical.as_bytes()) {
                return Err(VerifyError::OtherAudience);
            }
        }
        let signed_at = number("iat")?.and_then(|seconds| seconds.checked_mul(1000));
        match (means.tolerance.or(self.issued_within), signed_at) {
            (Some(window), Some(at)) => {
                Timestamp::header("iat").tolerance(window).judge_millis(at, means.now).map(Some)
            }
            (Some(_), None) => Err(VerifyError::MalformedTimestamp),
            (None, at) => Ok(at.and_then(|at| UNIX_EPOCH.checked_add(Duration::from_millis(at)))),
        }
    }
}

impl Verify for Jwt {
    fn traits(&self) -> Traits {
        let fetches_key = self.fetches_key();
        let summary = if fetches_key { "JSON web token, ES256" } else { "JSON web token, HMAC" };
        Traits {
            needs_secret: !fetches_key,
            fetches_keys: fetches_key,
            signs_url: self.signs_url(),
            signs_body: self.body_hash.is_some(),
            signs_time: true,
            signs_method: self.request_hash.is_some(),
            validity: match self.issued_within {
                Some(window) => Validity::Window(window),
                None if self.expires => Validity::Expires,
                None => Validity::MayExpire,
            },
            ..Traits::new(summary, self.header)
        }
    }

    fn check_secret(&self, secret: &Secret) -> Result<(), SecretError> {
        let (_, key) = self.split(secret);
        if key.trim_ascii().is_empty() { Err(SecretError::Blank) } else { Ok(()) }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        self.header_of(self.token(headers)?).map(drop)
    }

    fn wanted_key(&self, request: &Incoming<'_>) -> Result<Option<WantedKey>, VerifyError> {
        if !self.fetches_key() {
            return Ok(None);
        }
        let header = self.header_of(self.token(request.headers)?)?;
        header.kid.map(|kid| Some(WantedKey::Id(kid))).ok_or(VerifyError::ForeignKey)
    }

    fn verify(
        &self,
        request: &Incoming<'_>,
        means: &Means<'_>,
    ) -> Result<Option<SystemTime>, VerifyError> {
        let malformed = VerifyError::MalformedSignature(self.header);
        let token = self.token(request.headers)?;
        let header = self.header_of(token)?;
        let (message, signature) = token.rsplit_once('.').ok_or(malformed)?;
        let signature = Base64UrlUnpadded::decode_vec(signature).map_err(|_| malformed)?;
        let (issuer, key) = self.split(means.secret);
        let hmac = |hash: Hash| hash.hmac(key, &[message.as_bytes()]).matches(&signature);
        let matches = match header.alg {
            Algorithm::HS256 => hmac(Hash::Sha256),
            Algorithm::HS384 => hmac(Hash::Sha384),
            Algorithm::HS512 => hmac(Hash::Sha512),
            #[cfg(feature = "ecdsa")]
            Algorithm::ES256 => es256(
                means.key.ok_or(VerifyError::KeyUnavailable)?,
                message.as_bytes(),
                &signature,
            )?,
            _ => false,
        };
        if !matches {
            return Err(VerifyError::NoMatch);
        }
        let token = jsonwebtoken::dangerous::insecure_decode::<Map<String, Value>>(token)
            .map_err(|_| malformed)?;
        self.check_claims(&token.claims, issuer, request, means)
    }

    fn sign<'r>(&self, secret: &Secret, request: &Outgoing<'r>) -> Result<Signed<'r>, SignError> {
        if self.fetches_key() {
            return Err(SignError::Impossible);
        }
        let (issuer, key) = self.split(secret);
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
        if let Some((name, written)) = self.body_hash
            && !(self.optional_without_body && request.body.is_empty())
        {
            let hash = Sha256::digest(request.body);
            let hash = match written {
                BodyHash::Hex => base16ct::lower::encode_string(&hash),
                BodyHash::Base64 => Base64::encode_string(&hash),
            };
            claim(name, hash.into());
        }
        let hex = |text: &str| base16ct::lower::encode_string(&Sha256::digest(text));
        if let Some(name) = self.url_hash {
            claim(name, hex(request.url).into());
        }
        if let Some(name) = self.request_hash {
            let canonical = canonical_request(request.method, request.url);
            claim(name, hex(&canonical.unwrap_or_default()).into());
        }
        let part = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
        let claims = Value::Object(claims).to_string();
        let message = format!("{}.{}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(&claims));
        let tag = Hash::Sha256.hmac(key, &[message.as_bytes()]);
        let signature = Base64UrlUnpadded::encode_string(tag.as_bytes());
        let mut headers = HeaderMap::new();
        let value = format!("{}{message}.{signature}", self.prefix);
        insert_header(&mut headers, self.header, &value)?;
        Ok(Signed::new(headers, request))
    }
}

/// Whether a P-256 key, a JWK, made this signature (`r` and `s`, 32 bytes each).
#[cfg(feature = "ecdsa")]
fn es256(jwk: &[u8], message: &[u8], signature: &[u8]) -> Result<bool, VerifyError> {
    use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
    use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};

    let bad = VerifyError::KeyUnavailable;
    let jwk: Jwk = serde_json::from_slice(jwk).map_err(|_| bad)?;
    let AlgorithmParameters::EllipticCurve(point) = jwk.algorithm else { return Err(bad) };
    if point.curve != EllipticCurve::P256 {
        return Err(bad);
    }
    let coordinate = |text: &str| Base64UrlUnpadded::decode_vec(text).map_err(|_| bad);
    let mut sec1 = vec![4];
    sec1.extend(coordinate(&point.x)?);
    sec1.extend(coordinate(&point.y)?);
    let key = VerifyingKey::from_sec1_bytes(&sec1).map_err(|_| bad)?;
    Ok(Signature::from_slice(signature)
        .is_ok_and(|signature| key.verify(message, &signature).is_ok()))
}

fn is_hash(claim: &str, written: BodyHash, of: &[u8]) -> bool {
    let mut buffer = [0; 32];
    let sent = match written {
        BodyHash::Hex => base16ct::lower::decode(claim, &mut buffer).ok(),
        BodyHash::Base64 => Base64::decode(claim, &mut buffer).ok(),
    };
    sent.is_some_and(|sent| Sha256::digest(of).as_slice().ct_eq(sent).into())
}

/// Atlassian's canonical request: method, path, and the sorted query without `jwt`.
fn canonical_request(method: &str, url: &str) -> Option<String> {
    const UNRESERVED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let uri = url.parse::<Uri>().ok()?;
    let path = uri.path().trim_end_matches('/').replace('&', "%26");
    let path = if path.is_empty() { "/" } else { &path };
    let mut query: Vec<(String, String)> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decode = |text: &str| {
                percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
            };
            (decode(name), decode(value))
        })
        .filter(|(name, _)| name != "jwt")
        .collect();
    query.sort();
    let mut joined = String::new();
    let mut last: Option<&str> = None;
    for (name, value) in &query {
        // The values of a repeated name are joined by commas.
        if last == Some(name) {
            joined.push(',');
        } else {
            if last.is_some() {
                joined.push('&');
            }
            joined.push_str(&encode(name));
            joined.push('=');
        }
        joined.push_str(&encode(value));
        last = Some(name);
    }
    Some(format!("{method}&{path}&{joined}"))
}
