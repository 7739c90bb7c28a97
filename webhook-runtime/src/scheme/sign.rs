//! Signing: the inverse of verification, from the same constant. Tests and senders use it.

use std::{borrow::Cow, fmt, time::SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{
    Scheme,
    grammar::Placement,
    key::{Algorithm, Key},
    template::Values,
    timestamp::Place,
    verify::unix_millis,
};
use crate::secret::{Secret, SecretError};

/// A request that is to be signed.
///
/// ```
/// use webhook_runtime::{Secret, providers::GITHUB, scheme::Outgoing};
///
/// let signed = GITHUB.sign(&Secret::new("s3cret"), &Outgoing::new(br#"{"zen":"ok"}"#))?;
/// assert!(signed.headers["x-hub-signature-256"].to_str().unwrap().starts_with("sha256="));
/// # Ok::<(), webhook_runtime::scheme::SignError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Outgoing<'r> {
    /// The method, in upper case.
    pub method: &'r str,
    /// The public URL.
    pub url: &'r str,
    /// The id of the delivery.
    pub id: &'r str,
    /// The time of signing; now, unless given.
    pub at: Option<SystemTime>,
    /// The content type, where the scheme signs forms in another way.
    pub form: bool,
    /// The body.
    pub body: &'r [u8],
}

/// Shows no body.
impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("method", &self.method)
            .field("id", &self.id)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl<'r> Outgoing<'r> {
    /// A POST of `body`, signed now, with the id `msg_1` where the scheme signs an id.
    #[must_use]
    pub const fn new(body: &'r [u8]) -> Self {
        Self { method: "POST", url: "", id: "msg_1", at: None, form: false, body }
    }

    /// The id of the delivery.
    #[must_use]
    pub const fn id(mut self, id: &'r str) -> Self {
        self.id = id;
        self
    }

    /// The time of signing.
    #[must_use]
    pub const fn at(mut self, time: SystemTime) -> Self {
        self.at = Some(time);
        self
    }

    /// The public URL that the request is sent to, for schemes that sign it.
    #[must_use]
    pub const fn url(mut self, url: &'r str) -> Self {
        self.url = url;
        self
    }

    /// The body is `application/x-www-form-urlencoded`.
    #[must_use]
    pub const fn form(mut self) -> Self {
        self.form = true;
        self
    }

    /// The time of signing, in milliseconds since 1970.
    #[must_use]
    pub fn unix_millis(&self) -> u64 {
        unix_millis(self.at.unwrap_or_else(SystemTime::now))
    }

    /// The method, for schemes that sign it.
    #[must_use]
    pub const fn method(mut self, method: &'r str) -> Self {
        self.method = method;
        self
    }
}

/// A signed request: what has to be sent with it and, where the signature is in the body, as it.
#[derive(Clone)]
pub struct Signed<'r> {
    /// Signature, timestamp and id.
    pub headers: HeaderMap,
    /// The body to send: the one that was given, unless the scheme puts its signature inside.
    pub body: Cow<'r, [u8]>,
}

/// Shows neither signature nor body.
impl fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").field("body_len", &self.body.len()).finish_non_exhaustive()
    }
}

impl<'r> Signed<'r> {
    /// A request whose body is sent as it was given.
    #[must_use]
    pub fn new(headers: HeaderMap, request: &Outgoing<'r>) -> Self {
        Self { headers, body: Cow::Borrowed(request.body) }
    }
}

/// Why a request could not be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// The secret cannot be used with this scheme.
    Secret(SecretError),
    /// The value for this header is not one that a header can have.
    Header(&'static str),
    /// The body is not of the form in which the scheme carries its signature.
    Body,
    /// The provider signs with a key that nobody else has.
    Impossible,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(error) => write!(f, "the secret {error}"),
            Self::Body => f.write_str("the body has no place for the scheme's signature"),
            Self::Impossible => f.write_str("only the provider has the key that signs"),
            Self::Header(name) => write!(f, "the value for the header {name} is not ASCII text"),
        }
    }
}

impl std::error::Error for SignError {}

impl Scheme {
    /// The headers that a genuine request carries: signature, timestamp and id.
    ///
    /// A timestamp that the scheme reads from the body has to be in the body already.
    ///
    /// # Errors
    /// When the secret is not of the scheme's form, or the id cannot stand in a header.
    pub(crate) fn sign<'r>(
        &self,
        secret: &Secret,
        request: &Outgoing<'r>,
    ) -> Result<Signed<'r>, SignError> {
        let timestamp =
            self.timestamp.map(|time| time.format(request.unix_millis())).unwrap_or_default();
        self.write(request, &timestamp, |values| self.signature(secret, values))
    }

    /// Writes the headers, with a timestamp of any text and a signature of any kind.
    pub(super) fn write<'r>(
        &self,
        request: &Outgoing<'r>,
        timestamp: &str,
        signature: impl FnOnce(&Values<'_>) -> Result<String, SecretError>,
    ) -> Result<Signed<'r>, SignError> {
        let body = self.body_to_sign(request)?;
        let values = Values {
            id: request.id,
            timestamp,
            method: request.method,
            url: request.url,
            body: &body,
            secret: &[],
        };
        let signature = signature(&values).map_err(SignError::Secret)?;
        let mut headers = HeaderMap::new();
        for (name, value) in self.requires {
            insert_plain(&mut headers, name, value)?;
        }
        if let Some(name) = self.id {
            insert_plain(&mut headers, name, request.id)?;
        }
        let mut field = None;
        match self.timestamp.map(|timestamp| timestamp.place) {
            Some(Place::Header(name)) => insert_plain(&mut headers, name, timestamp)?,
            Some(Place::Field(name)) => field = Some((name, timestamp)),
            Some(Place::Pointer(_)) | None => {}
        }
        match self.placement {
            Placement::Header { name, grammar } => {
                insert(&mut headers, name, name, &grammar.write(&signature, field))?;
            }
            Placement::Numbered { prefix } => {
                insert(&mut headers, prefix, &format!("{prefix}1"), &signature)?;
            }
            Placement::Paired { names } => insert(&mut headers, names[0], names[0], &signature)?,
            // The URL carries it.
            Placement::Query { .. } => {}
        }
        Ok(Signed::new(headers, request))
    }

    pub(super) fn signature(
        &self,
        secret: &Secret,
        values: &Values<'_>,
    ) -> Result<String, SecretError> {
        if let Algorithm::Asymmetric(algorithm) = self.algorithm {
            let mut message = Vec::new();
            self.template.feed(values, |piece| message.extend_from_slice(piece));
            let key = self.key.decode(secret)?;
            return Ok(self.encoding.encode(&algorithm.sign(secret, &key, &message)?));
        }
        let key = Key::prepare(self.algorithm, self.key, secret)?;
        Ok(match key.tag(&self.template, values) {
            Some(tag) => self.encoding.encode(tag.as_bytes()),
            None => key.token().unwrap_or_default().to_owned(),
        })
    }

    fn body_to_sign<'r>(&self, request: &Outgoing<'r>) -> Result<Cow<'r, [u8]>, SignError> {
        let Some(field) = self.form_field.filter(|_| request.form) else {
            return Ok(Cow::Borrowed(request.body));
        };
        form_urlencoded::parse(request.body)
            .find(|(name, _)| name == field)
            .map(|(_, value)| Cow::Owned(value.into_owned().into_bytes()))
            .ok_or(SignError::Body)
    }
}

fn insert(
    headers: &mut HeaderMap,
    label: &'static str,
    name: &str,
    value: &str,
) -> Result<(), SignError> {
    let name = HeaderName::try_from(name).map_err(|_| SignError::Header(label))?;
    let mut value = HeaderValue::from_str(value).map_err(|_| SignError::Header(label))?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// Puts a value into a header that is no secret: an id, a time.
fn insert_plain(headers: &mut HeaderMap, name: &'static str, value: &str) -> Result<(), SignError> {
    let value = HeaderValue::from_str(value).map_err(|_| SignError::Header(name))?;
    headers.insert(HeaderName::from_static(name), value);
    Ok(())
}

/// Puts a value into a header.
pub(crate) fn insert_header(
    headers: &mut HeaderMap,
    name: &'static str,
    value: &str,
) -> Result<(), SignError> {
    insert(headers, name, name, value)
}
