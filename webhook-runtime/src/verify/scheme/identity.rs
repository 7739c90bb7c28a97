//! The properties of a scheme that the inbox needs: what identifies a delivery, and where a request
//! contains the secret itself.

use std::borrow::Cow;

use super::{Scheme, grammar::Placement, timestamp::TimestampLocation};
use crate::verify::json;

impl Scheme {
    /// The signed body without the time of signing, because senders sign every retry anew.
    pub(crate) fn identity<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        let time = self.timestamp_pointer().and_then(|pointer| {
            let body = std::str::from_utf8(body).ok()?;
            Some(json::byte_range(json::raw_value(body, pointer)?, body))
        });
        match time {
            Some(time) => Cow::Owned([&body[..time.start], &body[time.end..]].concat()),
            None => Cow::Borrowed(body),
        }
    }

    /// The query parameter that contains the token.
    pub(crate) fn parameter(&self) -> Option<&'static str> {
        match self.placement {
            Placement::Query { name } => Some(name),
            _ => None,
        }
    }

    /// The pointer to the signed time in the body.
    pub(crate) fn timestamp_pointer(&self) -> Option<&'static str> {
        match self.timestamp?.location {
            TimestampLocation::Pointer(pointer) => Some(pointer),
            TimestampLocation::Header(_) | TimestampLocation::Field(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::scheme::Timestamp;

    const HMAC_SHA256_HEX: Scheme = Scheme::hmac_sha256().header("x-signature");
    const TIMED: Scheme = HMAC_SHA256_HEX.timestamp(Timestamp::pointer("/sent"));

    #[test]
    fn identity_ignores_the_signed_time() {
        assert_eq!(TIMED.timestamp_pointer(), Some("/sent"));
        let identity = |body: &'static str| TIMED.identity(body.as_bytes());
        assert_eq!(
            identity(r#"{"sent":1760000000,"a":1}"#),
            identity(r#"{"sent":1760000060,"a":1}"#)
        );
        assert_ne!(
            identity(r#"{"sent":1760000000,"a":1}"#),
            identity(r#"{"sent":1760000000,"a":2}"#)
        );
        assert_eq!(identity(r#"{"sent":1760000000,"a":1}"#), &br#"{"sent":,"a":1}"#[..]);
        for whole in [r#"{"at":1760000000}"#, "[]", "no JSON", ""] {
            assert_eq!(identity(whole), whole.as_bytes());
        }
        assert_eq!(
            TIMED.identity(b"{\"sent\":1,\"a\":\"\xff\"}"),
            &b"{\"sent\":1,\"a\":\"\xff\"}"[..]
        );
    }

    #[test]
    fn identity_is_the_body_without_a_time_in_it() {
        let fields = HMAC_SHA256_HEX.fields(",", "v1").timestamp(Timestamp::field("t"));
        for scheme in
            [HMAC_SHA256_HEX, HMAC_SHA256_HEX.timestamp(Timestamp::header("x-time")), fields]
        {
            assert_eq!(scheme.timestamp_pointer(), None);
            assert_eq!(scheme.identity(br#"{"sent":1}"#), &br#"{"sent":1}"#[..]);
        }
    }

    #[test]
    fn only_a_query_scheme_has_a_parameter() {
        assert_eq!(Scheme::token().query("code").parameter(), Some("code"));
        assert_eq!(Scheme::token().header("code").parameter(), None);
    }
}
