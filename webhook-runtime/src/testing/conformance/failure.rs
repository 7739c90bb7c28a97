//! Failures of cases: the request, the expectation and the response, as text.

use std::fmt;

use http::header;

use crate::{
    testing::request::RawRequest,
    verify::{Provider, handshake::RequestValue, scheme::Scheme},
};

/// The reason why a receiver fails a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    text: String,
    no_answer: Option<NoAnswer>,
    is_throttled: bool,
    is_unassigned: bool,
}

/// The reason why a request got no response. A client that sends over a network puts it into the
/// extensions of a response that it makes up; see [`Target::remote`](super::Target::remote).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoAnswer {
    /// There is no connection.
    Unreachable(String),
    /// The connection ended before the response.
    Closed(String),
    /// No response came in time.
    TimedOut,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "no connection: {why}"),
            Self::Closed(why) => write!(f, "the connection was closed without an answer: {why}"),
            Self::TimedOut => f.write_str("no answer came"),
        }
    }
}

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { text, no_answer: None, is_throttled: false, is_unassigned: false }
    }

    pub(crate) fn with_no_answer(self, no_answer: NoAnswer) -> Self {
        Self { no_answer: Some(no_answer), ..self }
    }

    /// The receiver answers 429 for too long: it is not judged.
    pub(crate) fn throttled() -> Self {
        Self { is_throttled: true, ..Self::new("429, again and again") }
    }

    /// Something was handled, by the request of this case or of an earlier one.
    pub(crate) fn unassigned(handled: usize) -> Self {
        Self {
            is_unassigned: true,
            ..Self::new(format!("{handled} deliveries were handled that were not accepted"))
        }
    }

    /// Returns whether deliveries were handled that may belong to an earlier case as well; see
    /// [`Target::settle_later`](super::Target::settle_later).
    #[must_use]
    pub fn is_unassigned(&self) -> bool {
        self.is_unassigned
    }

    pub(crate) fn is_throttled(&self) -> bool {
        self.is_throttled
    }

    /// The reason why the request that failed got no response, if it got none. The receiver may
    /// have ended.
    #[must_use]
    pub fn no_answer(&self) -> Option<&NoAnswer> {
        self.no_answer.as_ref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

/// Shows a request without possible secrets: signatures, credentials, and queries and bodies that
/// contain them.
pub(crate) struct Shown<'a>(pub(crate) &'a RawRequest, pub(crate) &'static Provider);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(request, provider) = self;
        let says_secret = provider.signature_parameter().is_some()
            || provider.handshakes().iter().any(|it| it.verify_token_parameter().is_some());
        let path_and_query = match request.path_and_query.split_once('?') {
            Some((path, _)) if says_secret => format!("{path}?…"),
            _ => request.path_and_query.clone(),
        };
        writeln!(f, "    {} {path_and_query}", request.method)?;
        for (name, value) in &request.headers {
            // Times and ids are marked as sensitive too, but they help a reader.
            let scheme = provider.scheme();
            let is_known = [
                scheme.and_then(Scheme::timestamp_header),
                scheme.and_then(Scheme::signed_id_header),
            ]
            .into_iter()
            .flatten()
            .any(|known| name == known);
            let is_proof = value.is_sensitive() && !is_known
                || name == header::AUTHORIZATION
                || (!provider.scheme_info().signature_header.is_empty()
                    && name.as_str().starts_with(provider.scheme_info().signature_header));
            if is_proof {
                writeln!(f, "    {name}: … ({} bytes)", value.len())?;
            } else {
                writeln!(f, "    {name}: {}", shortened(value.as_bytes()))?;
            }
        }
        let has_token_in_body = provider
            .handshakes()
            .iter()
            .any(|it| matches!(it.verify_token(), Some(RequestValue::Body(_))));
        if provider.scheme_info().signature_header.is_empty() || has_token_in_body {
            write!(f, "    {} bytes of body", request.body.len())
        } else {
            write!(f, "    {}", shortened(&request.body))
        }
    }
}

/// Cuts bytes to 120, escaped.
fn shortened(bytes: &[u8]) -> String {
    const MOST: usize = 120;
    let text = bytes[..bytes.len().min(MOST)].escape_ascii();
    if bytes.len() > MOST { format!("{text}… ({} bytes)", bytes.len()) } else { text.to_string() }
}
