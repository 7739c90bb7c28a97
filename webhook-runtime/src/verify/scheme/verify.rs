//! Verification, as a pure function of a request, the secrets and the time.

use std::{
    borrow::Cow,
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderName};

use super::{
    Identity, Scheme, VerifyError,
    encoding::{MAX_SIGNATURE, MAX_TEXT},
    grammar::{self, HeaderNames, Signatures},
    key::{self, Key},
    template::{self, Values},
    timestamp::{TimestampLocation, TimestampUnit},
};
use crate::verify::{
    BodyFormat, body_format,
    form::{self, AmbiguousForm},
    is_labelled_form, json,
};

/// A request as received, before verification.
#[derive(Clone, Copy)]
pub struct SignedRequest<'r> {
    /// The method, in upper case.
    pub method: &'r str,
    /// The public URL that the provider calls. It comes from the configuration, never from the
    /// request's own headers. Empty if the scheme does not sign it.
    pub url: &'r str,
    /// The headers.
    pub headers: &'r HeaderMap,
    /// The query of the request as sent, without the `?`.
    pub query: &'r str,
    /// The raw bytes of the body.
    pub body: &'r [u8],
}

/// Hides headers and body: they may contain secrets.
impl fmt::Debug for SignedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedRequest")
            .field("method", &self.method)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl SignedRequest<'_> {
    /// True if the content type is that of a form, and the body does not show that it is JSON: few
    /// schemes sign the content type.
    #[must_use]
    pub fn is_form(&self) -> bool {
        is_labelled_form(self.headers) && body_format(self.headers, self.body) == BodyFormat::Form
    }
}

/// True if a text is an opaque token of letters, digits and `-_+/=`, which no provider sends as a
/// delivery. X sends unsigned handshakes that ask for the HMAC of a challenge. An attacker could
/// use them to obtain the signature of a forged delivery. So only opaque tokens are signed for such
/// a handshake, and an opaque token is rejected as a delivery.
pub(crate) fn is_opaque_token(text: &[u8]) -> bool {
    !text.is_empty() && template::is_token_text(text)
}

/// True if the id contains the separator, or could overlap its start: `a:` and `::` could also be
/// read as `a`, `::` and a colon.
fn contains_or_overlaps(text: &str, end: &str) -> bool {
    let begins = |at: usize| end.is_char_boundary(at) && end.starts_with(&end[at..]);
    text.contains(end) || (1..end.len()).any(|at| begins(at) && text.ends_with(&end[..at]))
}

/// The result of a successful verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The name of the secret that the signature matched.
    pub secret_name: Cow<'static, str>,
    /// The signed time, if the scheme signs one.
    pub signed_at: Option<SystemTime>,
    /// The identity of the delivery, if the verifier was asked for it: see
    /// [`ProviderVerifier::with_identity`](crate::ProviderVerifier::with_identity). It says nothing of
    /// a query, unless the scheme signs the URL.
    pub identity: Option<Identity>,
    /// The signed text, if it is not the body: the field of a form that is signed alone, or the
    /// content of a token that is the body. Nothing else of the body may be believed.
    pub signed_field: Option<Vec<u8>>,
}

/// The claims in the head of a request, for a scheme that is data.
pub(super) struct HeadClaims<'r> {
    pub(super) signatures: Signatures<'r>,
    /// The time that is sent in a header: as text, and in milliseconds since 1970.
    time: Option<(&'r str, u64)>,
    /// The signed id; empty if the scheme signs none.
    id: &'r str,
}

impl<'r> HeadClaims<'r> {
    /// The values of the signed text.
    fn values<'v>(&self, request: &SignedRequest<'v>, body: &'v [u8]) -> Values<'v>
    where
        'r: 'v,
    {
        Values {
            id: self.id,
            timestamp: self.time.map(|(text, _)| text).unwrap_or_default(),
            method: request.method,
            url: request.url,
            body,
            secret: &[],
        }
    }
}

impl Scheme {
    /// The text that the signature of this request has to cover, without the `{secret}`: to find out
    /// why a request is rejected. Nothing of it is verified.
    ///
    /// ```
    /// use webhook_runtime::{Secret, providers::STRIPE, scheme::{RequestToSign, SignedRequest}};
    ///
    /// let sent = STRIPE.sign(&Secret::new("whsec_s3cret"), &RequestToSign::new(b"{}"))?;
    /// let request =
    ///     SignedRequest { method: "POST", url: "", headers: &sent.headers, query: "", body: b"{}" };
    /// let text = STRIPE.scheme().expect("data").signed_text(&request)?;
    /// assert!(text.ends_with(b".{}"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the signature, the time or the id is missing or malformed.
    pub fn signed_text(&self, request: &SignedRequest<'_>) -> Result<Vec<u8>, VerifyError> {
        let is_sent = |name: &HeaderName| request.headers.contains_key(name);
        let names = self
            .alternative_names()
            .filter(|names| names.signatures.iter().any(is_sent))
            .unwrap_or_else(|| self.header_names());
        let head = self.read_head(&names, request.headers, request.query)?;
        let field = self.signed_field(request)?;
        let body = field.as_deref().map_or(request.body, str::as_bytes);
        let mut text = Vec::with_capacity(body.len());
        self.template.feed(&head.values(request, body), |piece| text.extend_from_slice(piece));
        Ok(text)
    }

    pub(super) fn header_names(&self) -> HeaderNames {
        let timestamp = self.timestamp.and_then(|timestamp| match timestamp.location {
            TimestampLocation::Header(name) => Some(HeaderName::from_static(name)),
            TimestampLocation::Field(_) | TimestampLocation::Pointer(_) => None,
        });
        HeaderNames {
            signatures: self.placement.names(),
            timestamp,
            id: self.id.map(HeaderName::from_static),
            required: self.requires.iter().map(|(name, _)| HeaderName::from_static(name)).collect(),
        }
    }

    /// Reads the claims in the head of a request.
    pub(super) fn read_head<'r>(
        &self,
        names: &HeaderNames,
        headers: &'r HeaderMap,
        query: &'r str,
    ) -> Result<HeadClaims<'r>, VerifyError> {
        let mut signatures = Signatures::new();
        self.read_signatures(names, headers, query, &mut signatures)?;
        let read = self
            .read_timestamp(names, headers, &signatures)
            .and_then(|time| Ok((time, self.read_id(names, headers)?)));
        match read {
            Ok((time, id)) => Ok(HeadClaims { signatures, time, id }),
            Err(error) => {
                self.check_format(&signatures)?;
                Err(error)
            }
        }
    }

    pub(super) fn verify(
        &self,
        head: &HeadClaims<'_>,
        request: &SignedRequest<'_>,
        keys: &[(Cow<'static, str>, Key)],
        now: SystemTime,
        wants_identity: bool,
    ) -> Result<Verified, VerifyError> {
        let field = self.signed_field(request)?;
        let body = field.as_deref().map_or(request.body, str::as_bytes);
        if self.body_could_extend_time(body) || self.is_border_moved(request, body) {
            return Err(VerifyError::MalformedBody);
        }
        let values = head.values(request, body);
        let secret = self
            .find_secret(&head.signatures, &values, keys)
            .ok_or(VerifyError::InvalidSignature)?;
        let sent_millis = head.time.map(|(_, millis)| millis);
        let timestamp = self.check_timestamp(sent_millis, request.body, now)?;
        let identity = wants_identity.then(|| self.identity(&values));
        let signed_field = field.map(|field| field.into_owned().into_bytes());
        Ok(Verified { secret_name: secret, signed_at: timestamp, identity, signed_field })
    }

    fn find_secret(
        &self,
        claimed: &Signatures<'_>,
        values: &Values<'_>,
        keys: &[(Cow<'static, str>, Key)],
    ) -> Option<Cow<'static, str>> {
        for (at, (name, key)) in keys.iter().enumerate() {
            let mut signatures = claimed
                .all()
                .iter()
                .filter(|signature| signature.secret.is_none_or(|secret| secret == at))
                .map(|signature| signature.text);
            let matches = if self.algorithm.is_credential() {
                signatures.any(|text| key.matches_credential(text.as_bytes()))
            } else if let Some(tag) = key.tag(&self.template, values) {
                // Encodings are strict, so comparing texts is the same as comparing bytes.
                let mut buffer = [0; MAX_TEXT];
                let expected = self.encoding.encode_into(tag.as_bytes(), &mut buffer)?;
                signatures.any(|text| key::constant_time_eq(expected, text.as_bytes()))
            } else {
                let mut buffer = [0; MAX_SIGNATURE];
                signatures.any(|text| {
                    let sent = self.encoding.decode(text, &mut buffer);
                    sent.is_some_and(|sent| key.verifies(&self.template, values, sent))
                })
            };
            if matches {
                return Some(name.clone());
            }
        }
        None
    }

    /// The form field that is signed instead of the body.
    fn signed_field<'r>(
        &self,
        request: &SignedRequest<'r>,
    ) -> Result<Option<Cow<'r, str>>, VerifyError> {
        // The content type may decide here: the field and the whole body have different signatures.
        match self.form_field.filter(|_| is_labelled_form(request.headers)) {
            None => Ok(None),
            Some(name) => match form::value(request.body, name) {
                Ok(Some(value)) => Ok(Some(value)),
                Ok(None) | Err(AmbiguousForm) => Err(VerifyError::MalformedBody),
            },
        }
    }

    /// Reads the signatures from the headers or the query.
    fn read_signatures<'r>(
        &self,
        names: &HeaderNames,
        headers: &'r HeaderMap,
        query: &'r str,
        claimed: &mut Signatures<'r>,
    ) -> Result<(), VerifyError> {
        for ((label, wanted), name) in self.requires.iter().zip(&names.required) {
            if grammar::named_header_text(headers, label, name)? != *wanted {
                return Err(VerifyError::MalformedHeader(label));
            }
        }
        let field = match self.timestamp.map(|timestamp| timestamp.location) {
            Some(TimestampLocation::Field(field)) => Some(field),
            _ => None,
        };
        self.placement.read(&names.signatures, headers, query, field, claimed)
    }

    /// Checks that at least one of the signatures is well formed.
    pub(super) fn check_format(&self, claimed: &Signatures<'_>) -> Result<(), VerifyError> {
        if !self.algorithm.is_credential() {
            let length = self.algorithm.signature_len();
            let well_formed = |text| {
                let decoded = self.encoding.decoded_len(text);
                decoded.is_some_and(|decoded| length.is_none_or(|length| decoded == length))
            };
            if !claimed.all().iter().map(|signature| signature.text).any(well_formed) {
                return Err(VerifyError::MalformedSignature(self.placement.name()));
            }
        }
        Ok(())
    }

    /// Reads the timestamp in a header, as text and in milliseconds since 1970. It is well formed,
    /// but not yet verified.
    fn read_timestamp<'r>(
        &self,
        names: &HeaderNames,
        headers: &'r HeaderMap,
        claimed: &Signatures<'r>,
    ) -> Result<Option<(&'r str, u64)>, VerifyError> {
        let Some(timestamp) = &self.timestamp else { return Ok(None) };
        let text = match (timestamp.location, &names.timestamp) {
            (TimestampLocation::Header(label), Some(name)) => {
                grammar::named_header_text(headers, label, name)?
            }
            _ => match claimed.timestamp {
                Some(text) => text,
                None if matches!(timestamp.location, TimestampLocation::Pointer(_)) => {
                    return Ok(None);
                }
                None => return Err(VerifyError::MalformedTimestamp),
            },
        };
        let millis = timestamp.parse(text).ok_or(VerifyError::MalformedTimestamp)?;
        Ok(Some((text, millis)))
    }

    /// Reads the signed id. An id that contains the separator after it is ambiguous, and rejected.
    fn read_id<'r>(
        &self,
        names: &HeaderNames,
        headers: &'r HeaderMap,
    ) -> Result<&'r str, VerifyError> {
        let (Some(label), Some(name)) = (self.id, &names.id) else { return Ok("") };
        let id = grammar::named_header_text(headers, label, name)?;
        let ambiguous = match self.template.id_separator() {
            Some(separator) => contains_or_overlaps(id, separator),
            // Nothing separates the id from the time or body that follows, so its characters are
            // restricted.
            None => !template::is_token_text(id.as_bytes()),
        };
        if id.is_empty() || ambiguous { Err(VerifyError::MalformedHeader(label)) } else { Ok(id) }
    }

    /// True if the border between time and body is ambiguous: only a numeric time separates id and
    /// body, and the body begins with a token character.
    fn body_could_extend_time(&self, body: &[u8]) -> bool {
        let digits =
            self.timestamp.is_some_and(|timestamp| timestamp.unit != TimestampUnit::Rfc3339);
        digits
            && self.template.id_could_overlap_body(digits)
            && !body.is_empty()
            && template::is_token_text(&body[..1])
    }

    /// True if the border between URL and body has been moved: nothing separates them, and the body
    /// is JSON behind the end of a URL, or lacks a beginning that the URL has.
    fn is_border_moved(&self, request: &SignedRequest<'_>, body: &[u8]) -> bool {
        let begins = |byte: &u8| matches!(byte, b'{' | b'[');
        let is_query = request.method == "GET" && body.is_empty();
        if !self.template.joins_url_and_body() || is_query || json::is_json(body) {
            return false;
        }
        if request.url.bytes().any(|byte| begins(&byte)) {
            return true;
        }
        body.iter().position(begins).is_some_and(|start| {
            let (url, json) = body.split_at(start);
            url.iter().all(u8::is_ascii_graphic) && json::is_json(json)
        })
    }

    fn check_timestamp(
        &self,
        sent_millis: Option<u64>,
        body: &[u8],
        now: SystemTime,
    ) -> Result<Option<SystemTime>, VerifyError> {
        let Some(timestamp) = &self.timestamp else { return Ok(None) };
        let judged = match (sent_millis, timestamp.location) {
            (Some(millis), _) => timestamp.accept_millis(millis, now),
            (None, TimestampLocation::Pointer(pointer)) => {
                let text = json::scalar(body, pointer).ok_or(VerifyError::MalformedTimestamp)?;
                timestamp.accept(&text, now)
            }
            (None, _) => Err(VerifyError::MalformedTimestamp),
        };
        judged.map(Some)
    }
}

#[cfg(feature = "testing")]
impl Scheme {
    /// The time of signing that a request claims.
    pub(super) fn claimed_time(&self, head: &HeadClaims<'_>, body: &[u8]) -> Option<SystemTime> {
        let millis = if let Some((_, millis)) = head.time {
            millis
        } else {
            let text = json::scalar(body, self.timestamp_pointer()?)?;
            self.timestamp?.parse(&text)?
        };
        UNIX_EPOCH.checked_add(std::time::Duration::from_millis(millis))
    }
}

/// Milliseconds since 1970, saturating at 64 bits. Times before 1970 become 0.
pub(crate) fn unix_millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs().saturating_mul(1000).saturating_add(since.subsec_millis().into())
}

#[cfg(test)]
#[allow(clippy::large_types_passed_by_value, reason = "constants of tests")]
mod tests {
    use std::time::Duration;

    use http::HeaderValue;

    use super::*;
    use crate::verify::{
        Secret, SecretError,
        scheme::{
            KeyRequest, Keys, Mechanism, RequestToSign, SchemeInfo, SignError, Signed, SignedParts,
            Timestamp, Verifier, Verify, VerifyContext,
        },
    };

    const SIGNATURE: &str = "x-signature";
    const HMAC_SHA256_HEX: Scheme = Scheme::hmac_sha256().header(SIGNATURE);
    const TIMED: Scheme =
        HMAC_SHA256_HEX.timestamp(Timestamp::header("x-time")).signed("{timestamp}.{body}");
    const IN_FIELDS: Scheme = HMAC_SHA256_HEX
        .fields(",", "v1")
        .timestamp(Timestamp::field("t"))
        .signed("{timestamp}.{body}");
    const IN_BODY: Scheme = HMAC_SHA256_HEX.timestamp(Timestamp::pointer("/sent"));
    const NAMED: Scheme = TIMED.id_header("x-id").signed("{id}.{timestamp}.{body}");
    const UNPARTED: Scheme = TIMED.id_header("x-id").signed("{id}{timestamp}{body}");
    const PAIRED: Scheme = Scheme::hmac_sha256().paired_headers(&["x-first", "x-second"]);
    const IN_FORM: Scheme = HMAC_SHA256_HEX.signs_form_field("payload");

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_760_000_000)
    }

    /// Checks only the head of a request, as an endpoint does.
    fn judge_head(verifier: &Verifier, headers: &HeaderMap) -> Result<(), VerifyError> {
        verifier.read_head(headers, "")?.check_format()
    }

    fn verifier(scheme: Scheme) -> Verifier {
        Verifier::new(&Mechanism::Data(scheme.checked()), None, false).expect("no window is asked")
    }

    fn secrets(texts: &[&'static str]) -> Vec<Secret> {
        texts.iter().map(|text| Secret::new(*text).with_name(*text)).collect()
    }

    fn request<'r>(headers: &'r HeaderMap, body: &'r [u8]) -> SignedRequest<'r> {
        SignedRequest { method: "POST", url: "", headers, query: "", body }
    }

    /// The headers of a body signed with `s3cret`.
    fn signed(scheme: Scheme, body: &[u8]) -> HeaderMap {
        let signed = scheme.sign(&Secret::new("s3cret"), &RequestToSign::new(body).at(now()));
        signed.expect("it can be signed").headers
    }

    fn judge(scheme: Scheme, headers: &HeaderMap, body: &[u8]) -> Result<Verified, VerifyError> {
        let verifier = verifier(scheme);
        let keys = verifier.prepare(&secrets(&["other", "s3cret"])).expect("good secrets");
        verifier.verify(&request(headers, body), &keys, None, now())
    }

    /// The result without an identity, of a whole body.
    fn by(secret: &'static str, signed_at: Option<SystemTime>) -> Verified {
        let secret_name = Cow::Borrowed(secret);
        Verified { secret_name, signed_at, identity: None, signed_field: None }
    }

    fn check(scheme: Scheme, headers: &HeaderMap) -> Result<(), VerifyError> {
        judge_head(&verifier(scheme), headers)
    }

    fn with(mut headers: HeaderMap, name: &'static str, value: &str) -> HeaderMap {
        headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        headers
    }

    #[test]
    fn verified_names_the_secret_and_the_time() {
        let verified = |timestamp| Ok(by("s3cret", timestamp));
        let body = br#"{"sent":1760000000}"#;
        assert_eq!(judge(HMAC_SHA256_HEX, &signed(HMAC_SHA256_HEX, body), body), verified(None));
        for scheme in [TIMED, IN_FIELDS, IN_BODY, NAMED, UNPARTED] {
            assert_eq!(judge(scheme, &signed(scheme, body), body), verified(Some(now())));
            assert_eq!(check(scheme, &signed(scheme, body)), Ok(()));
        }
    }

    #[test]
    fn another_body_or_secret_does_not_match() {
        for scheme in [HMAC_SHA256_HEX, TIMED, IN_FIELDS, NAMED, UNPARTED] {
            let headers = signed(scheme, b"{}");
            assert_eq!(judge(scheme, &headers, b"{ }"), Err(VerifyError::InvalidSignature));
            let verifier = verifier(scheme);
            for others in [&[][..], &["other"]] {
                let keys = verifier.prepare(&secrets(others)).expect("good secrets");
                let judged = verifier.verify(&request(&headers, b"{}"), &keys, None, now());
                assert_eq!(judged, Err(VerifyError::InvalidSignature));
            }
        }
    }

    /// The keys are those of RFC 8032, section 7.1, tests 1 and 2.
    #[cfg(feature = "ed25519")]
    #[test]
    fn a_public_key_verifies_its_signature() {
        const ED25519: Scheme =
            Scheme::ed25519().header(SIGNATURE).key(crate::verify::scheme::KeyEncoding::Hex);
        const PRIVATE: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
        const OURS: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        const OTHER: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let signed =
            ED25519.sign(&Secret::new(PRIVATE), &RequestToSign::new(b"{}")).expect("signed");
        let judge = |keys: &[&'static str], body: &[u8]| {
            let verifier = verifier(ED25519);
            let keys = verifier.prepare(&secrets(keys)).expect("good keys");
            let judged = verifier.verify(&request(&signed.headers, body), &keys, None, now());
            judged.map(|judged| judged.secret_name)
        };
        assert_eq!(judge(&[OTHER, OURS], b"{}"), Ok(Cow::Borrowed(OURS)));
        assert_eq!(judge(&[OTHER], b"{}"), Err(VerifyError::InvalidSignature));
        assert_eq!(judge(&[OURS], b"{ }"), Err(VerifyError::InvalidSignature));
    }

    #[test]
    fn malformed_signatures_fail_before_the_body() {
        let malformed = VerifyError::MalformedSignature(SIGNATURE);
        let good = "0".repeat(64);
        let sent = |value: &str| with(HeaderMap::new(), SIGNATURE, value);
        assert_eq!(check(HMAC_SHA256_HEX, &sent(&good)), Ok(()));
        for value in [&good[2..], &format!("{good}00"), &"g".repeat(64), &"A".repeat(64), ""] {
            assert_eq!(check(HMAC_SHA256_HEX, &sent(value)), Err(malformed), "{value:?}");
            assert_eq!(judge(HMAC_SHA256_HEX, &sent(value), b"{}"), Err(malformed), "{value:?}");
        }
        // One well-formed signature in a list is enough.
        let list = HMAC_SHA256_HEX.fields(",", "v1");
        assert_eq!(check(list, &sent(&format!("v1=x,v1={good}"))), Ok(()));
        assert_eq!(check(list, &sent("v1=x,v1=y")), Err(malformed));
        assert_eq!(
            check(HMAC_SHA256_HEX, &HeaderMap::new()),
            Err(VerifyError::MissingHeader(SIGNATURE))
        );
        // A token may have any characters.
        assert_eq!(check(Scheme::token().header(SIGNATURE), &sent("x")), Ok(()));
    }

    #[test]
    fn malformed_signatures_are_reported_first() {
        let headers = with(signed(TIMED, b"{}"), "x-time", "soon");
        assert_eq!(judge(TIMED, &headers, b"{}"), Err(VerifyError::MalformedTimestamp));
        let headers = with(headers, SIGNATURE, "0");
        assert_eq!(judge(TIMED, &headers, b"{}"), Err(VerifyError::MalformedSignature(SIGNATURE)));
    }

    #[test]
    fn a_timestamp_is_required_and_well_formed() {
        let malformed = VerifyError::MalformedTimestamp;
        let headers = signed(TIMED, b"{}");
        for time in ["", "176000000", "x"] {
            let headers = with(headers.clone(), "x-time", time);
            assert_eq!(check(TIMED, &headers), Err(malformed), "{time:?}");
        }
        let mut without = headers.clone();
        without.remove("x-time");
        assert_eq!(check(TIMED, &without), Err(VerifyError::MissingHeader("x-time")));
        let headers = with(headers, "x-time", "1760000001");
        assert_eq!(
            judge(TIMED, &headers, b"{}"),
            Err(VerifyError::InvalidSignature),
            "the time is signed"
        );

        let good = "0".repeat(64);
        let fields = |value: String| with(HeaderMap::new(), SIGNATURE, &value);
        assert_eq!(check(IN_FIELDS, &fields(format!("t=1760000000,v1={good}"))), Ok(()));
        assert_eq!(check(IN_FIELDS, &fields(format!("v1={good}"))), Err(malformed));
        assert_eq!(check(IN_FIELDS, &fields(format!("t=x,v1={good}"))), Err(malformed));

        for body in ["{}", r#"{"sent":"x"}"#, "no JSON"] {
            let headers = signed(IN_BODY, body.as_bytes());
            assert_eq!(judge(IN_BODY, &headers, body.as_bytes()), Err(malformed), "{body}");
        }
    }

    #[test]
    fn a_timestamp_is_within_the_window() {
        let body = br#"{"sent":1759999000}"#;
        assert_eq!(judge(IN_BODY, &signed(IN_BODY, body), body), Err(VerifyError::TimestampTooOld));
        let body = br#"{"sent":1760001000}"#;
        assert_eq!(judge(IN_BODY, &signed(IN_BODY, body), body), Err(VerifyError::TimestampTooNew));
        for (at, expected) in
            [(-1000, VerifyError::TimestampTooOld), (1000, VerifyError::TimestampTooNew)]
        {
            let at = Duration::from_secs(1_760_000_000_u64.checked_add_signed(at).expect("later"));
            let to_sign = RequestToSign::new(b"{}").at(UNIX_EPOCH + at);
            let signed = TIMED.sign(&Secret::new("s3cret"), &to_sign).expect("it can be signed");
            assert_eq!(judge(TIMED, &signed.headers, b"{}"), Err(expected));
        }
    }

    #[test]
    fn ambiguous_ids_are_rejected() {
        let malformed = Err(VerifyError::MalformedHeader("x-id"));
        for scheme in [NAMED, UNPARTED] {
            let headers = signed(scheme, b"{}");
            for id in ["msg_1", "a-b+c/d=", "7"] {
                assert_eq!(check(scheme, &with(headers.clone(), "x-id", id)), Ok(()), "{id:?}");
            }
            for id in ["", "a.b", "."] {
                assert_eq!(check(scheme, &with(headers.clone(), "x-id", id)), malformed, "{id:?}");
            }
            let changed = with(headers.clone(), "x-id", "msg_2");
            assert_eq!(
                judge(scheme, &changed, b"{}"),
                Err(VerifyError::InvalidSignature),
                "it is signed"
            );
            let mut without = headers;
            without.remove("x-id");
            assert_eq!(check(scheme, &without), Err(VerifyError::MissingHeader("x-id")));
        }
        // With a separator, the id may contain anything else.
        assert_eq!(check(NAMED, &with(signed(NAMED, b"{}"), "x-id", "a {b}")), Ok(()));
        for id in ["a b", "{a}", "a:b"] {
            let headers = with(signed(UNPARTED, b"{}"), "x-id", id);
            assert_eq!(check(UNPARTED, &headers), malformed, "{id:?}");
        }
    }

    #[test]
    fn paired_secrets_match_their_own_header() {
        let signature = signed(HMAC_SHA256_HEX, b"{}")[SIGNATURE].to_str().expect("hex").to_owned();
        let first = with(HeaderMap::new(), "x-first", &signature);
        let second = with(HeaderMap::new(), "x-second", &signature);
        assert_eq!(judge(PAIRED, &first, b"{}"), Err(VerifyError::InvalidSignature));
        assert_eq!(
            judge(PAIRED, &second, b"{}").map(|verified| verified.secret_name),
            Ok("s3cret".into())
        );
    }

    #[test]
    fn required_headers_are_checked() {
        const REQUIRING: Scheme =
            HMAC_SHA256_HEX.require_headers(&[("x-version", "1"), ("x-kind", "hmac")]);
        let headers = signed(REQUIRING, b"{}");
        assert!(judge(REQUIRING, &headers, b"{}").is_ok());
        for (name, value) in [("x-version", "2"), ("x-version", ""), ("x-kind", "1")] {
            let headers = with(headers.clone(), name, value);
            let malformed = VerifyError::MalformedHeader(name);
            assert_eq!(judge(REQUIRING, &headers, b"{}"), Err(malformed), "{value:?}");
            assert_eq!(check(REQUIRING, &headers), Err(malformed), "{value:?}");
        }
        let without = signed(HMAC_SHA256_HEX, b"{}");
        assert_eq!(check(REQUIRING, &without), Err(VerifyError::MissingHeader("x-version")));
    }

    #[test]
    fn the_signed_text_is_told_without_the_secret() {
        const PLAIN: Scheme =
            Scheme::sha256().header(SIGNATURE).signed("{secret}{method}{url}{body}");
        let text = |scheme: Scheme, headers: &HeaderMap, body: &[u8]| {
            let request = SignedRequest { url: "https://a/", ..request(headers, body) };
            scheme.signed_text(&request).map(|text| String::from_utf8(text).expect("text"))
        };
        let headers = signed(NAMED, b"{}");
        assert_eq!(text(NAMED, &headers, b"{ }"), Ok("msg_1.1760000000.{ }".into()));
        assert_eq!(text(PLAIN, &signed(PLAIN, b"{}"), b"{}"), Ok("POSThttps://a/{}".into()));
        let form = with(signed(IN_FORM, b""), "content-type", "application/x-www-form-urlencoded");
        assert_eq!(text(IN_FORM, &form, b"payload=%7B%7D&a=1"), Ok("{}".into()));
        let missing = Err(VerifyError::MissingHeader(SIGNATURE));
        assert_eq!(text(NAMED, &HeaderMap::new(), b"{}"), missing);
        // A wrong signature makes no difference, and neither does an old time.
        let headers = with(headers, SIGNATURE, "00");
        assert!(text(NAMED, &headers, b"{}").is_ok());
    }

    #[test]
    fn the_signed_text_of_the_second_family_is_told() {
        const BOTH: Scheme = NAMED.alternative_headers(&[
            ("x-signature", "y-signature"),
            ("x-time", "y-time"),
            ("x-id", "y-id"),
        ]);
        let headers = with(HeaderMap::new(), "y-signature", "00");
        let headers = with(with(headers, "y-time", "1760000000"), "y-id", "7");
        let text = BOTH.signed_text(&request(&headers, b"{}"));
        assert_eq!(text, Ok(b"7.1760000000.{}".to_vec()));
    }

    #[test]
    fn one_form_field_is_signed() {
        let form = |headers| with(headers, "content-type", "application/x-www-form-urlencoded");
        for (body, signs) in [("a=1&payload=abc", "abc"), ("payload=%7B%7D+&b=", "{} ")] {
            let headers = signed(IN_FORM, signs.as_bytes());
            let judged = judge(IN_FORM, &headers, body.as_bytes());
            assert_eq!(judged, Err(VerifyError::InvalidSignature), "{body}");
            let verified = judge(IN_FORM, &form(headers), body.as_bytes()).expect(body);
            assert_eq!(verified.signed_field.as_deref(), Some(signs.as_bytes()), "{body}");
            let whole = signed(IN_FORM, body.as_bytes());
            assert_eq!(judge(IN_FORM, &whole, body.as_bytes()), Ok(by("s3cret", None)), "{body}");
        }
        let headers = form(signed(IN_FORM, b"abc"));
        for body in ["", "a=abc", "payload=abc&payload=abc", "payload=a%20b&payload=abc"] {
            let judged = judge(IN_FORM, &headers, body.as_bytes());
            assert_eq!(judged, Err(VerifyError::MalformedBody), "{body:?}");
        }
        assert!(judge(IN_FORM, &signed(IN_FORM, b"{}"), b"{}").is_ok());
    }

    #[test]
    fn no_border_between_url_and_body_is_moved() {
        const JOINED: Scheme = HMAC_SHA256_HEX.signed("{url}{body}");
        let secret = Secret::new("s3cret");
        let text = "https://a.example/b?c=d[{\"e\":1}]";
        for (at, accepted) in
            [(23, true), (19, false), (20, false), (24, false), (27, false), (text.len(), false)]
        {
            let (url, body) = text.split_at(at);
            let to_sign = RequestToSign::new(body.as_bytes()).url(url);
            let headers = JOINED.sign(&secret, &to_sign).expect("it can be signed").headers;
            let verifier = verifier(JOINED);
            let keys = verifier.prepare(&secrets(&["s3cret"])).expect("good secrets");
            let request = SignedRequest { url, ..request(&headers, body.as_bytes()) };
            let judged = verifier.verify(&request, &keys, None, now()).map(drop);
            assert_eq!(judged.is_ok(), accepted, "{url} {body}");
        }
    }

    #[test]
    fn opaque_tokens_are_no_deliveries() {
        for token in ["a", "Az09-_+/=", "="] {
            assert!(is_opaque_token(token.as_bytes()), "{token:?}");
        }
        for text in ["", "{}", "a b", "a.b", "a\n", "\u{e4}", "a=1&b"] {
            assert!(!is_opaque_token(text.as_bytes()), "{text:?}");
        }
        let judge = |rejects_tokens, body: &[u8]| {
            let verifier = Verifier::new(&Mechanism::Data(HMAC_SHA256_HEX), None, rejects_tokens);
            let verifier = verifier.expect("no window is asked");
            let keys = verifier.prepare(&secrets(&["s3cret"])).expect("good secrets");
            let headers = signed(HMAC_SHA256_HEX, body);
            verifier.verify(&request(&headers, body), &keys, None, now()).map(drop)
        };
        assert_eq!(judge(true, b"token"), Err(VerifyError::MalformedBody));
        assert_eq!(judge(true, b"{}"), Ok(()));
        assert_eq!(judge(false, b"token"), Ok(()));
        assert_eq!(judge(false, b"{}"), Ok(()));
    }

    #[test]
    fn a_window_needs_a_timestamp() {
        let window = Some(Duration::from_secs(10));
        let new = |scheme| Verifier::new(&Mechanism::Data(scheme), window, false);
        assert!(new(HMAC_SHA256_HEX).is_none());
        let verifier = new(TIMED).expect("there is a time");
        let keys = verifier.prepare(&secrets(&["s3cret"])).expect("good secrets");
        let headers = signed(TIMED, b"{}");
        let judge = |seconds| {
            let now = now() + Duration::from_secs(seconds);
            verifier.verify(&request(&headers, b"{}"), &keys, None, now).map(drop)
        };
        assert_eq!(judge(10), Ok(()));
        assert_eq!(judge(11), Err(VerifyError::TimestampTooOld));
    }

    #[test]
    fn every_bad_secret_is_reported() {
        let problems = |verifier: &Verifier, texts: &[&'static str]| {
            verifier.prepare(&secrets(texts)).err().unwrap_or_default()
        };
        let data = verifier(HMAC_SHA256_HEX.key(crate::verify::scheme::KeyEncoding::Hex));
        assert!(problems(&data, &["ab", "cd"]).is_empty());
        let hex = SecretError::Malformed("hexadecimal");
        let expected = [("x".into(), hex), (" ".into(), SecretError::Blank)];
        assert_eq!(problems(&data, &["ab", "x", " "]), expected);
        let code = by_code(SHARED);
        assert!(problems(&code, &["ab", "cd"]).is_empty());
        let expected =
            [("bad".into(), SecretError::Malformed("good")), (" ".into(), SecretError::Blank)];
        assert_eq!(problems(&code, &["ab", "bad", " "]), expected);
    }

    #[test]
    fn handshakes_use_the_first_secret() {
        let tag = |scheme, texts: &[&'static str]| {
            verifier(scheme)
                .prepare(&secrets(texts))
                .ok()?
                .hmac_sha256(b"what do ya want for nothing?")
        };
        // RFC 4231, test case 2.
        let expected = base16ct::lower::decode_vec(
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        assert_eq!(tag(HMAC_SHA256_HEX, &["Jefe", "other"]).map(Vec::from), expected.ok());
        assert_eq!(tag(HMAC_SHA256_HEX, &[]), None);
        assert_eq!(tag(Scheme::hmac_sha1().header(SIGNATURE), &["Jefe"]), None);
        assert_eq!(Keys::Code(secrets(&["Jefe"])).hmac_sha256(b""), None);
    }

    #[test]
    fn signature_headers_are_marked_sensitive() {
        let (data, code) = (verifier(Scheme::hmac_sha256().header("x-data")), by_code(SHARED));
        for (verifier, sensitive) in [(data, [true, false]), (code, [false, true])] {
            let mut headers = HeaderMap::new();
            // Every header with `signature` in its name is sensitive.
            for name in ["x-data", "x-code", SIGNATURE] {
                headers.insert(name, HeaderValue::from_static("a"));
            }
            verifier.mark_sensitive(&mut headers);
            assert_eq!(["x-data", "x-code"].map(|name| headers[name].is_sensitive()), sensitive);
            assert!(headers[SIGNATURE].is_sensitive());
        }
    }

    #[test]
    fn debug_hides_headers_and_body() {
        let headers = with(HeaderMap::new(), SIGNATURE, "canary");
        let shown = format!("{:?}", request(&headers, b"canary"));
        assert_eq!(shown, "SignedRequest { method: \"POST\", body_len: 6, .. }");
    }

    #[test]
    fn unix_millis_never_overflows() {
        assert_eq!(unix_millis(now() + Duration::from_micros(123_999)), 1_760_000_000_123);
        assert_eq!(unix_millis(UNIX_EPOCH - Duration::from_secs(1)), 0);
    }

    /// A scheme as code: the request contains the secret, or the key if there is no secret.
    #[derive(Debug)]
    struct Coded {
        needs_secret: bool,
        signs_time: bool,
    }

    impl Verify for Coded {
        fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
            grammar::header_text(headers, "x-code").map(drop)
        }

        fn verify<'r>(
            &self,
            request: &SignedRequest<'r>,
            context: &VerifyContext<'_>,
        ) -> Result<Signed<'r>, VerifyError> {
            let sent = grammar::header_text(request.headers, "x-code")?.as_bytes();
            if sent == b"stale" {
                return Err(VerifyError::TimestampTooOld);
            }
            let wanted = context.key.unwrap_or(context.secret.expose());
            if sent == wanted {
                Ok(Signed::text(request.body).at(Some(context.now)))
            } else {
                Err(VerifyError::InvalidSignature)
            }
        }

        fn sign<'r>(
            &self,
            _: &Secret,
            _: &RequestToSign<'r>,
        ) -> Result<SignedParts<'r>, SignError> {
            Err(SignError::Unsupported)
        }

        fn check_secret(&self, secret: &Secret) -> Result<(), SecretError> {
            if secret.expose() == b"bad" { Err(SecretError::Malformed("good")) } else { Ok(()) }
        }

        fn key_request(&self, _: &SignedRequest<'_>) -> Result<Option<KeyRequest>, VerifyError> {
            Ok(Some(KeyRequest::Id("key".to_owned())))
        }

        fn scheme_info(&self) -> SchemeInfo {
            let info = SchemeInfo::new("code", "x-code");
            SchemeInfo { needs_secret: self.needs_secret, signs_time: self.signs_time, ..info }
        }
    }

    const SHARED: &Coded = &Coded { needs_secret: true, signs_time: false };
    const FETCHED: &Coded = &Coded { needs_secret: false, signs_time: true };

    fn by_code(code: &'static Coded) -> Verifier {
        Verifier::new(&Mechanism::Code(code), None, false).expect("no window is asked")
    }

    #[test]
    fn code_tries_each_secret() {
        let judge = |sent: &str, texts: &[&'static str]| {
            let verifier = by_code(SHARED);
            let keys = verifier.prepare(&secrets(texts)).expect("good secrets");
            let headers = with(HeaderMap::new(), "x-code", sent);
            verifier.verify(&request(&headers, b""), &keys, None, now())
        };
        let verified = |name| Ok(by(name, Some(now())));
        assert_eq!(judge("a", &["a", "b"]), verified("a"));
        assert_eq!(judge("b", &["a", "b"]), verified("b"));
        assert_eq!(judge("c", &["a", "b"]), Err(VerifyError::InvalidSignature));
        assert_eq!(judge("a", &[]), Err(VerifyError::InvalidSignature));
        assert_eq!(judge("stale", &["a", "stale"]), Err(VerifyError::TimestampTooOld));
    }

    #[test]
    fn code_without_secrets_runs_once() {
        let verifier = by_code(FETCHED);
        let keys = verifier.prepare(&[]).expect("no secrets");
        let headers = with(HeaderMap::new(), "x-code", "k");
        let request = request(&headers, b"");
        let fetched = by("fetched key", Some(now()));
        assert_eq!(verifier.verify(&request, &keys, Some(b"k"), now()), Ok(fetched));
        let judged = verifier.verify(&request, &keys, Some(b"other"), now());
        assert_eq!(judged, Err(VerifyError::InvalidSignature));
        assert_eq!(verifier.key_request(&request), Ok(Some(KeyRequest::Id("key".to_owned()))));
        assert_eq!(self::verifier(HMAC_SHA256_HEX).key_request(&request), Ok(None));
    }

    #[test]
    fn code_checks_headers_and_window() {
        let missing = Err(VerifyError::MissingHeader("x-code"));
        assert_eq!(judge_head(&by_code(SHARED), &HeaderMap::new()), missing);
        let sent = with(HeaderMap::new(), "x-code", "a");
        assert_eq!(judge_head(&by_code(SHARED), &sent), Ok(()));
        let window = Some(Duration::from_secs(10));
        assert!(Verifier::new(&Mechanism::Code(SHARED), window, false).is_none());
        assert!(Verifier::new(&Mechanism::Code(FETCHED), window, false).is_some());
    }

    #[test]
    fn keys_of_another_mechanism_never_match() {
        let headers = with(HeaderMap::new(), "x-code", "a");
        let keys = verifier(HMAC_SHA256_HEX).prepare(&secrets(&["a"])).expect("good secrets");
        let judged = by_code(SHARED).verify(&request(&headers, b""), &keys, None, now());
        assert_eq!(judged, Err(VerifyError::InvalidSignature));
    }
}
