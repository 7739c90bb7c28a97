//! Verification: a pure function of a request, the secrets and the time.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::HeaderMap;

use super::{
    Scheme, VerifyError,
    encoding::MAX_SIGNATURE,
    grammar::{self, Claimed},
    key::Key,
    template::Values,
    timestamp::{OutOfWindow, Place},
};
use crate::{
    json,
    secret::{Secret, SecretError},
};

/// A request as it arrived, not yet believed.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'r> {
    /// The method, in upper case.
    pub method: &'r str,
    /// The URL as the provider knows it, from configuration and never from the request's own
    /// headers. Empty where the scheme does not sign it.
    pub url: &'r str,
    /// The headers.
    pub headers: &'r HeaderMap,
    /// The raw bytes of the body, as on the wire.
    pub body: &'r [u8],
}

/// What verification found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The name of the secret that made the signature.
    pub secret: Cow<'static, str>,
    /// When the provider signed, where the scheme signs a time.
    pub timestamp: Option<SystemTime>,
}

/// A scheme with its secrets, made ready once.
#[derive(Clone)]
pub(crate) struct Verifier {
    scheme: Scheme,
    keys: Vec<(Cow<'static, str>, Key)>,
}

impl Verifier {
    /// Prepares every secret, or says by name what is wrong with which.
    pub(crate) fn new(
        scheme: &Scheme,
        secrets: &[Secret],
    ) -> Result<Self, Vec<(Cow<'static, str>, SecretError)>> {
        let mut keys = Vec::with_capacity(secrets.len());
        let mut problems = Vec::new();
        for secret in secrets {
            match Key::prepare(scheme.algorithm, scheme.key, secret) {
                Ok(key) => keys.push((secret.shared_name(), key)),
                Err(error) => problems.push((secret.shared_name(), error)),
            }
        }
        if problems.is_empty() { Ok(Self { scheme: *scheme, keys }) } else { Err(problems) }
    }

    /// What can be refused before a byte of the body is read.
    pub(crate) fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        let claimed = self.scheme.claims(headers)?;
        self.scheme.timestamp_text(headers, &claimed)?;
        self.scheme.id(headers)?;
        Ok(())
    }

    /// Whether a live secret signed this request, and whether it did so lately.
    pub(crate) fn verify(
        &self,
        request: &Incoming<'_>,
        now: SystemTime,
    ) -> Result<Proof, VerifyError> {
        let scheme = &self.scheme;
        let claimed = scheme.claims(request.headers)?;
        let sent_timestamp = scheme.timestamp_text(request.headers, &claimed)?;
        let values = Values {
            id: scheme.id(request.headers)?,
            timestamp: sent_timestamp.unwrap_or_default(),
            method: request.method,
            url: request.url,
            body: request.body,
            secret: &[],
        };
        let secret = self.matching(&claimed, &values).ok_or(VerifyError::NoMatch)?;
        let timestamp = scheme.timestamp_within(sent_timestamp, request.body, now)?;
        Ok(Proof { secret, timestamp })
    }

    fn matching(&self, claimed: &Claimed<'_>, values: &Values<'_>) -> Option<Cow<'static, str>> {
        let mut buffer = [0; MAX_SIGNATURE];
        for (at, (name, key)) in self.keys.iter().enumerate() {
            let tag = key.tag(&self.scheme.template, values);
            for signature in claimed.signatures() {
                if signature.secret.is_some_and(|secret| secret != at) {
                    continue;
                }
                let matches = match &tag {
                    Some(tag) => self
                        .scheme
                        .encoding
                        .decode(signature.text, &mut buffer)
                        .is_some_and(|sent| tag.matches(sent)),
                    None => key.is_token(signature.text.as_bytes()),
                };
                if matches {
                    return Some(name.clone());
                }
            }
        }
        None
    }
}

impl Scheme {
    /// The signatures that the headers claim, at least one of them of the right form.
    fn claims<'r>(&self, headers: &'r HeaderMap) -> Result<Claimed<'r>, VerifyError> {
        for (name, wanted) in self.requires {
            if grammar::text(headers, name)? != *wanted {
                return Err(VerifyError::MalformedHeader(name));
            }
        }
        let field = match self.timestamp.map(|timestamp| timestamp.place) {
            Some(Place::Field(field)) => Some(field),
            _ => None,
        };
        let claimed = self.placement.read(headers, field)?;
        if let Some(length) = self.algorithm.signature_len() {
            let mut buffer = [0; MAX_SIGNATURE];
            let well_formed = |text| {
                self.encoding.decode(text, &mut buffer).is_some_and(|sent| sent.len() == length)
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
        let signed = timestamp.parse(text).ok_or(VerifyError::MalformedTimestamp)?;
        match timestamp.check(signed, unix_millis(now)) {
            Ok(()) => Ok(UNIX_EPOCH.checked_add(Duration::from_millis(signed))),
            Err(OutOfWindow::Stale) => Err(VerifyError::Stale),
            Err(OutOfWindow::Ahead) => Err(VerifyError::Ahead),
        }
    }
}

/// Milliseconds since 1970, within what 64 bits hold; a clock before 1970 reads as 1970.
pub(crate) fn unix_millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
