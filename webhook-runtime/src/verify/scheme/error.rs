//! Why a request was not believed.

use std::fmt;

use crate::verify::SecretError;

/// Why a request was not believed.
///
/// For traces and tests. The sender is told none of it: every refusal of this kind is the same
/// 401, because the reason helps only whoever guesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// A header that the scheme needs is not there.
    MissingHeader(&'static str),
    /// A header that the scheme needs was sent more than once.
    RepeatedHeader(&'static str),
    /// A header that the scheme needs is not of its form.
    MalformedHeader(&'static str),
    /// The signature header is not of the scheme's grammar or encoding.
    MalformedSignature(&'static str),
    /// The signature header lists more signatures than any sender has reason to.
    TooManySignatures(&'static str),
    /// The timestamp is missing, or not of the scheme's form.
    MalformedTimestamp,
    /// The delivery was signed too long ago.
    TimestampTooOld,
    /// The delivery was signed too far in the future.
    TimestampTooNew,
    /// No live secret made this signature.
    InvalidSignature,
    /// The body is not of the form in which the scheme carries its signature.
    MalformedBody,
    /// The request names a key, or a place for one, that is not the provider's.
    UntrustedKey,
    /// The token was made for somebody else, or for another request.
    InvalidAudience,
    /// The key could not be had. Not the sender's fault: answered by 503, not 401.
    KeyUnavailable,
    /// A secret that was given cannot be used with the scheme. No request meets it at an endpoint,
    /// whose secrets are checked at start.
    InvalidSecret(SecretError),
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader(name) => write!(f, "the header {name} is missing"),
            Self::RepeatedHeader(name) => write!(f, "the header {name} was sent more than once"),
            Self::MalformedHeader(name) => write!(f, "the header {name} is malformed"),
            Self::MalformedSignature(name) => {
                write!(f, "the signature in the header {name} is malformed")
            }
            Self::TooManySignatures(name) => {
                write!(f, "the header {name} lists too many signatures")
            }
            Self::MalformedTimestamp => f.write_str("the timestamp is missing or malformed"),
            Self::TimestampTooOld => f.write_str("the delivery was signed too long ago"),
            Self::TimestampTooNew => f.write_str("the delivery was signed too far in the future"),
            Self::InvalidSignature => f.write_str("no live secret made this signature"),
            Self::MalformedBody => f.write_str("the body carries no signature of the right form"),
            Self::UntrustedKey => f.write_str("the request names a key that is not the provider's"),
            Self::InvalidAudience => f.write_str("the token was made for another request"),
            Self::KeyUnavailable => f.write_str("the key could not be had"),
            Self::InvalidSecret(error) => write!(f, "a secret {error}"),
        }
    }
}

impl std::error::Error for VerifyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_header_and_secret() {
        for (error, text) in [
            (VerifyError::MissingHeader("x-a"), "the header x-a is missing"),
            (VerifyError::RepeatedHeader("x-a"), "the header x-a was sent more than once"),
            (VerifyError::MalformedHeader("x-a"), "the header x-a is malformed"),
            (
                VerifyError::MalformedSignature("x-a"),
                "the signature in the header x-a is malformed",
            ),
            (VerifyError::TooManySignatures("x-a"), "the header x-a lists too many signatures"),
            (VerifyError::InvalidSignature, "no live secret made this signature"),
            (VerifyError::InvalidSecret(SecretError::Malformed("text")), "a secret is not text"),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
