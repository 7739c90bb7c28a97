//! Verification: a pure function of a request, the secrets and the time.

use std::{
    borrow::Cow,
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderName};

use super::{
    Means, Scheme, Verify, VerifyError, WantedKey,
    encoding::{MAX_SIGNATURE, MAX_TEXT},
    grammar::{self, Claimed, Names},
    key::{self, Key},
    template::{self, Template, Values},
    timestamp::{Place, Unit},
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

/// Whether a text is a token, of letters, digits and `-_+/=`, and nothing that a provider would send
/// as a delivery. Who can have any text signed can have a forged delivery signed, and X asks for
/// signatures without signing itself: so only tokens are signed for strangers, and no token is
/// taken for a delivery.
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && template::is_token(text)
}

/// Whether a text contains what is to end it, or ends with the beginning of an earlier end: `a:` and
/// `::` could be `a`, `::` and a colon.
fn contains_or_begins(text: &str, end: &str) -> bool {
    let begins = |at: usize| end.is_char_boundary(at) && end.starts_with(&end[at..]);
    text.contains(end) || (1..end.len()).any(|at| begins(at) && text.ends_with(&end[..at]))
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
    names: Names,
    tolerance: Option<Duration>,
    /// Whether tokens are signed for strangers, as the answer to a challenge.
    refuses_tokens: bool,
}

/// Secrets made ready for a mechanism, once.
#[derive(Clone)]
pub(crate) enum Keys {
    Data(Vec<(Cow<'static, str>, Key)>),
    Code(Vec<Secret>),
}

impl Verifier {
    /// `None` when a window is asked for, but no time is signed.
    pub(crate) fn new(
        mechanism: &Mechanism,
        tolerance: Option<Duration>,
        refuses_tokens: bool,
    ) -> Option<Self> {
        let mechanism = match (mechanism, tolerance) {
            (Mechanism::Data(scheme), Some(window)) => {
                Mechanism::Data(scheme.with_tolerance(window)?)
            }
            (Mechanism::Code(code), Some(_)) if !code.traits().signs_time => return None,
            (mechanism, _) => *mechanism,
        };
        let names = match &mechanism {
            Mechanism::Data(scheme) => scheme.names(),
            Mechanism::Code(_) => Names::default(),
        };
        Some(Self { mechanism, names, tolerance, refuses_tokens })
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
                let mut claimed = Claimed::new();
                scheme.claims(&self.names, headers, query, &mut claimed)?;
                scheme.check_form(&claimed)?;
                scheme.sent_time(&self.names, headers, &claimed)?;
                scheme.id(&self.names, headers)?;
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
        if self.refuses_tokens && is_token(request.body) {
            return Err(VerifyError::MalformedBody);
        }
        match (&self.mechanism, keys) {
            (Mechanism::Data(scheme), Keys::Data(keys)) => {
                scheme.verify(&self.names, request, keys, now)
            }
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
    fn names(&self) -> Names {
        let timestamp = self.timestamp.and_then(|timestamp| match timestamp.place {
            Place::Header(name) => Some(HeaderName::from_static(name)),
            Place::Field(_) | Place::Pointer(_) => None,
        });
        Names {
            signatures: self.placement.names(),
            timestamp,
            id: self.id.map(HeaderName::from_static),
            required: self.requires.iter().map(|(name, _)| HeaderName::from_static(name)).collect(),
        }
    }

    fn verify(
        &self,
        names: &Names,
        request: &Incoming<'_>,
        keys: &[(Cow<'static, str>, Key)],
        now: SystemTime,
    ) -> Result<Proof, VerifyError> {
        let mut claimed = Claimed::new();
        self.claims(names, request.headers, request.query, &mut claimed)?;
        self.verify_claims(names, request, &claimed, keys, now).or_else(|error| {
            // What matched has the right form. What did not is told first, whatever else is wrong.
            self.check_form(&claimed)?;
            Err(error)
        })
    }

    fn verify_claims(
        &self,
        names: &Names,
        request: &Incoming<'_>,
        claimed: &Claimed<'_>,
        keys: &[(Cow<'static, str>, Key)],
        now: SystemTime,
    ) -> Result<Proof, VerifyError> {
        let sent_time = self.sent_time(names, request.headers, claimed)?;
        let body = self.signed_body(request)?;
        let id = self.id(names, request.headers)?;
        if self.may_be_time(&body) {
            return Err(VerifyError::MalformedBody);
        }
        let values = Values {
            id,
            timestamp: sent_time.map(|(text, _)| text).unwrap_or_default(),
            method: request.method,
            url: request.url,
            body: &body,
            secret: &[],
        };
        let secret = self.matching(claimed, &values, keys).ok_or(VerifyError::NoMatch)?;
        let sent_millis = sent_time.map(|(_, millis)| millis);
        let timestamp = self.timestamp_within(sent_millis, request.body, now)?;
        Ok(Proof { secret, timestamp })
    }

    fn matching(
        &self,
        claimed: &Claimed<'_>,
        values: &Values<'_>,
        keys: &[(Cow<'static, str>, Key)],
    ) -> Option<Cow<'static, str>> {
        for (at, (name, key)) in keys.iter().enumerate() {
            let mut signatures = claimed
                .signatures()
                .iter()
                .filter(|signature| signature.secret.is_none_or(|secret| secret == at))
                .map(|signature| signature.text);
            let matches = if self.algorithm.is_credential() {
                signatures.any(|text| key.is_token(text.as_bytes()))
            } else if let Some(tag) = key.tag(&self.template, values) {
                // What decodes to the tag is the tag's encoding and nothing else.
                let mut buffer = [0; MAX_TEXT];
                let expected = self.encoding.encode_into(tag.as_bytes(), &mut buffer)?;
                signatures.any(|text| key::is_same(expected, text.as_bytes()))
            } else {
                let mut buffer = [0; MAX_SIGNATURE];
                signatures.any(|text| {
                    let sent = self.encoding.decode(text, &mut buffer);
                    sent.is_some_and(|sent| key.confirms(&self.template, values, sent))
                })
            };
            if matches {
                return Some(name.clone());
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

    /// The signatures that the headers claim.
    fn claims<'r>(
        &self,
        names: &Names,
        headers: &'r HeaderMap,
        query: &'r str,
        claimed: &mut Claimed<'r>,
    ) -> Result<(), VerifyError> {
        for ((label, wanted), name) in self.requires.iter().zip(&names.required) {
            if grammar::text_in(headers, label, name)? != *wanted {
                return Err(VerifyError::MalformedHeader(label));
            }
        }
        let field = match self.timestamp.map(|timestamp| timestamp.place) {
            Some(Place::Field(field)) => Some(field),
            _ => None,
        };
        self.placement.read(&names.signatures, headers, query, field, claimed)
    }

    /// Whether one of the signatures, at least, is of the right form.
    fn check_form(&self, claimed: &Claimed<'_>) -> Result<(), VerifyError> {
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
        Ok(())
    }

    /// The timestamp, where it is sent in a header, as text and in milliseconds since 1970; well
    /// formed, but not yet believed.
    fn sent_time<'r>(
        &self,
        names: &Names,
        headers: &'r HeaderMap,
        claimed: &Claimed<'r>,
    ) -> Result<Option<(&'r str, u64)>, VerifyError> {
        let Some(timestamp) = &self.timestamp else { return Ok(None) };
        let text = match (timestamp.place, &names.timestamp) {
            (Place::Header(label), Some(name)) => grammar::text_in(headers, label, name)?,
            _ => match claimed.timestamp {
                Some(text) => text,
                None if matches!(timestamp.place, Place::Pointer(_)) => return Ok(None),
                None => return Err(VerifyError::MalformedTimestamp),
            },
        };
        let millis = timestamp.parse(text).ok_or(VerifyError::MalformedTimestamp)?;
        Ok(Some((text, millis)))
    }

    /// The signed id. One that contains the text which ends it could be cut in two ways, and is
    /// refused.
    fn id<'r>(&self, names: &Names, headers: &'r HeaderMap) -> Result<&'r str, VerifyError> {
        let (Some(label), Some(name)) = (self.id, &names.id) else { return Ok("") };
        let id = grammar::text_in(headers, label, name)?;
        let ambiguous = match self.template.id_separator() {
            Some(separator) => contains_or_begins(id, separator),
            // Only the form of what follows ends the id: neither time nor body may hide in it.
            None => !template::is_token(id.as_bytes()),
        };
        if id.is_empty() || ambiguous { Err(VerifyError::MalformedHeader(label)) } else { Ok(id) }
    }

    /// Whether digits of the time could be taken for those of the body, or the other way round, where
    /// nothing but the time parts id and body.
    fn may_be_time(&self, body: &[u8]) -> bool {
        let digits = self.timestamp.is_some_and(|timestamp| timestamp.unit != Unit::Rfc3339);
        digits
            && self.template.id_meets_body(digits)
            && !body.is_empty()
            && template::is_token(&body[..1])
    }

    fn timestamp_within(
        &self,
        sent_millis: Option<u64>,
        body: &[u8],
        now: SystemTime,
    ) -> Result<Option<SystemTime>, VerifyError> {
        let Some(timestamp) = &self.timestamp else { return Ok(None) };
        let judged = match (sent_millis, timestamp.place) {
            (Some(millis), _) => timestamp.judge_millis(millis, now),
            (None, Place::Pointer(pointer)) => {
                let text = json::scalar(body, pointer).ok_or(VerifyError::MalformedTimestamp)?;
                timestamp.judge(&text, now)
            }
            (None, _) => Err(VerifyError::MalformedTimestamp),
        };
        judged.map(Some)
    }
}

/// Milliseconds since 1970, within what 64 bits hold; a clock before 1970 reads as 1970.
pub(crate) fn unix_millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs().saturating_mul(1000).saturating_add(since.subsec_millis().into())
}
