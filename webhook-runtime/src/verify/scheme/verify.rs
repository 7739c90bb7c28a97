//! Verification, as a pure function of a request, the secrets and the time.

use std::{
    borrow::Cow,
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use http::HeaderName;

use super::{
    Identity, Scheme, SignedRequest, VerifyError,
    encoding::{MAX_SIGNATURE, MAX_TEXT},
    grammar::{Placement, Signature, Signatures},
    head::HeadClaims,
    key::{self, Key},
    template::{self, Part, Values},
    timestamp::TimestampLocation,
};
use crate::verify::{
    form::{self, AmbiguousForm},
    is_labelled_form, json, named,
};

/// The result of a successful verification.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified {
    /// The name of the secret that the signature matched.
    pub secret_name: Cow<'static, str>,
    /// The signed time, if the scheme signs one.
    pub signed_at: Option<SystemTime>,
    /// The identity of the delivery, if the verifier was asked for it: see
    /// [`ProviderVerifier::with_identity`](crate::ProviderVerifier::with_identity). It says nothing of
    /// a query, unless the scheme signs the URL.
    pub identity: Option<Identity>,
    /// The payload, if it is not the whole body: the field of a form that is signed alone, the content of
    /// a token that is the body, or a field that the scheme has decoded. Nothing else of the body may be
    /// believed.
    pub payload: Option<Vec<u8>>,
}

/// Hides the payload.
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("secret_name", &self.secret_name)
            .field("signed_at", &self.signed_at)
            .field("identity", &self.identity)
            .field("payload_len", &self.payload.as_ref().map(Vec::len))
            .finish()
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
        if self.body_could_extend_time(body)
            || self.is_border_moved(request, body)
            || self.could_be_extended(body)
        {
            return Err(VerifyError::MalformedBody);
        }
        let values = head.values(request, body);
        let token = self.token_in_body(request.body)?;
        let (secret, group_time) = match &token {
            Some(token) => self.find_secret(&Signatures::of(token), &values, keys),
            None => self.find_secret(&head.signatures, &values, keys),
        }
        .ok_or(VerifyError::InvalidSignature)?;
        let sent_millis = group_time.or(head.time.map(|(_, millis)| millis));
        let timestamp = self.check_timestamp(sent_millis, request.body, now)?;
        let identity = wants_identity.then(|| self.identity(&values));
        let payload = field.map(|field| field.into_owned().into_bytes());
        Ok(Verified { secret_name: secret, signed_at: timestamp, identity, payload })
    }

    /// The name of the secret that a signature matches, and the time of the signature's group.
    fn find_secret(
        &self,
        claimed: &Signatures<'_>,
        values: &Values<'_>,
        keys: &[(Cow<'static, str>, Key)],
    ) -> Option<(Cow<'static, str>, Option<u64>)> {
        for (at, (name, key)) in keys.iter().enumerate() {
            for group in claimed.groups() {
                let timestamp = group.first().map_or("", |signature| signature.timestamp);
                let values = match timestamp {
                    "" => *values,
                    timestamp => Values { timestamp, ..*values },
                };
                if self.matches_any(group, at, &values, key)? {
                    let time = self.timestamp.and_then(|time| time.parse(timestamp));
                    return Some((name.clone(), time));
                }
            }
        }
        None
    }

    /// True if the key made one of these signatures; `None` if its tag cannot be written.
    fn matches_any(
        &self,
        claimed: &[Signature<'_>],
        at: usize,
        values: &Values<'_>,
        key: &Key,
    ) -> Option<bool> {
        let mut signatures = claimed
            .iter()
            .filter(|signature| signature.secret.is_none_or(|secret| secret == at))
            .map(|signature| signature.text);
        Some(if self.algorithm.is_credential() {
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
        })
    }

    /// The token, if it is in the body.
    fn token_in_body<'r>(&self, body: &'r [u8]) -> Result<Option<Cow<'r, str>>, VerifyError> {
        let Placement::Pointer { pointer } = self.placement else { return Ok(None) };
        std::str::from_utf8(body)
            .ok()
            .and_then(|body| named::scalars(body, [pointer]))
            .and_then(|[token]| token?.into_text())
            .map(Some)
            .ok_or(VerifyError::MalformedBody)
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

    /// True if the border between time and body is ambiguous: only a numeric time separates id and
    /// body, and the body begins with a token character.
    fn body_could_extend_time(&self, body: &[u8]) -> bool {
        let digits = self.timestamp.is_some_and(|timestamp| timestamp.unit.is_number());
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

    /// True if the hash of a shorter body could have been continued with this one. A plain hash with
    /// the secret before the body allows that, but puts a byte behind the shorter body that is not
    /// UTF-8 there.
    fn could_be_extended(&self, body: &[u8]) -> bool {
        self.algorithm.is_plain_hash()
            && self.template.precedes(Part::Secret, Part::Body)
            && std::str::from_utf8(body).is_err()
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
mod tests {
    use std::time::Duration;

    use http::HeaderMap;

    use super::*;
    use crate::verify::{
        Secret,
        scheme::{
            RequestToSign, Timestamp,
            fixtures::{
                HMAC_SHA256_HEX, IN_BODY, IN_FIELDS, IN_FORM, NAMED, PAIRED, SIGNATURE, TIMED,
                UNPARTED, by, check, judge, now, request, secrets, signed, verifier, with,
            },
        },
    };

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

    /// The final state of SHA-256 is the signature, so whoever has one can continue the hash behind
    /// the padding, without the secret. The extended signature was made with the secret here, which
    /// gives the same bytes.
    #[test]
    fn a_plain_hash_cannot_be_extended() {
        const FIRST: Scheme = Scheme::sha256().header(SIGNATURE).signed("{secret}{body}");
        const LAST: Scheme = Scheme::sha256().header(SIGNATURE).signed("{body}{secret}");
        const BEHIND: Scheme = Scheme::sha256()
            .header(SIGNATURE)
            .timestamp(Timestamp::header("x-time"))
            .signed("{secret}{body}{timestamp}");
        for original in [&b"{}"[..], "\"\u{e9}\"".as_bytes(), b""] {
            let hashed = "s3cret".len() + original.len();
            let mut extended = [original, &[0x80]].concat();
            extended.resize(56 - "s3cret".len(), 0);
            extended.extend_from_slice(&(hashed as u64 * 8).to_be_bytes());
            extended.extend_from_slice(b"{\"forged\":true}");
            for (scheme, is_open) in [(FIRST, true), (BEHIND, true), (LAST, false)] {
                let judged = judge(scheme, &signed(scheme, &extended), &extended).map(drop);
                let expected = if is_open { Err(VerifyError::MalformedBody) } else { Ok(()) };
                assert_eq!(judged, expected, "{original:?}");
                assert!(judge(scheme, &signed(scheme, original), original).is_ok());
            }
        }
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
            assert_eq!(verified.payload.as_deref(), Some(signs.as_bytes()), "{body}");
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
    fn unix_millis_never_overflows() {
        assert_eq!(unix_millis(now() + Duration::from_micros(123_999)), 1_760_000_000_123);
        assert_eq!(unix_millis(UNIX_EPOCH - Duration::from_secs(1)), 0);
    }
}
