//! Verification: a pure function of a request, the secrets and the time.

use std::{
    borrow::Cow,
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::HeaderMap;

use super::{
    Means, Scheme, Verify, VerifyError, WantedKey,
    encoding::MAX_SIGNATURE,
    grammar::{self, Claimed},
    key::Key,
    template::{Template, Values},
    timestamp::Place,
};
use crate::{
    json,
    secret::{Secret, SecretError},
};

/// A request as it arrived, not yet believed.
#[derive(Clone, Copy)]
pub struct Incoming<'r> {
    /// The method, in upper case.
    pub method: &'r str,
    /// The URL as the provider knows it, from configuration and never from the request's own
    /// headers. Empty where the scheme does not sign it.
    pub url: &'r str,
    /// The headers.
    pub headers: &'r HeaderMap,
    /// The query of the request, as sent and without the `?`.
    pub query: &'r str,
    /// The raw bytes of the body, as on the wire.
    pub body: &'r [u8],
}

/// Shows neither headers nor body: they may hold secrets.
impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("method", &self.method)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Incoming<'_> {
    /// Whether the body says that it is a form.
    #[must_use]
    pub fn is_form(&self) -> bool {
        is_form(self.headers)
    }
}

pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(
        |value| {
            let essence = value.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        },
    )
}

/// What verification found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The name of the secret that made the signature.
    pub secret: Cow<'static, str>,
    /// When the provider signed, where the scheme signs a time.
    pub timestamp: Option<SystemTime>,
}

/// How a provider is verified: by data, or by code.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::large_enum_variant, reason = "in constants")]
pub(crate) enum Mechanism {
    Data(Scheme),
    Code(&'static dyn Verify),
}

/// A mechanism as one endpoint uses it.
#[derive(Clone, Debug)]
pub(crate) struct Verifier {
    mechanism: Mechanism,
    tolerance: Option<Duration>,
}

/// Secrets made ready for a mechanism, once.
#[derive(Clone)]
pub(crate) enum Keys {
    Data(Vec<(Cow<'static, str>, Key)>),
    Code(Vec<Secret>),
}

impl Verifier {
    /// `None` when a window is asked for, but no time is signed.
    pub(crate) fn new(mechanism: &Mechanism, tolerance: Option<Duration>) -> Option<Self> {
        let mechanism = match (mechanism, tolerance) {
            (Mechanism::Data(scheme), Some(window)) => {
                Mechanism::Data(scheme.with_tolerance(window)?)
            }
            (Mechanism::Code(code), Some(_)) if !code.traits().signs_time => return None,
            (mechanism, _) => *mechanism,
        };
        Some(Self { mechanism, tolerance })
    }

    /// Prepares every secret, or says by name what is wrong with which.
    pub(crate) fn prepare(
        &self,
        secrets: &[Secret],
    ) -> Result<Keys, Vec<(Cow<'static, str>, SecretError)>> {
        let mut problems = Vec::new();
        let mut noted = |secret: &Secret, error| problems.push((secret.shared_name(), error));
        let keys = match &self.mechanism {
            Mechanism::Data(scheme) => Keys::Data(
                secrets
                    .iter()
                    .filter_map(|secret| match Key::prepare(scheme.algorithm, scheme.key, secret) {
                        Ok(key) => Some((secret.shared_name(), key)),
                        Err(error) => {
                            noted(secret, error);
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
                        noted(secret, error);
                    }
                }
                Keys::Code(secrets.to_vec())
            }
        };
        if problems.is_empty() { Ok(keys) } else { Err(problems) }
    }

    /// What can be refused before a byte of the body is read. `query` is that of the request.
    pub(crate) fn check_headers(
        &self,
        headers: &HeaderMap,
        query: &str,
    ) -> Result<(), VerifyError> {
        match &self.mechanism {
            Mechanism::Data(scheme) => {
                let claimed = scheme.claims(headers, query)?;
                scheme.timestamp_text(headers, &claimed)?;
                scheme.id(headers)?;
                Ok(())
            }
            Mechanism::Code(code) => code.check_headers(headers),
        }
    }

    /// Marks the headers that prove a request, so that no `Debug` of the headers shows them.
    pub(crate) fn hide(&self, headers: &mut HeaderMap) {
        match &self.mechanism {
            Mechanism::Data(scheme) => scheme.placement.hide(headers),
            Mechanism::Code(code) => grammar::hide(headers, code.traits().header),
        }
    }

    /// The key that has to be fetched before this request can be verified.
    pub(crate) fn wanted_key(
        &self,
        request: &Incoming<'_>,
    ) -> Result<Option<WantedKey>, VerifyError> {
        match &self.mechanism {
            Mechanism::Data(_) => Ok(None),
            Mechanism::Code(code) => code.wanted_key(request),
        }
    }

    /// Whether a live secret signed this request, and whether it did so lately.
    pub(crate) fn verify(
        &self,
        request: &Incoming<'_>,
        keys: &Keys,
        key: Option<&[u8]>,
        now: SystemTime,
    ) -> Result<Proof, VerifyError> {
        match (&self.mechanism, keys) {
            (Mechanism::Data(scheme), Keys::Data(keys)) => scheme.verify(request, keys, now),
            (Mechanism::Code(code), Keys::Code(secrets)) => {
                let tolerance = self.tolerance;
                verify_by_code(
                    *code,
                    request,
                    secrets,
                    Means { secret: &NONE, key, now, tolerance },
                )
            }
            // Keys are prepared by the verifier that uses them.
            _ => Err(VerifyError::NoMatch),
        }
    }
}

/// Stands for the secret of schemes that have none.
static NONE: Secret = Secret::none();

fn verify_by_code(
    code: &dyn Verify,
    request: &Incoming<'_>,
    secrets: &[Secret],
    means: Means<'_>,
) -> Result<Proof, VerifyError> {
    code.check_headers(request.headers)?;
    if !code.traits().needs_secret {
        let timestamp = code.verify(request, &means)?;
        return Ok(Proof { secret: NONE.shared_name(), timestamp });
    }
    for secret in secrets {
        match code.verify(request, &Means { secret, ..means }) {
            Ok(timestamp) => return Ok(Proof { secret: secret.shared_name(), timestamp }),
            Err(VerifyError::NoMatch) => {}
            Err(error) => return Err(error),
        }
    }
    Err(VerifyError::NoMatch)
}

impl Keys {
    /// The HMAC-SHA256 of a text with the first secret, for handshakes that ask for one.
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

impl Scheme {
    fn verify(
        &self,
        request: &Incoming<'_>,
        keys: &[(Cow<'static, str>, Key)],
        now: SystemTime,
    ) -> Result<Proof, VerifyError> {
        let claimed = self.claims(request.headers, request.query)?;
        let sent_timestamp = self.timestamp_text(request.headers, &claimed)?;
        let body = self.signed_body(request)?;
        let values = Values {
            id: self.id(request.headers)?,
            timestamp: sent_timestamp.unwrap_or_default(),
            method: request.method,
            url: request.url,
            body: &body,
            secret: &[],
        };
        let secret = self.matching(&claimed, &values, keys).ok_or(VerifyError::NoMatch)?;
        let timestamp = self.timestamp_within(sent_timestamp, request.body, now)?;
        Ok(Proof { secret, timestamp })
    }

    fn matching(
        &self,
        claimed: &Claimed<'_>,
        values: &Values<'_>,
        keys: &[(Cow<'static, str>, Key)],
    ) -> Option<Cow<'static, str>> {
        let mut buffer = [0; MAX_SIGNATURE];
        for (at, (name, key)) in keys.iter().enumerate() {
            let tag = key.tag(&self.template, values);
            for signature in claimed.signatures() {
                if signature.secret.is_some_and(|secret| secret != at) {
                    continue;
                }
                let matches = if self.algorithm.is_credential() {
                    key.is_token(signature.text.as_bytes())
                } else {
                    let sent = self.encoding.decode(signature.text, &mut buffer);
                    sent.is_some_and(|sent| match &tag {
                        Some(tag) => tag.matches(sent),
                        None => key.confirms(&self.template, values, sent),
                    })
                };
                if matches {
                    return Some(name.clone());
                }
            }
        }
        None
    }

    /// What stands for `{body}`: the raw body, or the form field that is signed in its place.
    fn signed_body<'r>(&self, request: &Incoming<'r>) -> Result<Cow<'r, [u8]>, VerifyError> {
        let Some(field) = self.form_field.filter(|_| request.is_form()) else {
            return Ok(Cow::Borrowed(request.body));
        };
        let mut values = form_urlencoded::parse(request.body).filter(|(name, _)| name == field);
        match (values.next(), values.next()) {
            (Some((_, Cow::Borrowed(value))), None) => Ok(Cow::Borrowed(value.as_bytes())),
            (Some((_, Cow::Owned(value))), None) => Ok(Cow::Owned(value.into_bytes())),
            _ => Err(VerifyError::MalformedBody),
        }
    }

    /// The signatures that the headers claim, at least one of them of the right form.
    fn claims<'r>(
        &self,
        headers: &'r HeaderMap,
        query: &'r str,
    ) -> Result<Claimed<'r>, VerifyError> {
        for (name, wanted) in self.requires {
            if grammar::text(headers, name)? != *wanted {
                return Err(VerifyError::MalformedHeader(name));
            }
        }
        let field = match self.timestamp.map(|timestamp| timestamp.place) {
            Some(Place::Field(field)) => Some(field),
            _ => None,
        };
        let claimed = self.placement.read(headers, query, field)?;
        if !self.algorithm.is_credential() {
            let length = self.algorithm.signature_len();
            let mut buffer = [0; MAX_SIGNATURE];
            let well_formed = |text| {
                let sent = self.encoding.decode(text, &mut buffer);
                sent.is_some_and(|sent| length.is_none_or(|length| sent.len() == length))
            };
            if !claimed.signatures().iter().map(|signature| signature.text).any(well_formed) {
                return Err(VerifyError::MalformedSignature(self.placement.name()));
            }
        }
        Ok(claimed)
    }

    /// The timestamp as sent, where it is sent in a header; well formed, but not yet believed.
    fn timestamp_text<'r>(
        &self,
        headers: &'r HeaderMap,
        claimed: &Claimed<'r>,
    ) -> Result<Option<&'r str>, VerifyError> {
        let Some(timestamp) = &self.timestamp else { return Ok(None) };
        let text = match timestamp.place {
            Place::Header(name) => grammar::text(headers, name)?,
            Place::Field(_) => claimed.timestamp.ok_or(VerifyError::MalformedTimestamp)?,
            Place::Pointer(_) => return Ok(None),
        };
        match timestamp.parse(text) {
            Some(_) => Ok(Some(text)),
            None => Err(VerifyError::MalformedTimestamp),
        }
    }

    /// The signed id. One that contains the text which ends it could be cut in two ways, and is
    /// refused.
    fn id<'r>(&self, headers: &'r HeaderMap) -> Result<&'r str, VerifyError> {
        let Some(name) = self.id else { return Ok("") };
        let id = grammar::text(headers, name)?;
        let ambiguous =
            self.template.id_separator().is_some_and(|separator| id.contains(separator));
        if id.is_empty() || ambiguous { Err(VerifyError::MalformedHeader(name)) } else { Ok(id) }
    }

    fn timestamp_within(
        &self,
        sent: Option<&str>,
        body: &[u8],
        now: SystemTime,
    ) -> Result<Option<SystemTime>, VerifyError> {
        let Some(timestamp) = &self.timestamp else { return Ok(None) };
        let found;
        let text = match (sent, timestamp.place) {
            (Some(text), _) => text,
            (None, Place::Pointer(pointer)) => {
                found = json::scalar(body, pointer).ok_or(VerifyError::MalformedTimestamp)?;
                &found
            }
            (None, _) => return Err(VerifyError::MalformedTimestamp),
        };
        timestamp.judge(text, now).map(Some)
    }
}

/// Milliseconds since 1970, within what 64 bits hold; a clock before 1970 reads as 1970.
pub(crate) fn unix_millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
