//! A scheme prepared for one endpoint. It reads the head of a request once into claims, and
//! verifies the claims.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use http::HeaderMap;

use super::{
    KeyRequest, Scheme, Signed, SignedRequest, Verified, Verify, VerifyContext, VerifyError,
    grammar::{self, HeaderNames},
    key::Key,
    sensitive_headers,
    template::{Template, Values},
    verify::{HeadClaims, is_opaque_token},
};
use crate::verify::{Secret, SecretError};

/// The scheme of a provider: as data, or as code.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::large_enum_variant, reason = "in constants")]
pub(crate) enum Mechanism {
    Data(Scheme),
    Code(&'static dyn Verify),
}

/// A scheme with the settings of one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Verifier {
    mechanism: Mechanism,
    names: HeaderNames,
    /// The names of a second family of headers.
    alternative_names: Option<HeaderNames>,
    tolerance: Option<Duration>,
    /// True if unsigned handshakes get the signature of a challenge: opaque tokens are then
    /// rejected as deliveries.
    rejects_tokens: bool,
    /// True if the identity of a delivery is wanted.
    wants_identity: bool,
}

/// The prepared secrets of a scheme.
#[derive(Clone)]
pub(crate) enum Keys {
    Data(Vec<(Cow<'static, str>, Key)>),
    Code(Vec<Secret>),
}

impl Verifier {
    /// Returns `None` for a tolerance without a signed time.
    pub(crate) fn new(
        mechanism: &Mechanism,
        tolerance: Option<Duration>,
        rejects_tokens: bool,
    ) -> Option<Self> {
        let mechanism = match (mechanism, tolerance) {
            (Mechanism::Data(scheme), Some(window)) => {
                Mechanism::Data(scheme.with_tolerance(window)?)
            }
            (Mechanism::Code(code), Some(_)) if !code.scheme_info().signs_time => return None,
            (mechanism, _) => *mechanism,
        };
        let (names, alternative_names) = match &mechanism {
            Mechanism::Data(scheme) => (scheme.header_names(), scheme.alternative_names()),
            Mechanism::Code(_) => (HeaderNames::default(), None),
        };
        Some(Self {
            mechanism,
            names,
            alternative_names,
            tolerance,
            rejects_tokens,
            wants_identity: false,
        })
    }

    /// Computes the identity of each verified delivery.
    pub(crate) fn with_identity(mut self) -> Self {
        self.wants_identity = true;
        self
    }

    /// Prepares every secret, or returns every error with the name of its secret.
    pub(crate) fn prepare(
        &self,
        secrets: &[Secret],
    ) -> Result<Keys, Vec<(Cow<'static, str>, SecretError)>> {
        let mut problems = Vec::new();
        let mut record = |secret: &Secret, error| problems.push((secret.name_cow(), error));
        let keys = match &self.mechanism {
            Mechanism::Data(scheme) => Keys::Data(
                secrets
                    .iter()
                    .filter_map(|secret| match Key::prepare(scheme.algorithm, scheme.key, secret) {
                        Ok(key) => Some((secret.name_cow(), key)),
                        Err(error) => {
                            record(secret, error);
                            None
                        }
                    })
                    .collect(),
            ),
            Mechanism::Code(code) => {
                for secret in secrets {
                    let checked = if secret.is_blank() {
                        Err(SecretError::Blank)
                    } else {
                        code.check_secret(secret)
                    };
                    if let Err(error) = checked {
                        record(secret, error);
                    }
                }
                Keys::Code(secrets.to_vec())
            }
        };
        if problems.is_empty() { Ok(keys) } else { Err(problems) }
    }

    /// Reads the claims in the head of a request, before the body is read.
    pub(crate) fn read_head<'r>(
        &'r self,
        headers: &'r HeaderMap,
        query: &'r str,
    ) -> Result<Claims<'r>, VerifyError> {
        let claims = match &self.mechanism {
            Mechanism::Data(scheme) => {
                ParsedHead::Data(scheme, scheme.read_head(self.names_in(headers), headers, query)?)
            }
            Mechanism::Code(code) => {
                code.check_headers(headers)?;
                ParsedHead::Code(*code)
            }
        };
        Ok(Claims { verifier: self, claimed: claims })
    }

    /// The names of the family that the request uses: the second one, if its signature was sent.
    fn names_in(&self, headers: &HeaderMap) -> &HeaderNames {
        self.alternative_names
            .as_ref()
            .filter(|names| names.signatures.iter().any(|name| headers.contains_key(name)))
            .unwrap_or(&self.names)
    }

    /// Gives the headers of a verified request the names that the provider's fields have.
    pub(crate) fn unify_headers(&self, headers: &mut HeaderMap) {
        if let Mechanism::Data(scheme) = &self.mechanism {
            scheme.unify_headers(headers);
        }
    }

    /// Marks the headers with credentials as sensitive, so that `Debug` hides them.
    pub(crate) fn mark_sensitive(&self, headers: &mut HeaderMap) {
        for name in self.alternative_names.iter().flat_map(|names| &names.signatures) {
            grammar::mark_sensitive(headers, name.as_str());
        }
        match &self.mechanism {
            Mechanism::Data(scheme) => scheme.placement.mark_sensitive(headers),
            Mechanism::Code(code) => {
                grammar::mark_sensitive(headers, code.scheme_info().signature_header);
            }
        }
        sensitive_headers::mark_sensitive(headers);
    }

    /// The key to fetch before this request can be verified.
    pub(crate) fn key_request(
        &self,
        request: &SignedRequest<'_>,
    ) -> Result<Option<KeyRequest>, VerifyError> {
        match &self.mechanism {
            Mechanism::Data(_) => Ok(None),
            Mechanism::Code(code) => code.key_request(request),
        }
    }

    /// The time of signing that a request claims, if the scheme is data.
    #[cfg(feature = "testing")]
    pub(crate) fn claimed_time(&self, request: &SignedRequest<'_>) -> Option<SystemTime> {
        let Mechanism::Data(scheme) = &self.mechanism else { return None };
        let names = self.names_in(request.headers);
        let head = scheme.read_head(names, request.headers, request.query).ok()?;
        scheme.claimed_time(&head, request.body)
    }

    /// Reads the head of a request, and verifies the request.
    pub(crate) fn verify(
        &self,
        request: &SignedRequest<'_>,
        keys: &Keys,
        key: Option<&[u8]>,
        now: SystemTime,
    ) -> Result<Verified, VerifyError> {
        self.read_head(request.headers, request.query)?.verify(request, keys, key, now)
    }
}

/// The claims in the head of a request. They are untrusted until [`verify`](Self::verify) has
/// compared them with the body and the secrets.
pub(crate) struct Claims<'r> {
    verifier: &'r Verifier,
    claimed: ParsedHead<'r>,
}

#[allow(clippy::large_enum_variant, reason = "it stays where it was made")]
enum ParsedHead<'r> {
    Data(&'r Scheme, HeadClaims<'r>),
    Code(&'static dyn Verify),
}

impl Claims<'_> {
    /// Checks that a signature is well formed, as it is in every request that verifies.
    pub(crate) fn check_format(&self) -> Result<(), VerifyError> {
        match &self.claimed {
            ParsedHead::Data(scheme, head) => scheme.check_format(&head.signatures),
            ParsedHead::Code(_) => Ok(()),
        }
    }

    /// Verifies that one of the secrets signed the request with this head, and that the signed time
    /// is recent.
    pub(crate) fn verify(
        &self,
        request: &SignedRequest<'_>,
        keys: &Keys,
        key: Option<&[u8]>,
        now: SystemTime,
    ) -> Result<Verified, VerifyError> {
        if self.verifier.rejects_tokens && is_opaque_token(request.body) {
            return Err(VerifyError::MalformedBody);
        }
        let wants_identity = self.verifier.wants_identity;
        match (&self.claimed, keys) {
            (ParsedHead::Data(scheme, head), Keys::Data(keys)) => {
                scheme.verify(head, request, keys, now, wants_identity).or_else(|error| {
                    // A malformed signature is reported before any other error. A signature that
                    // matched is well formed.
                    scheme.check_format(&head.signatures)?;
                    Err(error)
                })
            }
            (ParsedHead::Code(code), Keys::Code(secrets)) => {
                let tolerance = self.verifier.tolerance;
                let context = VerifyContext { secret: &NO_SECRET, key, now, tolerance };
                let verified = verify_by_code(*code, request, secrets, context);
                verified.map(|(secret_name, mut signed)| {
                    let identity = wants_identity.then(|| signed.identity());
                    let (signed_at, signed_field) = (signed.time(), signed.take_payload());
                    Verified { secret_name, signed_at, identity, signed_field }
                })
            }
            // Unreachable: a verifier only uses keys that it prepared itself.
            _ => Err(VerifyError::InvalidSignature),
        }
    }
}

/// A placeholder for schemes without a secret.
static NO_SECRET: Secret = Secret::none();

/// Returns the name of the secret, and what was signed.
fn verify_by_code<'r>(
    code: &dyn Verify,
    request: &SignedRequest<'r>,
    secrets: &[Secret],
    context: VerifyContext<'_>,
) -> Result<(Cow<'static, str>, Signed<'r>), VerifyError> {
    if !code.scheme_info().needs_secret {
        return Ok((NO_SECRET.name_cow(), code.verify(request, &context)?));
    }
    for secret in secrets {
        match code.verify(request, &VerifyContext { secret, ..context }) {
            Ok(signed) => return Ok((secret.name_cow(), signed)),
            Err(VerifyError::InvalidSignature) => {}
            Err(error) => return Err(error),
        }
    }
    Err(VerifyError::InvalidSignature)
}

impl Keys {
    /// The HMAC-SHA256 of a text with the first secret, for handshakes.
    pub(crate) fn hmac_sha256(&self, text: &[u8]) -> Option<[u8; 32]> {
        let values = Values { body: text, ..Values::default() };
        match self {
            Self::Data(keys) => match keys.first()? {
                (_, key @ Key::HmacSha256(_)) => {
                    key.tag(&Template::BODY, &values)?.as_bytes().try_into().ok()
                }
                _ => None,
            },
            Self::Code(_) => None,
        }
    }
}
