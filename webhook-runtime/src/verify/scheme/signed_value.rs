//! Further signed values: parts of the head of a request that are signed beside id and time.

use std::borrow::Cow;

use http::HeaderMap;

use super::{
    RequestToSign, Scheme, SignError, VerifyError, checked_name,
    grammar::{self, HeaderNames},
    template::ReadValue,
};
use crate::verify::form;

/// A value in the head of a request that is signed beside the id and the time, such as a nonce. It
/// has a placeholder of its own in the signed text.
///
/// ```
/// use webhook_runtime::scheme::{Scheme, SignedValue, Timestamp};
///
/// const ACME: Scheme = Scheme::hmac_sha256()
///     .header("x-acme-signature")
///     .timestamp(Timestamp::header("x-acme-time"))
///     .values(&[SignedValue::header("nonce", "x-acme-nonce")])
///     .signed("{timestamp}.{nonce}.{body}");
/// ```
///
/// The signed text must have only one reading. So a value consists of visible ASCII characters, and
/// does not contain the first character of the text that marks its end.
#[derive(Clone, Copy, Debug)]
pub struct SignedValue {
    name: &'static str,
    source: ValueSource,
    lower_case: bool,
    /// The texts around an optional value.
    between: Option<[&'static str; 2]>,
}

#[derive(Clone, Copy, Debug)]
enum ValueSource {
    Header(&'static str),
    Query(&'static str),
}

impl SignedValue {
    /// The value of the header `header` (lower case), for the placeholder `{name}`.
    #[must_use]
    pub const fn header(name: &'static str, header: &'static str) -> Self {
        Self::new(name, ValueSource::Header(checked_name(header)))
    }

    /// The decoded value of a query parameter, for the placeholder `{name}`.
    #[must_use]
    pub const fn query(name: &'static str, parameter: &'static str) -> Self {
        Self::new(name, ValueSource::Query(parameter))
    }

    const fn new(name: &'static str, source: ValueSource) -> Self {
        Self { name, source, lower_case: false, between: None }
    }

    /// The value is signed in lower case, whatever its case in the request.
    #[must_use]
    pub const fn lower_case(mut self) -> Self {
        self.lower_case = true;
        self
    }

    /// The request may lack the value. `before` and `after` are signed around the value, and left
    /// out with it.
    #[must_use]
    pub const fn optional(mut self, before: &'static str, after: &'static str) -> Self {
        self.between = Some([before, after]);
        self
    }

    /// The name of the placeholder.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The header that contains the value, unless it is in the query.
    #[must_use]
    pub const fn header_name(&self) -> Option<&'static str> {
        match self.source {
            ValueSource::Header(name) => Some(name),
            ValueSource::Query(_) => None,
        }
    }

    /// The query parameter that contains the value, unless it is in a header.
    #[must_use]
    pub const fn query_parameter(&self) -> Option<&'static str> {
        match self.source {
            ValueSource::Header(_) => None,
            ValueSource::Query(name) => Some(name),
        }
    }

    /// The texts around the value that are left out with it, if it is optional.
    #[must_use]
    pub const fn optional_between(&self) -> Option<[&'static str; 2]> {
        self.between
    }

    /// The name of its place, for errors.
    const fn label(&self) -> &'static str {
        match self.source {
            ValueSource::Header(name) | ValueSource::Query(name) => name,
        }
    }

    /// The value with the text that it is signed as; `None` if it contains what marks its end.
    fn read<'r>(&self, text: Option<Cow<'r, str>>, border: Option<u8>) -> Option<ReadValue<'r>> {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && Some(byte) != border;
        if text.as_ref().is_some_and(|text| text.is_empty() || !text.bytes().all(is_plain)) {
            return None;
        }
        let text = match text {
            Some(text) if self.lower_case && text.bytes().any(|it| it.is_ascii_uppercase()) => {
                Some(Cow::Owned(text.to_ascii_lowercase()))
            }
            text => text,
        };
        Some(ReadValue { name: self.name, between: self.between.unwrap_or_default(), text })
    }
}

impl Scheme {
    /// Sets further signed values of the head. Each has a placeholder in the signed text.
    #[must_use]
    pub const fn values(mut self, values: &'static [SignedValue]) -> Self {
        self.values = values;
        self
    }

    /// The further signed values of the head.
    #[must_use]
    pub const fn signed_values(&self) -> &'static [SignedValue] {
        self.values
    }

    /// The signed text, with the texts around optional values, and the place of each further value:
    /// `{timestamp}.{nonce}.{body}, {nonce}: x-nonce`.
    #[must_use]
    pub fn signed_pattern(&self) -> String {
        let (mut text, mut places) = (self.signed_template().to_owned(), String::new());
        for value in self.values {
            let placeholder = format!("{{{}}}", value.name);
            let place = match value.source {
                ValueSource::Header(name) => name.to_owned(),
                ValueSource::Query(name) => format!("?{name}=…"),
            };
            let mut often = "";
            if let Some([before, after]) = value.between {
                text = text.replace(&placeholder, &format!("{before}{placeholder}{after}"));
                often = " if sent";
            }
            places.extend([", ", &placeholder, ": ", &place, often]);
        }
        text + &places
    }

    /// Reads the further signed values. They are well formed, but not yet verified.
    pub(super) fn read_values<'r>(
        &self,
        names: &HeaderNames,
        headers: &'r HeaderMap,
        query: &'r str,
    ) -> Result<Vec<ReadValue<'r>>, VerifyError> {
        let mut read = Vec::with_capacity(self.values.len());
        for (value, name) in self.values.iter().zip(&names.values) {
            let label = value.label();
            let text = match (value.source, name) {
                (ValueSource::Header(_), Some(name)) if headers.contains_key(name) => {
                    Some(Cow::Borrowed(grammar::named_header_text(headers, label, name)?))
                }
                (ValueSource::Header(_), _) => None,
                (ValueSource::Query(name), _) => form::value(query.as_bytes(), name)
                    .map_err(|form::AmbiguousForm| VerifyError::MalformedParameter(name))?,
            };
            let (missing, malformed) = match value.source {
                ValueSource::Header(_) => {
                    (VerifyError::MissingHeader(label), VerifyError::MalformedHeader(label))
                }
                ValueSource::Query(_) => {
                    (VerifyError::MissingParameter(label), VerifyError::MalformedParameter(label))
                }
            };
            if text.is_none() && value.between.is_none() {
                return Err(missing);
            }
            read.push(value.read(text, self.border_of(value)).ok_or(malformed)?);
        }
        Ok(read)
    }

    /// The values to sign: those of headers are the id, and those of the query are in the URL.
    pub(super) fn values_to_sign<'r>(
        &self,
        request: &RequestToSign<'r>,
    ) -> Result<Vec<ReadValue<'r>>, SignError> {
        let query = request.url.split_once('?').map_or("", |(_, query)| query);
        let mut read = Vec::with_capacity(self.values.len());
        for value in self.values {
            let (text, error) = match value.source {
                ValueSource::Header(name) => {
                    (Some(Cow::Borrowed(request.id)), SignError::Header(name))
                }
                ValueSource::Query(name) => {
                    let text = form::value(query.as_bytes(), name).unwrap_or_default();
                    (text, SignError::Query(name))
                }
            };
            if text.is_none() && value.between.is_none() {
                return Err(error);
            }
            read.push(value.read(text, self.border_of(value)).ok_or(error)?);
        }
        Ok(read)
    }

    /// The character that marks the end of a value before the body, or the start of one behind it.
    fn border_of(&self, value: &SignedValue) -> Option<u8> {
        match value.between {
            Some([_, after]) => after.bytes().next(),
            None => self.template.border_of(value.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::{
        Secret,
        scheme::{
            SignedRequest, Timestamp,
            fixtures::{HMAC_SHA256_HEX, SIGNATURE, judge, now, secrets, verifier, with},
        },
    };

    const NONCE: &[SignedValue] = &[SignedValue::header("nonce", "x-nonce")];
    const TIMED: Scheme = HMAC_SHA256_HEX.timestamp(Timestamp::header("x-time")).values(NONCE);
    const BEFORE: Scheme = TIMED.signed("{timestamp}.{nonce}.{body}");
    const BEHIND: Scheme = TIMED.signed("{body}.{nonce}.{timestamp}");
    const KEYED: Scheme = Scheme::sha256()
        .header(SIGNATURE)
        .timestamp(Timestamp::header("x-time"))
        .values(NONCE)
        .signed("{timestamp}{nonce}{secret}{body}");
    const MANIFEST: Scheme = HMAC_SHA256_HEX
        .fields(",", "v1")
        .timestamp(Timestamp::field("ts"))
        .values(&[
            SignedValue::query("item", "data.id").lower_case().optional("id:", ";"),
            SignedValue::header("request", "x-request").optional("request:", ";"),
        ])
        .without_body()
        .signed("{item}{request}ts:{timestamp};");

    fn signed(scheme: &Scheme, id: &str, url: &str) -> HeaderMap {
        let request = RequestToSign::new(b"{}").id(id).url(url).at(now());
        (*scheme)
            .checked()
            .sign(&Secret::new("s3cret"), &request)
            .expect("it can be signed")
            .headers
    }

    fn judge_query(headers: &HeaderMap, query: &str) -> Result<(), VerifyError> {
        let verifier = verifier(MANIFEST);
        let keys = verifier.prepare(&secrets(&["s3cret"])).expect("good secrets");
        let request = SignedRequest { method: "POST", url: "", headers, query, body: b"{}" };
        verifier.verify(&request, &keys, None, now()).map(drop)
    }

    #[test]
    fn a_value_of_a_header_is_signed() {
        for scheme in [BEFORE, BEHIND, KEYED] {
            let headers = signed(&scheme, "n0nce", "");
            assert_eq!(headers["x-nonce"], "n0nce");
            assert!(judge(scheme, &headers, b"{}").is_ok());
            for (nonce, error) in [
                ("n0nc", VerifyError::InvalidSignature),
                ("n0ncE", VerifyError::InvalidSignature),
                ("", VerifyError::MalformedHeader("x-nonce")),
                ("n 0", VerifyError::MalformedHeader("x-nonce")),
                ("n\u{e4}", VerifyError::MalformedHeader("x-nonce")),
            ] {
                let changed = with(headers.clone(), "x-nonce", nonce);
                assert_eq!(judge(scheme, &changed, b"{}").map(drop), Err(error), "{nonce:?}");
            }
            let mut without = headers.clone();
            without.remove("x-nonce");
            let missing = Err(VerifyError::MissingHeader("x-nonce"));
            assert_eq!(judge(scheme, &without, b"{}").map(drop), missing);
            let mut twice = headers.clone();
            twice.append("x-nonce", headers["x-nonce"].clone());
            let repeated = Err(VerifyError::RepeatedHeader("x-nonce"));
            assert_eq!(judge(scheme, &twice, b"{}").map(drop), repeated);
        }
    }

    #[test]
    fn no_border_of_a_value_can_be_moved() {
        let headers = with(signed(&BEFORE, "a", ""), "x-nonce", "a.b");
        let malformed = Err(VerifyError::MalformedHeader("x-nonce"));
        assert_eq!(judge(BEFORE, &headers, b"{}").map(drop), malformed);
        // The body `x.y` and the nonce `z` have the text of the body `x` and the nonce `y.z`.
        let request = RequestToSign::new(b"x.y").id("z").at(now());
        let headers = BEHIND.sign(&Secret::new("s3cret"), &request).expect("signed").headers;
        assert!(judge(BEHIND, &headers, b"x.y").is_ok());
        let moved = with(headers, "x-nonce", "y.z");
        assert_eq!(judge(BEHIND, &moved, b"x").map(drop), malformed);
        let sign = |id| {
            let request = RequestToSign::new(b"{}").id(id);
            BEFORE.sign(&Secret::new("s3cret"), &request).map(drop)
        };
        assert_eq!(sign("a.b"), Err(SignError::Header("x-nonce")));
    }

    #[test]
    fn optional_values_are_left_out_with_their_texts() {
        let text = |headers: &HeaderMap, query: &str| {
            let request = SignedRequest { method: "POST", url: "", headers, query, body: b"{}" };
            MANIFEST.signed_text(&request).map(|text| String::from_utf8(text).expect("text"))
        };
        let headers = signed(&MANIFEST, "r1", "https://a.example/?data.id=A%2D1&type=x");
        assert_eq!(
            text(&headers, "type=x&data.id=A-1"),
            Ok("id:a-1;request:r1;ts:1760000000;".into())
        );
        assert_eq!(judge_query(&headers, "data.id=A-1"), Ok(()));
        assert_eq!(judge_query(&headers, "x=y&data.id=a%2d1"), Ok(()));
        assert_eq!(judge_query(&headers, "data.id=A-2"), Err(VerifyError::InvalidSignature));
        assert_eq!(judge_query(&headers, ""), Err(VerifyError::InvalidSignature));
        let malformed = Err(VerifyError::MalformedParameter("data.id"));
        for query in ["data.id=", "data.id=a%3B", "data.id=A-1&data.id=A-1", "data.id=%ff"] {
            assert_eq!(judge_query(&headers, query), malformed, "{query}");
        }
        let mut without = headers.clone();
        without.remove("x-request");
        assert_eq!(text(&without, ""), Ok("ts:1760000000;".into()));
        assert_eq!(judge_query(&without, "data.id=A-1"), Err(VerifyError::InvalidSignature));
        let headers = signed(&MANIFEST, "r1", "https://a.example/");
        assert_eq!(judge_query(&headers, ""), Ok(()));
        assert_eq!(judge_query(&headers, "data.id=1"), Err(VerifyError::InvalidSignature));
    }

    #[test]
    fn a_value_that_is_needed_is_in_the_url() {
        const NEEDED: Scheme =
            HMAC_SHA256_HEX.values(&[SignedValue::query("item", "item")]).signed("{item}:{body}");
        let sign = |url| {
            let request = RequestToSign::new(b"{}").url(url);
            NEEDED.sign(&Secret::new("s3cret"), &request).map(drop)
        };
        assert_eq!(sign("https://a.example/?item=7"), Ok(()));
        assert_eq!(sign("https://a.example/"), Err(SignError::Query("item")));
        assert_eq!(sign("https://a.example/?item=7:8"), Err(SignError::Query("item")));
    }

    #[test]
    fn places_are_readable() {
        let [item, request] = MANIFEST.signed_values() else { panic!("two values") };
        assert_eq!((item.name(), item.header_name()), ("item", None));
        assert_eq!(item.query_parameter(), Some("data.id"));
        assert_eq!((request.header_name(), request.query_parameter()), (Some("x-request"), None));
        assert_eq!(item.optional_between(), Some(["id:", ";"]));
        assert_eq!(BEFORE.signed_values()[0].optional_between(), None);
        let pattern = "id:{item};request:{request};ts:{timestamp};, {item}: ?data.id=… if sent, \
                       {request}: x-request if sent";
        assert_eq!(MANIFEST.signed_pattern(), pattern);
        assert_eq!(BEFORE.signed_pattern(), "{timestamp}.{nonce}.{body}, {nonce}: x-nonce");
        assert_eq!(HMAC_SHA256_HEX.signed_pattern(), "{body}");
        assert!(BEFORE.signs_header("x-nonce") && !BEFORE.signs_header("x-other"));
    }
}
