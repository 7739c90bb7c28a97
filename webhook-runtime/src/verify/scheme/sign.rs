//! Signing: the inverse of verification, from the same constant. Tests and senders use it.

use std::{borrow::Cow, fmt, time::SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use super::{
    Scheme,
    grammar::Placement,
    key::{Algorithm, Key},
    template::Values,
    timestamp::TimestampLocation,
    verify::unix_millis,
};
use crate::verify::{Secret, SecretError};

/// A request to sign.
///
/// ```
/// use webhook_runtime::{Secret, providers::GITHUB, scheme::RequestToSign};
///
/// let signed = GITHUB.sign(&Secret::new("s3cret"), &RequestToSign::new(br#"{"zen":"ok"}"#))?;
/// assert!(signed.headers["x-hub-signature-256"].to_str().unwrap().starts_with("sha256="));
/// # Ok::<(), webhook_runtime::scheme::SignError>(())
/// ```
#[derive(Clone, Copy)]
pub struct RequestToSign<'r> {
    /// The method, in upper case.
    pub method: &'r str,
    /// The public URL.
    pub url: &'r str,
    /// The id of the delivery.
    pub id: &'r str,
    /// The time of signing; `None` is now.
    pub at: Option<SystemTime>,
    /// True if the body is a form, which some schemes sign in another way.
    pub form: bool,
    /// The body.
    pub body: &'r [u8],
}

/// Hides the body.
impl fmt::Debug for RequestToSign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestToSign")
            .field("method", &self.method)
            .field("id", &self.id)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl<'r> RequestToSign<'r> {
    /// A POST of `body`, signed now. The id is `msg_1`.
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

/// A signed request: the headers to add, the query to add, and the body to send.
#[derive(Clone)]
pub struct SignedParts<'r> {
    /// The headers with signature, timestamp and id.
    pub headers: HeaderMap,
    /// The query parameter with the signature or the token, such as `signature=…`, for
    /// [`url_to_send`](Self::url_to_send). It is empty if the scheme adds none.
    pub query: String,
    /// The body to send: the given one, unless the scheme puts the signature into the body.
    pub body: Cow<'r, [u8]>,
}

/// Hides signature, query and body.
impl fmt::Debug for SignedParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedParts").field("body_len", &self.body.len()).finish_non_exhaustive()
    }
}

impl<'r> SignedParts<'r> {
    /// A signed request with an unchanged URL and body.
    #[must_use]
    pub fn new(headers: HeaderMap, request: &RequestToSign<'r>) -> Self {
        Self { headers, query: String::new(), body: Cow::Borrowed(request.body) }
    }

    /// The URL to send the request to: this one (or its path and query) without its fragment, which
    /// is never sent, and the query of these parts.
    ///
    /// ```
    /// use webhook_runtime::{Secret, providers::EVENT_GRID, scheme::RequestToSign};
    ///
    /// let sent = EVENT_GRID.sign(&Secret::new("s3cret"), &RequestToSign::new(b"[]"))?;
    /// assert_eq!(sent.url_to_send("/hooks?a=1"), "/hooks?a=1&code=s3cret");
    /// # Ok::<(), webhook_runtime::scheme::SignError>(())
    /// ```
    #[must_use]
    pub fn url_to_send(&self, url: &str) -> String {
        let url = url.split_once('#').map_or(url, |(url, _)| url);
        let mark = match url.split_once('?') {
            _ if self.query.is_empty() => "",
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{url}{mark}{}", self.query)
    }
}

/// The reason why a request could not be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// The secret cannot be used with this scheme.
    Secret(SecretError),
    /// The value for this header is missing, or is not valid in a header.
    Header(&'static str),
    /// The URL lacks this query parameter, or its value cannot be signed.
    Query(&'static str),
    /// The body does not have the form that the scheme needs.
    Body,
    /// Only the provider has the key to sign with.
    Unsupported,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(error) => write!(f, "the secret {error}"),
            Self::Body => f.write_str("the body has no place for the scheme's signature"),
            Self::Unsupported => f.write_str("only the provider has the key that signs"),
            Self::Query(name) => {
                write!(f, "the URL has no query parameter {name} with a value to sign")
            }
            Self::Header(name) => {
                write!(f, "the value for the header {name} is missing, or is not ASCII text")
            }
        }
    }
}

impl std::error::Error for SignError {}

impl Scheme {
    /// Signs a request: makes the headers with signature, timestamp and id.
    ///
    /// If the timestamp is in the body, the body must already contain it. Signed values in headers
    /// are the id of the request, and signed values in the query are those of its URL.
    ///
    /// # Errors
    /// If the secret is malformed, or the id is not valid in a header.
    pub(crate) fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        let timestamp =
            self.timestamp.map(|time| time.format(request.unix_millis())).unwrap_or_default();
        self.write(request, &timestamp, |values| self.signature(secret, values))
    }

    /// Writes the headers, with any text as timestamp and as signature.
    pub(super) fn write<'r>(
        &self,
        request: &RequestToSign<'r>,
        timestamp: &str,
        signature: impl FnOnce(&Values<'_>) -> Result<String, SecretError>,
    ) -> Result<SignedParts<'r>, SignError> {
        let body = self.body_to_sign(request)?;
        let more = self.values_to_sign(request)?;
        let values = Values {
            id: request.id,
            timestamp,
            method: request.method,
            url: request.url,
            body: &body,
            secret: &[],
            more: &more,
        };
        let signature = signature(&values).map_err(SignError::Secret)?;
        let mut headers = HeaderMap::new();
        for (name, value) in self.requires {
            insert_plain(&mut headers, name, value)?;
        }
        if let Some(name) = self.id {
            insert_plain(&mut headers, name, request.id)?;
        }
        for value in self.values {
            if let Some(name) = value.header_name() {
                insert_plain(&mut headers, name, request.id)?;
            }
        }
        let mut field = None;
        match self.timestamp.map(|timestamp| timestamp.location) {
            Some(TimestampLocation::Header(name)) => insert_plain(&mut headers, name, timestamp)?,
            Some(TimestampLocation::Field(name)) => field = Some((name, timestamp)),
            Some(TimestampLocation::First) => field = Some(("", timestamp)),
            Some(TimestampLocation::Pointer(_)) | None => {}
        }
        match self.placement {
            Placement::Header { name, grammar } => {
                insert(&mut headers, name, name, &grammar.write(&signature, field))?;
            }
            Placement::Numbered { prefix } => {
                insert(&mut headers, prefix, &format!("{prefix}1"), &signature)?;
            }
            Placement::Paired { names } | Placement::Any { names } => {
                insert(&mut headers, names[0], names[0], &signature)?;
            }
            Placement::Query { name } => {
                let query = format!("{name}={}", utf8_percent_encode(&signature, NO_QUERY_VALUE));
                return Ok(SignedParts { query, ..SignedParts::new(headers, request) });
            }
            Placement::Pointer { pointer } => {
                let body = with_token(request.body, pointer, signature).ok_or(SignError::Body)?;
                let body = Cow::Owned(body);
                return Ok(SignedParts { body, ..SignedParts::new(headers, request) });
            }
        }
        Ok(SignedParts::new(headers, request))
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
            return Ok(self.encoding.encode(&algorithm.sign(&Secret::from_key(&**key), &message)?));
        }
        let key = Key::prepare(self.algorithm, self.key, secret)?;
        Ok(match key.tag(&self.template, values) {
            Some(tag) => self.encoding.encode(tag.as_bytes()),
            None => key.credential().unwrap_or_default().to_owned(),
        })
    }

    fn body_to_sign<'r>(&self, request: &RequestToSign<'r>) -> Result<Cow<'r, [u8]>, SignError> {
        let Some(field) = self.form_field.filter(|_| request.form) else {
            return Ok(Cow::Borrowed(request.body));
        };
        form_urlencoded::parse(request.body)
            .find(|(name, _)| name == field)
            .map(|(_, value)| Cow::Owned(value.into_owned().into_bytes()))
            .ok_or(SignError::Body)
    }
}

/// The characters that cannot stand in the value of a query parameter.
const NO_QUERY_VALUE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'&').add(b'<').add(b'>');

/// A JSON body with a token at a pointer; `None` if the body has no place for it.
fn with_token(body: &[u8], pointer: &str, token: String) -> Option<Vec<u8>> {
    let mut json: Value = serde_json::from_slice(body).ok()?;
    let (parent, key) = pointer.rsplit_once('/')?;
    let key = key.replace("~1", "/").replace("~0", "~");
    json.pointer_mut(parent)?.as_object_mut()?.insert(key, Value::from(token));
    Some(json.to_string().into_bytes())
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

/// Inserts a header with a value that is no secret: an id or a time.
fn insert_plain(headers: &mut HeaderMap, name: &'static str, value: &str) -> Result<(), SignError> {
    let value = HeaderValue::from_str(value).map_err(|_| SignError::Header(name))?;
    headers.insert(HeaderName::from_static(name), value);
    Ok(())
}

/// Inserts a header with a sensitive value.
pub(crate) fn insert_header(
    headers: &mut HeaderMap,
    name: &'static str,
    value: &str,
) -> Result<(), SignError> {
    insert(headers, name, name, value)
}

#[cfg(test)]
#[allow(clippy::large_types_passed_by_value, reason = "constants of tests")]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::verify::scheme::Timestamp;

    const HMAC_SHA256_HEX: Scheme = Scheme::hmac_sha256().header("x-signature");

    fn at() -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(1_760_000_000_123)
    }

    fn signed(scheme: Scheme, request: &RequestToSign<'_>) -> Vec<(String, String)> {
        let signed = scheme.sign(&Secret::new("s3cret"), request).expect("it can be signed");
        assert_eq!(signed.body, request.body);
        assert_eq!(signed.query, "");
        let headers = signed
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().expect("ASCII").to_owned()));
        headers.collect()
    }

    fn names(scheme: Scheme) -> Vec<String> {
        let mut names: Vec<_> =
            signed(scheme, &RequestToSign::new(b"{}")).into_iter().map(|(name, _)| name).collect();
        names.sort();
        names
    }

    #[test]
    fn setters_set_the_request() {
        let plain = RequestToSign::new(b"{}");
        assert_eq!((plain.method, plain.url, plain.id, plain.form), ("POST", "", "msg_1", false));
        let all = plain.method("PUT").url("https://a/").id("7").at(at()).form();
        assert_eq!((all.method, all.url, all.id, all.form), ("PUT", "https://a/", "7", true));
        assert_eq!(all.unix_millis(), 1_760_000_000_123);
        let before = super::unix_millis(SystemTime::now());
        let now = plain.unix_millis();
        assert!(before <= now && now <= super::unix_millis(SystemTime::now()));
    }

    #[test]
    fn every_header_of_the_scheme_is_written() {
        assert_eq!(names(HMAC_SHA256_HEX), ["x-signature"]);
        let timed =
            HMAC_SHA256_HEX.timestamp(Timestamp::header("x-time")).signed("{timestamp}{body}");
        assert_eq!(names(timed), ["x-signature", "x-time"]);
        let named = timed.id_header("x-id").signed("{id}{timestamp}{body}");
        assert_eq!(names(named), ["x-id", "x-signature", "x-time"]);
        assert_eq!(
            names(HMAC_SHA256_HEX.require_headers(&[("x-version", "1")])),
            ["x-signature", "x-version"]
        );
        assert_eq!(names(HMAC_SHA256_HEX.numbered_headers("x-sig-")), ["x-sig-1"]);
        assert_eq!(names(HMAC_SHA256_HEX.paired_headers(&["x-first", "x-second"])), ["x-first"]);
        let sent = |scheme| signed(scheme, &RequestToSign::new(b"{}").id("7").at(at()));
        let of = |all: &[(&str, &str)]| {
            let own = all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            own.collect::<Vec<_>>()
        };
        let token = Scheme::token().header("x-token").prefix("Token ");
        assert_eq!(sent(token), of(&[("x-token", "Token s3cret")]));
        let version = token.require_headers(&[("x-version", "1")]);
        assert_eq!(sent(version), of(&[("x-version", "1"), ("x-token", "Token s3cret")]));
        assert_eq!(sent(named)[..2], of(&[("x-id", "7"), ("x-time", "1760000000")]));
    }

    #[test]
    fn a_query_has_the_token_or_the_signature() {
        let sent = |scheme: Scheme, secret: &str| {
            let sent = scheme.sign(&Secret::new(secret), &RequestToSign::new(b"{}"));
            let sent = sent.expect("it can be signed");
            assert!(sent.headers.is_empty() && *sent.body == b"{}"[..]);
            sent
        };
        let token = sent(Scheme::token().query("code"), "s3cret");
        assert_eq!(token.query, "code=s3cret");
        assert_eq!(token.url_to_send("/a"), "/a?code=s3cret");
        assert_eq!(token.url_to_send("/a?"), "/a?code=s3cret");
        assert_eq!(
            token.url_to_send("https://a.example/?b=1"),
            "https://a.example/?b=1&code=s3cret"
        );
        assert_eq!(token.url_to_send("/a?b?"), "/a?b?&code=s3cret");
        assert_eq!(token.url_to_send("/a#b?c"), "/a?code=s3cret");
        // The characters that end a value or a query are escaped; the rest is sent as it is.
        let odd = sent(Scheme::token().query("code"), "a=b/c&d#e f\u{e9}%2b");
        assert_eq!(odd.query, "code=a=b/c%26d%23e%20f%C3%A9%2b");
        let signed = sent(Scheme::hmac_sha256().query("signature"), "s3cret");
        let header = HMAC_SHA256_HEX.sign(&Secret::new("s3cret"), &RequestToSign::new(b"{}"));
        let header = header.expect("it can be signed");
        let signature = header.headers["x-signature"].to_str().expect("ASCII");
        assert_eq!(signed.query, format!("signature={signature}"));
        assert_eq!(header.url_to_send("/a?b"), "/a?b");
    }

    #[test]
    fn signatures_are_sensitive_and_times_are_not() {
        let timed =
            HMAC_SHA256_HEX.timestamp(Timestamp::header("x-time")).signed("{timestamp}{body}");
        let signed =
            timed.sign(&Secret::new("s3cret"), &RequestToSign::new(b"{}")).expect("signed");
        assert!(signed.headers["x-signature"].is_sensitive());
        assert!(!signed.headers["x-time"].is_sensitive());
    }

    #[test]
    fn one_form_field_is_signed() {
        let scheme = HMAC_SHA256_HEX.signs_form_field("payload");
        let plain = signed(HMAC_SHA256_HEX, &RequestToSign::new(b"{} "));
        let form = RequestToSign::new(b"a=1&payload=%7B%7D+").form();
        assert_eq!(signed(scheme, &form), plain);
        assert_ne!(signed(scheme, &RequestToSign::new(form.body)), plain);
        let without = scheme.sign(&Secret::new("s3cret"), &RequestToSign::new(b"a=1").form());
        assert_eq!(without.map(drop), Err(SignError::Body));
    }

    #[test]
    fn invalid_header_values_are_rejected() {
        let named = HMAC_SHA256_HEX.id_header("x-id").signed("{id}{body}");
        let sign = |secret: &str, id| {
            named.sign(&Secret::new(secret), &RequestToSign::new(b"{}").id(id)).map(drop)
        };
        assert_eq!(sign("s3cret", "a\nb"), Err(SignError::Header("x-id")));
        assert_eq!(sign(" ", "a"), Err(SignError::Secret(SecretError::Blank)));
        let token = Scheme::token().header("x-token");
        let signed = token.sign(&Secret::new("a\nb"), &RequestToSign::new(b"{}"));
        assert_eq!(signed.map(drop), Err(SignError::Header("x-token")));
        let mut headers = HeaderMap::new();
        assert_eq!(insert_header(&mut headers, "x-a", "\0"), Err(SignError::Header("x-a")));
        assert_eq!(insert_header(&mut headers, "x-a", "b"), Ok(()));
        assert_eq!(headers["x-a"], "b");
    }

    #[test]
    fn debug_hides_signature_and_body() {
        let request = RequestToSign::new(b"canary").id("7");
        let shown = "RequestToSign { method: \"POST\", id: \"7\", body_len: 6, .. }";
        assert_eq!(format!("{request:?}"), shown);
        let signed =
            HMAC_SHA256_HEX.sign(&Secret::new("s3cret"), &request).expect("it can be signed");
        assert_eq!(format!("{signed:?}"), "SignedParts { body_len: 6, .. }");
    }

    #[test]
    fn errors_have_messages() {
        for (error, text) in [
            (SignError::Secret(SecretError::Malformed("text")), "the secret is not text"),
            (
                SignError::Header("x-id"),
                "the value for the header x-id is missing, or is not ASCII text",
            ),
            (SignError::Query("id"), "the URL has no query parameter id with a value to sign"),
            (SignError::Body, "the body has no place for the scheme's signature"),
            (SignError::Unsupported, "only the provider has the key that signs"),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
