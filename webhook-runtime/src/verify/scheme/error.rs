//! The reason why a request failed verification.

use std::fmt;

use crate::verify::SecretError;

/// The reason why a request failed verification.
///
/// It is for traces and tests. The sender only gets a 401 that is the same for all reasons, because
/// details would help attackers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// A required header is missing.
    MissingHeader(&'static str),
    /// A required header was sent more than once.
    RepeatedHeader(&'static str),
    /// A required header is malformed.
    MalformedHeader(&'static str),
    /// A required query parameter is missing.
    MissingParameter(&'static str),
    /// A required query parameter was sent more than once.
    RepeatedParameter(&'static str),
    /// A required query parameter is malformed.
    MalformedParameter(&'static str),
    /// The signature does not have the scheme's grammar or encoding.
    MalformedSignature(&'static str),
    /// The signature header lists more than eight signatures.
    TooManySignatures(&'static str),
    /// The timestamp is missing or malformed.
    MalformedTimestamp,
    /// The delivery was signed too long ago.
    TimestampTooOld,
    /// The delivery was signed too far in the future.
    TimestampTooNew,
    /// The signature does not match any configured secret.
    InvalidSignature,
    /// The body does not have the form that the scheme needs.
    MalformedBody,
    /// The request names a key or a key URL that is not the provider's.
    UntrustedKey,
    /// The token was issued for another audience or another request.
    InvalidAudience,
    /// The provider's key could not be fetched or read. The sender gets 503 instead of 401, because
    /// a retry may succeed.
    KeyUnavailable,
    /// A secret cannot be used with the scheme. Endpoints check their secrets at start, so their
    /// requests never get this error.
    InvalidSecret(SecretError),
}

impl VerifyError {
    /// A short name, which does not change and has no text of the sender: for metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MissingHeader(_) => "missing_header",
            Self::RepeatedHeader(_) => "repeated_header",
            Self::MalformedHeader(_) => "malformed_header",
            Self::MissingParameter(_) => "missing_parameter",
            Self::RepeatedParameter(_) => "repeated_parameter",
            Self::MalformedParameter(_) => "malformed_parameter",
            Self::MalformedSignature(_) => "malformed_signature",
            Self::TooManySignatures(_) => "too_many_signatures",
            Self::MalformedTimestamp => "malformed_timestamp",
            Self::TimestampTooOld => "timestamp_too_old",
            Self::TimestampTooNew => "timestamp_too_new",
            Self::InvalidSignature => "invalid_signature",
            Self::MalformedBody => "malformed_body",
            Self::UntrustedKey => "untrusted_key",
            Self::InvalidAudience => "invalid_audience",
            Self::KeyUnavailable => "key_unavailable",
            Self::InvalidSecret(_) => "invalid_secret",
        }
    }

    /// True if a request without any signature gets this error.
    pub(crate) const fn is_missing(&self) -> bool {
        matches!(self, Self::MissingHeader(_) | Self::MissingParameter(_))
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader(name) => write!(f, "the header {name} is missing"),
            Self::RepeatedHeader(name) => write!(f, "the header {name} was sent more than once"),
            Self::MalformedHeader(name) => write!(f, "the header {name} is malformed"),
            Self::MissingParameter(name) => write!(f, "the query parameter {name} is missing"),
            Self::RepeatedParameter(name) => {
                write!(f, "the query parameter {name} was sent more than once")
            }
            Self::MalformedParameter(name) => {
                write!(f, "the query parameter {name} is malformed")
            }
            Self::MalformedSignature(name) => write!(f, "the signature in {name} is malformed"),
            Self::TooManySignatures(name) => {
                write!(f, "the header {name} lists too many signatures")
            }
            Self::MalformedTimestamp => f.write_str("the timestamp is missing or malformed"),
            Self::TimestampTooOld => f.write_str("the delivery was signed too long ago"),
            Self::TimestampTooNew => f.write_str("the delivery was signed too far in the future"),
            Self::InvalidSignature => f.write_str("signature does not match any configured secret"),
            Self::MalformedBody => {
                f.write_str("the body does not have the form that the scheme needs")
            }
            Self::UntrustedKey => f.write_str("the request names a key that is not the provider's"),
            Self::InvalidAudience => f.write_str("the token was made for another request"),
            Self::KeyUnavailable => f.write_str("the key could not be fetched or read"),
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
            (VerifyError::MissingParameter("a"), "the query parameter a is missing"),
            (VerifyError::RepeatedParameter("a"), "the query parameter a was sent more than once"),
            (VerifyError::MalformedParameter("a"), "the query parameter a is malformed"),
            (VerifyError::MalformedSignature("x-a"), "the signature in x-a is malformed"),
            (VerifyError::TooManySignatures("x-a"), "the header x-a lists too many signatures"),
            (VerifyError::InvalidSignature, "signature does not match any configured secret"),
            (VerifyError::InvalidSecret(SecretError::Malformed("text")), "a secret is not text"),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
