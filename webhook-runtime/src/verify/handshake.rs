//! Handshakes, as data: challenges and pings that check who owns an endpoint and deliver no event.
//!
//! A [`Handshake`] says which requests it matches, how they are authenticated, and how to respond.
//! Handlers never see these requests.

use std::{borrow::Cow, fmt, ops::Range};

use base64ct::{Base64, Encoding as _};
use form_urlencoded::parse as parse_form;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use crate::verify::{
    BodyFormat, Secret, body_format, is_labelled_form, json,
    scheme::{Keys, is_opaque_token},
};

/// The maximum length of a challenge that is echoed, in bytes.
const MAX_CHALLENGE: usize = 1024;

/// The maximum size of the body of an unsigned handshake, in bytes.
pub(crate) const MAX_UNSIGNED_BODY: usize = 4096;

/// One kind of handshake: the requests that it matches, and the response to them.
///
/// ```
/// use webhook_runtime::handshake::{HandshakeResponse, Handshake, RequestValue, Condition};
///
/// // Echoes the challenge in {"type":"url_verification","challenge":"…"}.
/// const CHALLENGE: Handshake = Handshake::signed(
///     &[Condition::BodyIs("/type", "url_verification")],
///     HandshakeResponse::Text(RequestValue::Body("/challenge")),
/// );
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Handshake {
    pub(crate) method: &'static str,
    pub(crate) trust: Trust,
    pub(crate) conditions: &'static [Condition],
    pub(crate) response: HandshakeResponse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Signed like any delivery.
    Signed,
    /// Not signed; a response does no harm.
    Unsigned,
    /// This value of the query or the body is the verify token.
    VerifyToken(RequestValue),
}

/// A condition on a request. A handshake matches if all its conditions hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// The query has a parameter of this name.
    Query(&'static str),
    /// The query has a parameter of this name and value.
    QueryIs(&'static str, &'static str),
    /// The request has a header of this (lower-case) name.
    Header(&'static str),
    /// The request has a header of this (lower-case) name and this value.
    HeaderIs(&'static str, &'static str),
    /// The request has no header of this (lower-case) name.
    HeaderLacks(&'static str),
    /// The body has a string or number at this JSON pointer.
    Body(&'static str),
    /// The body has this string or number, as text, at this JSON pointer.
    BodyIs(&'static str, &'static str),
    /// The body has no string or number at this JSON pointer.
    BodyLacks(&'static str),
    /// The body is a form of exactly these fields, each sent once, in any order. A field with a
    /// value has exactly this value.
    OnlyFormFields(&'static [(&'static str, Option<&'static str>)]),
}

impl Condition {
    fn needs_body(self) -> bool {
        matches!(
            self,
            Self::Body(_) | Self::BodyIs(..) | Self::BodyLacks(_) | Self::OnlyFormFields(_)
        )
    }
}

/// A value that is taken from a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestValue {
    /// The decoded value of a query parameter.
    Query(&'static str),
    /// The value of a header.
    Header(&'static str),
    /// The string or number at a JSON pointer.
    Body(&'static str),
    /// The lower-case hex HMAC-SHA256 of a value, with the endpoint's secret. The value must be a
    /// token of letters, digits and `-_+/=`, so that nobody can obtain the signature of a delivery
    /// this way.
    HmacHex(&'static RequestValue),
    /// `sha256=`, followed by the base64 HMAC-SHA256 of such a token.
    HmacBase64(&'static RequestValue),
    /// The lower-case hex SHA-256 of these parts, joined without separators.
    Sha256Hex(&'static [HashPart]),
    /// The answer that a scheme in code has to a value: see
    /// [`Verify::answer_challenge`](crate::scheme::Verify::answer_challenge).
    SchemeAnswer(&'static RequestValue),
}

/// A part of a hashed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HashPart {
    /// A value of the request. It must be a token of letters, digits and `-_+/=`.
    Value(RequestValue),
    /// The endpoint's verify token. The start fails without one.
    VerifyToken,
    /// The public URL of the request, without its query. The start fails without a
    /// [`Webhooks::public_url`](crate::Webhooks::public_url).
    PublicUrl,
}

/// The response to a handshake.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum HandshakeResponse {
    /// 200 and the value as plain text, with `nosniff`, so that no browser renders it as HTML.
    Text(RequestValue),
    /// 200 and a JSON object of these strings.
    Json(&'static [(&'static str, RequestValue)]),
    /// 200 and this JSON text.
    StaticJson(&'static str),
    /// This status, without a body.
    Empty(u16),
    /// Passes the value as the secret to [`SecretSource::store`](crate::SecretSource::store). Once
    /// it is stored, the response is 200 and echoes the secret in the header of this name.
    StoreSecret(RequestValue, Option<&'static str>),
    /// Visits the URL in this value if the function accepts it. The response is then 200.
    ConfirmSubscription(RequestValue, fn(&str) -> bool),
    /// 200 and the permission headers of `CloudEvents`: the origin, if it is allowed, and a rate.
    AllowOrigin,
}

impl Handshake {
    /// A POST with the same signature as a delivery.
    #[must_use]
    pub const fn signed(conditions: &'static [Condition], response: HandshakeResponse) -> Self {
        Self { method: "POST", trust: Trust::Signed, conditions, response }
    }

    /// A request without a signature.
    #[must_use]
    pub const fn unsigned(
        method: &'static str,
        conditions: &'static [Condition],
        response: HandshakeResponse,
    ) -> Self {
        Self { method, trust: Trust::Unsigned, conditions, response }
    }

    /// A request that contains the verify token: a GET with the token in its query, or a POST with
    /// the token in its JSON body. See [`Webhooks::verify_token`](crate::Webhooks::verify_token).
    ///
    /// # Panics
    /// If the token is neither in the query nor in the body. In a constant, this is a compile error.
    #[must_use]
    pub const fn with_verify_token(
        token: RequestValue,
        conditions: &'static [Condition],
        response: HandshakeResponse,
    ) -> Self {
        let method = match token {
            RequestValue::Query(_) => "GET",
            RequestValue::Body(_) => "POST",
            _ => panic!("a verify token is in the query or in the body"),
        };
        Self { method, trust: Trust::VerifyToken(token), conditions, response }
    }

    /// The method of the requests.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// The conditions on the requests.
    #[must_use]
    pub const fn conditions(&self) -> &'static [Condition] {
        self.conditions
    }

    /// The response.
    #[must_use]
    pub const fn response(&self) -> HandshakeResponse {
        self.response
    }

    /// True if the requests are signed like deliveries.
    #[must_use]
    pub const fn is_signed(&self) -> bool {
        matches!(self.trust, Trust::Signed)
    }

    /// The value of the request that is the verify token, if there is one: in the query or in the body.
    #[must_use]
    pub const fn verify_token(&self) -> Option<RequestValue> {
        match self.trust {
            Trust::VerifyToken(token) => Some(token),
            Trust::Signed | Trust::Unsigned => None,
        }
    }

    /// The query parameter that contains the verify token, if there is one.
    #[must_use]
    pub const fn verify_token_parameter(&self) -> Option<&'static str> {
        match self.trust {
            Trust::VerifyToken(RequestValue::Query(parameter)) => Some(parameter),
            _ => None,
        }
    }

    /// The range of the verify token in a body, if it is the body of such a request.
    pub(crate) fn token_range(&self, body: &[u8]) -> Option<Range<usize>> {
        let Trust::VerifyToken(RequestValue::Body(pointer)) = self.trust else { return None };
        let (method, headers) = (&Method::POST, &HeaderMap::new());
        let request = HandshakeRequest { method, query: "", headers, url: None, body: Some(body) };
        let mut of_body = self.conditions.iter().filter(|condition| condition.needs_body());
        if !of_body.all(|condition| request.meets(*condition)) {
            return None;
        }
        json::text_range(body, pointer)
    }

    /// True if the endpoint needs a verify token.
    pub(crate) fn needs_verify_token(&self) -> bool {
        self.verify_token().is_some() || self.hashes(HashPart::VerifyToken)
    }

    /// True if the response contains a hash of the public URL.
    pub(crate) fn needs_public_url(&self) -> bool {
        self.hashes(HashPart::PublicUrl)
    }

    /// True if this part belongs to a hash in the response.
    fn hashes(&self, part: HashPart) -> bool {
        let is_hashed =
            |value| matches!(value, RequestValue::Sha256Hex(parts) if parts.contains(&part));
        self.response.values().any(is_hashed)
    }

    fn needs_body(&self) -> bool {
        matches!(self.trust, Trust::VerifyToken(RequestValue::Body(_)))
            || self.conditions.iter().any(|condition| condition.needs_body())
    }
}

/// The parts of a request that handshakes look at.
#[derive(Clone, Copy)]
pub(crate) struct HandshakeRequest<'r> {
    pub(crate) method: &'r Method,
    pub(crate) query: &'r str,
    pub(crate) headers: &'r HeaderMap,
    /// The public URL, if a response needs it. Its query does not matter.
    pub(crate) url: Option<&'r str>,
    /// The body, if it has been read.
    pub(crate) body: Option<&'r [u8]>,
}

/// The endpoint's data for a response.
#[derive(Clone, Copy)]
pub(crate) struct HandshakeContext<'a> {
    pub(crate) keys: Option<&'a Keys>,
    pub(crate) verify_token: Option<&'a Secret>,
    pub(crate) allowed_cloudevents_origins: Option<&'a [String]>,
}

/// The response to a handshake, without the body type of a server.
pub(crate) type Reply = Response<String>;

/// The reason why a request that looks like a handshake is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The verify token is missing or wrong. Endpoints respond with 403.
    WrongToken,
    /// The challenge is missing or invalid, for this reason. Endpoints respond with 400.
    Malformed(&'static str),
    /// There is no secret to compute the response with. Endpoints respond with 503.
    NoSecret,
    /// The public URL is not known, and the response contains a hash of it. Endpoints cannot start
    /// without it.
    NoPublicUrl,
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongToken => "the verify token is missing or wrong",
            Self::Malformed(detail) => detail,
            Self::NoSecret => "there is no secret to answer the challenge with",
            Self::NoPublicUrl => "there is no public URL to answer the challenge with",
        })
    }
}

impl std::error::Error for HandshakeError {}

/// The next step of a handshake: see
/// [`ProviderVerifier::handshake`](crate::ProviderVerifier::handshake).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum HandshakeStep {
    /// Send this response.
    Reply(Response<String>),
    /// Store the secret that the provider chose, then send the response.
    StoreSecret {
        /// The secret. It verifies all later deliveries.
        secret: Secret,
        /// The response.
        reply: Response<String>,
    },
    /// Visit this URL, which is the provider's own, then respond with 200.
    ConfirmSubscription {
        /// The URL.
        url: String,
    },
}

/// Finds the unsigned handshake that matches a request: by its body if that has been read, or else
/// by its head.
pub(crate) fn find_unsigned(
    handshakes: &'static [Handshake],
    request: &HandshakeRequest<'_>,
) -> Option<&'static Handshake> {
    handshakes.iter().find(|handshake| {
        handshake.trust != Trust::Signed
            && handshake.needs_body() == request.body.is_some()
            && request.matches(handshake)
    })
}

/// True if the body could make a request an unsigned handshake, as far as its head says.
pub(crate) fn body_may_match(handshakes: &[Handshake], request: &HandshakeRequest<'_>) -> bool {
    handshakes.iter().any(|handshake| {
        handshake.trust != Trust::Signed
            && handshake.needs_body()
            && request.method == handshake.method
            && handshake.conditions.iter().all(|condition| match condition {
                Condition::OnlyFormFields(_) => is_labelled_form(request.headers),
                condition => condition.needs_body() || request.meets(*condition),
            })
    })
}

/// True if an unsigned handshake responds with the signature of a challenge.
pub(crate) fn signs_unsigned_challenges(handshakes: &[Handshake]) -> bool {
    handshakes.iter().any(|handshake| handshake.trust != Trust::Signed && handshake.needs_secret())
}

/// Finds the signed handshake that matches a verified request.
pub(crate) fn find_signed(
    handshakes: &'static [Handshake],
    request: &HandshakeRequest<'_>,
) -> Option<&'static Handshake> {
    handshakes
        .iter()
        .find(|handshake| handshake.trust == Trust::Signed && request.matches(handshake))
}

impl Handshake {
    /// Checks the verify token and makes the next step for a request that matches this handshake.
    pub(crate) fn respond(
        &self,
        request: &HandshakeRequest<'_>,
        context: HandshakeContext<'_>,
    ) -> Result<HandshakeStep, HandshakeError> {
        if let Trust::VerifyToken(token) = self.trust {
            let sent = request.plain_value(token).unwrap_or_default();
            if !context.verify_token.is_some_and(|token| token.matches(sent.as_bytes())) {
                return Err(HandshakeError::WrongToken);
            }
        }
        request.respond(self.response, context)
    }

    /// True if the response is computed with the endpoint's secret.
    pub(crate) fn needs_secret(&self) -> bool {
        self.response.values().any(|value| {
            matches!(
                value,
                RequestValue::HmacHex(_)
                    | RequestValue::HmacBase64(_)
                    | RequestValue::SchemeAnswer(_)
            )
        })
    }
}

impl HandshakeResponse {
    /// The values that the response is made of.
    pub fn values(&self) -> impl Iterator<Item = RequestValue> + use<> {
        let (value, fields) = match *self {
            Self::Text(value)
            | Self::StoreSecret(value, _)
            | Self::ConfirmSubscription(value, _) => (Some(value), &[][..]),
            Self::Json(fields) => (None, fields),
            Self::StaticJson(_) | Self::Empty(_) | Self::AllowOrigin => (None, &[][..]),
        };
        value.into_iter().chain(fields.iter().map(|(_, value)| *value))
    }
}

impl RequestValue {
    /// The values of the request that this value is computed from: itself, if it is not computed.
    #[must_use]
    pub fn sources(&self) -> Vec<RequestValue> {
        match *self {
            Self::Query(_) | Self::Header(_) | Self::Body(_) => vec![*self],
            Self::HmacHex(of) | Self::HmacBase64(of) | Self::SchemeAnswer(of) => of.sources(),
            Self::Sha256Hex(parts) => {
                let sources = parts.iter().flat_map(|part| match part {
                    HashPart::Value(value) => value.sources(),
                    HashPart::VerifyToken | HashPart::PublicUrl => Vec::new(),
                });
                sources.collect()
            }
        }
    }
}

impl HandshakeRequest<'_> {
    fn matches(&self, handshake: &Handshake) -> bool {
        self.method == handshake.method
            && handshake.conditions.iter().all(|condition| self.meets(*condition))
    }

    fn meets(&self, condition: Condition) -> bool {
        match condition {
            Condition::Query(name) => self.query(name).is_some(),
            Condition::QueryIs(name, value) => self.query(name).is_some_and(|found| found == value),
            Condition::Header(name) => self.headers.contains_key(name),
            Condition::HeaderIs(name, value) => self.header(name) == Some(value),
            Condition::HeaderLacks(name) => !self.headers.contains_key(name),
            Condition::Body(pointer) => self.body(pointer).is_some(),
            Condition::BodyIs(pointer, value) => {
                self.body(pointer).is_some_and(|found| found == value)
            }
            Condition::BodyLacks(pointer) => self.body(pointer).is_none(),
            Condition::OnlyFormFields(fields) => self
                .body
                .filter(|body| body_format(self.headers, body) == BodyFormat::Form)
                .is_some_and(|body| has_only_fields(body, fields)),
        }
    }

    fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        parse_form(self.query.as_bytes()).find(|(found, _)| found == name).map(|(_, value)| value)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn body(&self, pointer: &str) -> Option<Cow<'_, str>> {
        json::scalar(self.body?, pointer)
    }

    /// A value that is not computed.
    fn plain_value(&self, value: RequestValue) -> Option<Cow<'_, str>> {
        match value {
            RequestValue::Query(name) => self.query(name),
            RequestValue::Header(name) => self.header(name).map(Cow::Borrowed),
            RequestValue::Body(pointer) => self.body(pointer),
            RequestValue::HmacHex(_)
            | RequestValue::HmacBase64(_)
            | RequestValue::Sha256Hex(_)
            | RequestValue::SchemeAnswer(_) => None,
        }
    }

    fn value(
        &self,
        value: RequestValue,
        context: HandshakeContext<'_>,
    ) -> Result<String, HandshakeError> {
        let hmac = |of: &RequestValue| {
            let text = self.token(*of, context)?;
            context
                .keys
                .and_then(|keys| keys.hmac_sha256(text.as_bytes()))
                .ok_or(HandshakeError::NoSecret)
        };
        match value {
            RequestValue::HmacHex(of) => return Ok(base16ct::lower::encode_string(&hmac(of)?)),
            RequestValue::HmacBase64(of) => {
                return Ok(format!("sha256={}", Base64::encode_string(&hmac(of)?)));
            }
            RequestValue::Sha256Hex(parts) => return self.sha256_hex(parts, context),
            RequestValue::SchemeAnswer(of) => {
                let challenge = self.value(*of, context)?;
                let keys = context.keys.ok_or(HandshakeError::NoSecret)?;
                return keys
                    .answer_challenge(&challenge)
                    .ok_or(malformed("the challenge is not of the provider's form"));
            }
            RequestValue::Query(_) | RequestValue::Header(_) | RequestValue::Body(_) => {}
        }
        match self.plain_value(value) {
            Some(value) if value.len() <= MAX_CHALLENGE => Ok(value.into_owned()),
            Some(_) => Err(malformed("the challenge is longer than 1024 bytes")),
            None => Err(malformed("the challenge is missing")),
        }
    }

    /// A value that has to be a token.
    fn token(
        &self,
        value: RequestValue,
        context: HandshakeContext<'_>,
    ) -> Result<String, HandshakeError> {
        let text = self.value(value, context)?;
        if is_opaque_token(text.as_bytes()) {
            Ok(text)
        } else {
            Err(malformed("the challenge is not a token"))
        }
    }

    fn sha256_hex(
        &self,
        parts: &[HashPart],
        context: HandshakeContext<'_>,
    ) -> Result<String, HandshakeError> {
        let mut hash = Sha256::new();
        for part in parts {
            match part {
                HashPart::Value(value) => hash.update(self.token(*value, context)?),
                HashPart::VerifyToken => {
                    hash.update(context.verify_token.ok_or(HandshakeError::NoSecret)?.expose());
                }
                HashPart::PublicUrl => {
                    let url = self.url.ok_or(HandshakeError::NoPublicUrl)?;
                    hash.update(url.split_once('?').map_or(url, |(url, _)| url));
                }
            }
        }
        Ok(base16ct::lower::encode_string(&hash.finalize()))
    }

    fn respond(
        &self,
        response: HandshakeResponse,
        context: HandshakeContext<'_>,
    ) -> Result<HandshakeStep, HandshakeError> {
        Ok(HandshakeStep::Reply(match response {
            HandshakeResponse::Text(value) => text_reply(self.value(value, context)?),
            HandshakeResponse::Json(fields) => {
                let mut object = Map::new();
                for (name, value) in fields {
                    object.insert((*name).to_owned(), Json::from(self.value(*value, context)?));
                }
                json_reply(Json::Object(object).to_string())
            }
            HandshakeResponse::StaticJson(json) => json_reply(json.to_owned()),
            HandshakeResponse::Empty(status) => {
                empty_reply(StatusCode::from_u16(status).unwrap_or(StatusCode::OK))
            }
            HandshakeResponse::StoreSecret(value, echo) => {
                let secret = self.value(value, context)?;
                let mut reply = empty_reply(StatusCode::OK);
                if let Some(name) = echo {
                    let mut header = HeaderValue::from_str(&secret)
                        .map_err(|_| malformed("the secret is not valid in a header"))?;
                    header.set_sensitive(true);
                    reply.headers_mut().insert(HeaderName::from_static(name), header);
                }
                return Ok(HandshakeStep::StoreSecret { secret: Secret::new(secret), reply });
            }
            HandshakeResponse::ConfirmSubscription(value, approves) => {
                let url = self.value(value, context)?;
                if !approves(&url) {
                    return Err(malformed("the URL is not the provider's"));
                }
                return Ok(HandshakeStep::ConfirmSubscription { url });
            }
            HandshakeResponse::AllowOrigin => {
                self.allow_origin(context.allowed_cloudevents_origins)
            }
        }))
    }

    /// `CloudEvents` HTTP webhooks, section 4: the header grants the permission, not the status.
    fn allow_origin(&self, allowed: Option<&[String]>) -> Reply {
        let mut response = empty_reply(StatusCode::OK);
        let headers = response.headers_mut();
        headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
        let Some(origin) = self.headers.get("webhook-request-origin") else { return response };
        let is_allowed = allowed.is_none_or(|allowed| {
            origin.to_str().is_ok_and(|origin| {
                allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
            })
        });
        if is_allowed {
            headers.insert("webhook-allowed-origin", origin.clone());
            if let Some(rate) = self.headers.get("webhook-request-rate") {
                headers.insert("webhook-allowed-rate", rate.clone());
            }
        }
        response
    }
}

/// True if a form has exactly these fields, each once and with the value that is given for it.
fn has_only_fields(form: &[u8], wanted: &[(&str, Option<&str>)]) -> bool {
    parse_form(form).count() == wanted.len()
        && wanted.iter().all(|(name, value)| {
            let is_wanted = |found: &str| value.is_none_or(|value| found == value);
            parse_form(form).any(|(found, text)| found == *name && is_wanted(&text))
        })
}

const fn malformed(detail: &'static str) -> HandshakeError {
    HandshakeError::Malformed(detail)
}

fn empty_reply(status: StatusCode) -> Reply {
    let mut response = Response::new(String::new());
    *response.status_mut() = status;
    response
}

/// A plain-text reply that no browser renders as HTML.
fn text_reply(body: String) -> Reply {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn json_reply(body: String) -> Reply {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_can_be_read() {
        const CHALLENGE: HandshakeResponse = HandshakeResponse::Text(RequestValue::Query("c"));
        const WHEN: &[Condition] = &[Condition::Query("c")];
        let signed = Handshake::signed(WHEN, CHALLENGE);
        assert_eq!((signed.method(), signed.conditions()), ("POST", WHEN));
        assert!(signed.is_signed() && signed.verify_token_parameter().is_none());
        let unsigned = Handshake::unsigned("PUT", WHEN, CHALLENGE);
        assert!(!unsigned.is_signed() && unsigned.method() == "PUT");
        assert!(matches!(unsigned.response(), HandshakeResponse::Text(RequestValue::Query("c"))));
        let token = Handshake::with_verify_token(RequestValue::Query("t"), WHEN, CHALLENGE);
        assert_eq!((token.method(), token.verify_token_parameter()), ("GET", Some("t")));
        let in_body = Handshake::with_verify_token(RequestValue::Body("/t"), WHEN, CHALLENGE);
        assert_eq!(in_body.verify_token(), Some(RequestValue::Body("/t")));
        assert_eq!((in_body.method(), in_body.verify_token_parameter()), ("POST", None));
        assert!(in_body.needs_verify_token() && !in_body.needs_public_url());
    }

    #[test]
    fn sources_are_the_values_of_the_request() {
        const CODE: RequestValue = RequestValue::Query("c");
        const HASH: RequestValue = RequestValue::Sha256Hex(&[
            HashPart::VerifyToken,
            HashPart::Value(RequestValue::HmacHex(&CODE)),
            HashPart::PublicUrl,
        ]);
        assert_eq!(HASH.sources(), [CODE]);
        assert_eq!(CODE.sources(), [CODE]);
        let hashed = Handshake::unsigned("GET", &[], HandshakeResponse::Json(&[("a", HASH)]));
        assert!(hashed.needs_verify_token() && hashed.needs_public_url());
        assert_eq!(hashed.verify_token(), None);
    }
}
