//! Failures of cases: the request, the expectation and the response, as text.

use std::fmt;

use http::header;

use crate::{
    testing::request::RawRequest,
    verify::{Provider, handshake::Handshake, scheme::Scheme},
};

/// The reason why a receiver fails a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(String);

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// Shows a request without possible secrets: signatures, credentials, and queries and bodies that
/// contain them.
pub(crate) struct Shown<'a>(pub(crate) &'a RawRequest, pub(crate) &'static Provider);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(request, provider) = self;
        let says_secret = provider.scheme().and_then(Scheme::parameter).is_some()
            || provider.handshakes().iter().any(Handshake::needs_verify_token);
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
        if provider.scheme_info().signature_header.is_empty() {
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
