//! Why a request was not believed.

use std::fmt;

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
    Stale,
    /// The delivery was signed too far in the future.
    Ahead,
    /// No live secret made this signature.
    NoMatch,
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
            Self::Stale => f.write_str("the delivery was signed too long ago"),
            Self::Ahead => f.write_str("the delivery was signed too far in the future"),
            Self::NoMatch => f.write_str("no live secret made this signature"),
        }
    }
}

impl std::error::Error for VerifyError {}
