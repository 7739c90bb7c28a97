//! The text that a signature covers, which identifies a delivery.

use std::{borrow::Cow, fmt, time::SystemTime};

use sha2::{Digest as _, Sha256};

use super::{Scheme, Verified, template::Values, timestamp::TimestampLocation};
use crate::verify::json;

/// The result of [`Verify::verify`](super::Verify::verify): the text that was signed, as the
/// verifier read it, and the time of signing.
///
/// Leave out of the text what a sender changes when it sends the same delivery again: the time of
/// signing, above all. Everything else that was signed belongs in it, joined as it was signed. Then
/// all requests with the same signed text are the same delivery, however they spell it.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed<'r> {
    text: Option<[Cow<'r, [u8]>; 2]>,
    time: Option<SystemTime>,
    payload: Option<Vec<u8>>,
    /// The identity, if it was computed before.
    identity: Option<Identity>,
}

/// Hides text and payload.
impl fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").field("time", &self.time).finish_non_exhaustive()
    }
}

impl<'r> Signed<'r> {
    /// Only the sender is known: the request contains a credential, and no text is signed.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { text: None, time: None, payload: None, identity: None }
    }

    /// The signed text.
    #[must_use]
    pub fn text(text: impl Into<Cow<'r, [u8]>>) -> Self {
        Self::joined(text, &b""[..])
    }

    /// The signed text in two pieces, so that a body need not be copied.
    #[must_use]
    pub fn joined(head: impl Into<Cow<'r, [u8]>>, body: impl Into<Cow<'r, [u8]>>) -> Self {
        Self { text: Some([head.into(), body.into()]), ..Self::nothing() }
    }

    /// The result of a scheme that is data.
    #[cfg_attr(
        not(any(feature = "ecdsa", feature = "ed25519", feature = "rsa")),
        allow(dead_code, reason = "for fetched keys only")
    )]
    pub(crate) fn verified(verified: Verified) -> Self {
        Self {
            identity: verified.identity,
            payload: verified.payload,
            ..Self::nothing().at(verified.signed_at)
        }
    }

    /// Sets the time of signing, if there is one.
    #[must_use]
    pub fn at(mut self, time: Option<SystemTime>) -> Self {
        self.time = time;
        self
    }

    /// Sets the payload of the delivery, for bodies that contain a text in another form, such as a
    /// token or a field: handlers get this text in place of the body. It is JSON, unless
    /// [`SchemeInfo::payload_media_type`](super::SchemeInfo::payload_media_type) says otherwise.
    #[must_use]
    pub fn with_payload(mut self, payload: Vec<u8>) -> Self {
        self.payload = Some(payload);
        self
    }

    /// Takes the payload out, if there is one in place of the body.
    #[must_use]
    pub(crate) fn take_payload(&mut self) -> Option<Vec<u8>> {
        self.payload.take()
    }

    /// The time of signing.
    #[must_use]
    pub const fn time(&self) -> Option<SystemTime> {
        self.time
    }

    /// The identity of the delivery.
    #[must_use]
    pub fn identity(&self) -> Identity {
        if let Some(identity) = self.identity {
            return identity;
        }
        let Some([head, body]) = &self.text else { return Identity::Unsigned };
        let digest = Sha256::new().chain_update(head).chain_update(body).finalize();
        Identity::SignedText(digest.into())
    }
}

/// The identity of a delivery. Requests with the same signed text are the same delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// Nothing of the request is signed, so nothing identifies it: anyone who has seen the
    /// credential can send anything.
    Unsigned,
    /// The SHA-256 of the signed text, without the time of signing.
    SignedText([u8; 32]),
}

impl Scheme {
    /// The identity of a request with these values. The time of signing does not count, because
    /// senders sign every retry anew.
    pub(super) fn identity(&self, values: &Values<'_>) -> Identity {
        if self.algorithm.is_credential() {
            return Identity::Unsigned;
        }
        let body = self.without_time(values.body);
        let values = Values { timestamp: "", secret: &[], body: &body, ..*values };
        let mut hash = Sha256::new();
        self.template.feed(&values, |piece| hash.update(piece));
        Identity::SignedText(hash.finalize().into())
    }

    /// The body without the time of signing in it.
    fn without_time<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        let time = self.timestamp_pointer().and_then(|pointer| {
            let body = std::str::from_utf8(body).ok()?;
            Some(json::byte_range(json::raw_value(body, pointer)?, body))
        });
        match time {
            Some(time) => Cow::Owned([&body[..time.start], &body[time.end..]].concat()),
            None => Cow::Borrowed(body),
        }
    }

    /// The JSON pointer to the signed time, if it is in the body.
    #[must_use]
    pub fn timestamp_pointer(&self) -> Option<&'static str> {
        match self.timestamp?.location {
            TimestampLocation::Pointer(pointer) => Some(pointer),
            TimestampLocation::Header(_)
            | TimestampLocation::Field(_)
            | TimestampLocation::First => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::scheme::Timestamp;

    const HMAC_SHA256_HEX: Scheme = Scheme::hmac_sha256().header("x-signature");
    const TIMED: Scheme = HMAC_SHA256_HEX.timestamp(Timestamp::pointer("/sent"));
    const URL: Scheme = HMAC_SHA256_HEX
        .timestamp(Timestamp::header("x-time"))
        .signed("{method}{decoded_url}{body}{timestamp}");

    fn of_body(scheme: &Scheme, body: &str) -> Identity {
        scheme.identity(&Values { body: body.as_bytes(), ..Values::default() })
    }

    #[test]
    fn the_time_of_signing_does_not_count() {
        let identity = |body| of_body(&TIMED, body);
        let first = identity(r#"{"sent":1760000000,"a":1}"#);
        assert_eq!(first, identity(r#"{"sent":1760000060,"a":1}"#));
        assert_ne!(first, identity(r#"{"sent":1760000000,"a":2}"#));
        assert_eq!(TIMED.without_time(br#"{"sent":176,"a":1}"#), &br#"{"sent":,"a":1}"#[..]);
        for whole in
            [&br#"{"at":1760000000}"#[..], b"[]", b"no JSON", b"", b"{\"sent\":1,\"\xff\"}"]
        {
            assert_eq!(TIMED.without_time(whole), whole);
        }
        let at = |timestamp| URL.identity(&Values { timestamp, ..Values::default() });
        assert_eq!(at("1"), at("2"));
    }

    #[test]
    fn the_text_counts_and_not_its_spelling() {
        let of =
            |method, url, body| URL.identity(&Values { method, url, body, ..Values::default() });
        let first = of("POST", "https://a.example/?u=https%3A//b", b"{}");
        assert_eq!(first, of("POST", "https://a.example/?u=https://b", b"{}"));
        assert_eq!(first, of("POST", "https://a.example/?u=https://b{", b"}"));
        assert_ne!(first, of("GET", "https://a.example/?u=https://b", b"{}"));
        assert_ne!(first, of("POST", "https://a.example/?u=https://c", b"{}"));
    }

    #[test]
    fn code_joins_pieces_as_they_were_signed() {
        let digest = Signed::text(&b"a:b"[..]).identity();
        assert_eq!(Signed::joined(&b"a:"[..], &b"b"[..]).at(None).identity(), digest);
        assert_eq!(digest, of_body(&HMAC_SHA256_HEX, "a:b"));
        assert_eq!(Signed::nothing().identity(), Identity::Unsigned);
    }

    #[test]
    fn a_credential_signs_nothing() {
        assert_eq!(of_body(&Scheme::token().header("x-token"), "{}"), Identity::Unsigned);
        assert_eq!(of_body(&Scheme::basic_auth(), "{}"), Identity::Unsigned);
    }
}
