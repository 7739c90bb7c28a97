//! Signing: the inverse of verification, from the same constant. Tests and senders use it.

use std::{fmt, time::SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{
    Scheme, grammar::Placement, key::Key, template::Values, timestamp::Place, verify::unix_millis,
};
use crate::secret::{Secret, SecretError};

/// A request that is to be signed.
///
/// ```
/// use webhook_runtime::{Secret, providers::GITHUB, scheme::Outgoing};
///
/// let headers = GITHUB.sign(&Secret::new("s3cret"), &Outgoing::new(br#"{"zen":"ok"}"#))?;
/// assert!(headers["x-hub-signature-256"].to_str().unwrap().starts_with("sha256="));
/// # Ok::<(), webhook_runtime::scheme::SignError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'r> {
    pub(crate) method: &'r str,
    pub(crate) url: &'r str,
    pub(crate) id: &'r str,
    pub(crate) at: Option<SystemTime>,
    pub(crate) body: &'r [u8],
}

impl<'r> Outgoing<'r> {
    /// A POST of `body`, signed now, with the id `msg_1` where the scheme signs an id.
    #[must_use]
    pub const fn new(body: &'r [u8]) -> Self {
        Self { method: "POST", url: "", id: "msg_1", at: None, body }
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

    /// The method, for schemes that sign it.
    #[must_use]
    pub const fn method(mut self, method: &'r str) -> Self {
        self.method = method;
        self
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
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(error) => write!(f, "the secret {error}"),
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
    pub(crate) fn sign(
        &self,
        secret: &Secret,
        request: &Outgoing<'_>,
    ) -> Result<HeaderMap, SignError> {
        let key = Key::prepare(self.algorithm, self.key, secret).map_err(SignError::Secret)?;
        let at = unix_millis(request.at.unwrap_or_else(SystemTime::now));
        let timestamp = self.timestamp.map(|timestamp| timestamp.format(at)).unwrap_or_default();
        let values = Values {
            id: request.id,
            timestamp: &timestamp,
            method: request.method,
            url: request.url,
            body: request.body,
            secret: &[],
        };
        let signature = match (key.tag(&self.template, &values), key.token()) {
            (Some(tag), _) => self.encoding.encode(tag.as_bytes()),
            (None, token) => token.unwrap_or_default().to_owned(),
        };
        let mut headers = HeaderMap::new();
        for (name, value) in self.requires {
            insert(&mut headers, name, name, value)?;
        }
        if let Some(name) = self.id {
            insert(&mut headers, name, name, request.id)?;
        }
        let mut field = None;
        match self.timestamp.map(|timestamp| timestamp.place) {
            Some(Place::Header(name)) => insert(&mut headers, name, name, &timestamp)?,
            Some(Place::Field(name)) => field = Some((name, timestamp.as_str())),
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
        }
        Ok(headers)
    }
}

fn insert(
    headers: &mut HeaderMap,
    label: &'static str,
    name: &str,
    value: &str,
) -> Result<(), SignError> {
    let name = HeaderName::try_from(name).map_err(|_| SignError::Header(label))?;
    let value = HeaderValue::from_str(value).map_err(|_| SignError::Header(label))?;
    headers.insert(name, value);
    Ok(())
}
