//! The head of a request, read once into claims. Claims are untrusted until they are verified.

use http::{HeaderMap, HeaderName};

use super::{
    Scheme, SignedRequest, SignedValue, VerifyError,
    grammar::{self, HeaderNames, Signatures, TimestampEntry},
    template::{self, ReadValue, Values},
    timestamp::TimestampLocation,
};

/// The claims in the head of a request, for a scheme that is data.
pub(super) struct HeadClaims<'r> {
    pub(super) signatures: Signatures<'r>,
    /// The time that is sent in a header: as text, and in milliseconds since 1970.
    pub(super) time: Option<(&'r str, u64)>,
    /// The signed id; empty if the scheme signs none.
    id: &'r str,
    /// The further signed values.
    more: Vec<ReadValue<'r>>,
}

impl<'r> HeadClaims<'r> {
    /// The values of the signed text.
    pub(super) fn values<'v>(&'v self, request: &SignedRequest<'v>, body: &'v [u8]) -> Values<'v>
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
            more: &self.more,
        }
    }
}

impl Scheme {
    pub(super) fn header_names(&self) -> HeaderNames {
        let timestamp = self.timestamp.and_then(|timestamp| match timestamp.location {
            TimestampLocation::Header(name) => Some(HeaderName::from_static(name)),
            TimestampLocation::Field(_)
            | TimestampLocation::First
            | TimestampLocation::Pointer(_) => None,
        });
        let header = |value: &SignedValue| value.header_name().map(HeaderName::from_static);
        HeaderNames {
            signatures: self.placement.names(),
            timestamp,
            other_timestamp: self
                .timestamp
                .and_then(|timestamp| timestamp.other_header)
                .map(HeaderName::from_static),
            id: self.id.map(HeaderName::from_static),
            required: self.requires.iter().map(|(name, _)| HeaderName::from_static(name)).collect(),
            values: self.values.iter().map(header).collect(),
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
        let read = self.read_timestamp(names, headers, &signatures).and_then(|time| {
            Ok((time, self.read_id(names, headers)?, self.read_values(names, headers, query)?))
        });
        match read {
            Ok((time, id, more)) => Ok(HeadClaims { signatures, time, id, more }),
            Err(error) => {
                self.check_format(&signatures)?;
                Err(error)
            }
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
        let timestamp = match self.timestamp.map(|timestamp| timestamp.location) {
            Some(TimestampLocation::Field(field)) => TimestampEntry::Field(field),
            Some(TimestampLocation::First) => TimestampEntry::First,
            _ => TimestampEntry::Absent,
        };
        self.placement.read(&names.signatures, headers, query, timestamp, claimed)
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
                let other = timestamp.other_header.zip(names.other_timestamp.as_ref());
                let is_sent = |name: &HeaderName| headers.contains_key(name);
                let (label, name) = match other {
                    Some((label, other)) if !is_sent(name) && is_sent(other) => (label, other),
                    _ => (label, name),
                };
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
        if self.placement.has_groups() {
            let mut times = claimed.all().iter().map(|signature| signature.timestamp);
            if times.any(|text| timestamp.parse(text).is_none()) {
                return Err(VerifyError::MalformedTimestamp);
            }
        }
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
}

/// True if the id contains the separator, or could overlap its start: `a:` and `::` could also be
/// read as `a`, `::` and a colon.
fn contains_or_overlaps(text: &str, end: &str) -> bool {
    let begins = |at: usize| end.is_char_boundary(at) && end.starts_with(&end[at..]);
    text.contains(end) || (1..end.len()).any(|at| begins(at) && text.ends_with(&end[..at]))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::verify::{
        Secret,
        scheme::{
            RequestToSign, SignError, Timestamp,
            fixtures::{
                HMAC_SHA256_HEX, IN_BODY, IN_FIELDS, NAMED, SIGNATURE, TIMED, UNPARTED, check,
                judge, now, signed, with,
            },
        },
    };

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
    fn another_header_has_the_time_of_a_request_without_the_first() {
        const EITHER: Scheme = TIMED.timestamp(Timestamp::header("x-time").or_header("x-other"));
        let headers = signed(EITHER, b"{}");
        assert!(judge(EITHER, &headers, b"{}").is_ok());
        let mut other = with(headers.clone(), "x-other", "1760000000");
        other.remove("x-time");
        assert!(judge(EITHER, &other, b"{}").is_ok());
        // Only the first one counts if both are there.
        assert!(judge(EITHER, &with(headers.clone(), "x-other", "soon"), b"{}").is_ok());
        let other = with(with(headers, "x-other", "1760000000"), "x-time", "soon");
        assert_eq!(check(EITHER, &other), Err(VerifyError::MalformedTimestamp));
        let mut neither = other;
        neither.remove("x-time");
        neither.remove("x-other");
        assert_eq!(check(EITHER, &neither), Err(VerifyError::MissingHeader("x-time")));
    }

    #[test]
    fn each_group_is_signed_with_its_own_time() {
        const GROUPS: Scheme = HMAC_SHA256_HEX
            .field_groups(" ", ",", "v1")
            .timestamp(Timestamp::field("t"))
            .signed("{timestamp}.{body}");
        let sent = |value: &str| with(HeaderMap::new(), SIGNATURE, value);
        let of = |headers: &HeaderMap| headers[SIGNATURE].to_str().expect("ASCII").to_owned();
        let good = of(&signed(GROUPS, b"{}"));
        let signature = good.split_once("v1=").expect("a signature").1;
        let wrong = format!("t=1760000001,v1={}", "0".repeat(64));
        for value in [good.clone(), format!("{good} {wrong}"), format!("{wrong} {good}")] {
            let judged = judge(GROUPS, &sent(&value), b"{}").map(|it| it.signed_at);
            assert_eq!(judged, Ok(Some(now())), "{value}");
            let changed = judge(GROUPS, &sent(&value), b"{ }").map(drop);
            assert_eq!(changed, Err(VerifyError::InvalidSignature), "{value}");
        }
        // The signature of one group does not fit the time of another.
        let swapped = format!("t=1760000001,v1={signature} t=1760000000,v1={}", "0".repeat(64));
        let judged = judge(GROUPS, &sent(&swapped), b"{}").map(drop);
        assert_eq!(judged, Err(VerifyError::InvalidSignature));
        for value in [format!("{good} v1={signature}"), format!("t=soon,v1={signature} {good}")] {
            assert_eq!(check(GROUPS, &sent(&value)), Err(VerifyError::MalformedTimestamp));
        }
        // The time that counts is that of the group that matches.
        let old = {
            let at = UNIX_EPOCH + Duration::from_secs(1_759_999_000);
            let request = RequestToSign::new(b"{}").at(at);
            of(&GROUPS.sign(&Secret::new("s3cret"), &request).expect("signed").headers)
        };
        let judged = judge(GROUPS, &sent(&format!("t=1760000000,v1={signature} {old}")), b"[]");
        assert_eq!(judged.map(drop), Err(VerifyError::InvalidSignature));
        let judged = judge(GROUPS, &sent(&format!("{wrong} {old}")), b"{}").map(drop);
        assert_eq!(judged, Err(VerifyError::TimestampTooOld));
    }

    #[test]
    fn a_list_may_begin_with_the_time() {
        const LIST: Scheme = HMAC_SHA256_HEX
            .list(",")
            .timestamp(Timestamp::first_in_list())
            .signed("{timestamp}.{body}");
        let headers = signed(LIST, b"{}");
        let value = headers[SIGNATURE].to_str().expect("ASCII").to_owned();
        let (time, signature) = value.split_once(',').expect("a time first");
        assert_eq!(time, "1760000000");
        let zeros = "0".repeat(64);
        let sent = |value: String| with(HeaderMap::new(), SIGNATURE, &value);
        for value in [format!("{time},{zeros},{signature}"), format!("{time},{signature},{zeros}")]
        {
            assert!(judge(LIST, &sent(value), b"{}").is_ok());
        }
        for (value, error) in [
            (format!("{time},{zeros}"), VerifyError::InvalidSignature),
            (format!("1760000001,{signature}"), VerifyError::InvalidSignature),
            (format!("{signature},{time}"), VerifyError::MalformedSignature(SIGNATURE)),
            (signature.to_owned(), VerifyError::MalformedSignature(SIGNATURE)),
            (format!("soon,{signature}"), VerifyError::MalformedTimestamp),
        ] {
            let judged = judge(LIST, &sent(value.clone()), b"{}").map(drop);
            assert_eq!(judged, Err(error), "{value}");
        }
    }

    #[test]
    fn any_header_may_have_any_signature() {
        const ANY: Scheme = Scheme::hmac_sha256().any_header(&["x-a", "x-b"]);
        let headers = signed(ANY, b"{}");
        let value = headers["x-a"].to_str().expect("hex").to_owned();
        let zeros = "0".repeat(64);
        let moved = with(with(HeaderMap::new(), "x-a", &zeros), "x-b", &value);
        let both = with(headers.clone(), "x-b", &zeros);
        let second = with(HeaderMap::new(), "x-b", &value);
        for headers in [headers, moved, both, second] {
            assert!(judge(ANY, &headers, b"{}").is_ok());
            let changed = judge(ANY, &headers, b"{ }").map(drop);
            assert_eq!(changed, Err(VerifyError::InvalidSignature));
        }
        assert_eq!(check(ANY, &HeaderMap::new()), Err(VerifyError::MissingHeader("x-a")));
    }

    #[test]
    fn a_token_in_the_body_is_text() {
        const PASSCODE: Scheme = Scheme::token().pointer("/passcode");
        let request = RequestToSign::new(br#"{"a":1}"#);
        let sent = PASSCODE.checked().sign(&Secret::new("s3cret"), &request).expect("signed");
        assert!(sent.headers.is_empty());
        assert!(judge(PASSCODE, &sent.headers, &sent.body).is_ok());
        for (body, error) in [
            (r#"{"passcode":"s3cre"}"#, VerifyError::InvalidSignature),
            (r#"{"passcode":"S3cret"}"#, VerifyError::InvalidSignature),
            (r#"{"passcode":""}"#, VerifyError::InvalidSignature),
            (r#"{"passcode":7}"#, VerifyError::MalformedBody),
            (r#"{"passcode":["s3cret"]}"#, VerifyError::MalformedBody),
            (r#"{"passcode":"s3cret","passcode":"s3cret"}"#, VerifyError::MalformedBody),
            (r#"{"a":1}"#, VerifyError::MalformedBody),
            ("", VerifyError::MalformedBody),
        ] {
            let judged = judge(PASSCODE, &HeaderMap::new(), body.as_bytes()).map(drop);
            assert_eq!(judged, Err(error), "{body}");
        }
        let unsigned = PASSCODE.sign(&Secret::new("s3cret"), &RequestToSign::new(b"[]"));
        assert_eq!(unsigned.map(drop), Err(SignError::Body));
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
}
