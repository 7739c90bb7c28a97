//! What a case found, in words: what was sent, what was expected, and what was answered.

use std::fmt;

use http::header;

use crate::{
    testing::letter::Wire,
    verify::{Provider, handshake::Handshake, scheme::Scheme},
};

/// Why a receiver does not pass a case.
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

/// A request, without what could be a secret: signatures, credentials, and queries and bodies that
/// carry them.
pub(crate) struct Shown<'a>(pub(crate) &'a Wire, pub(crate) &'static Provider);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(wire, provider) = self;
        let says_secret = provider.scheme().and_then(Scheme::parameter).is_some()
            || provider.handshakes().iter().any(Handshake::needs_verify_token);
        let target = match wire.target.split_once('?') {
            Some((path, _)) if says_secret => format!("{path}?…"),
            _ => wire.target.clone(),
        };
        writeln!(f, "    {} {target}", wire.method)?;
        for (name, value) in &wire.headers {
            // Times and ids are marked as sensitive too, but are what a reader wants to see.
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
            write!(f, "    {} bytes of body", wire.body.len())
        } else {
            write!(f, "    {}", shortened(&wire.body))
        }
    }
}

/// As much of it as anybody reads.
fn shortened(bytes: &[u8]) -> String {
    const MOST: usize = 120;
    let text = bytes[..bytes.len().min(MOST)].escape_ascii();
    if bytes.len() > MOST { format!("{text}… ({} bytes)", bytes.len()) } else { text.to_string() }
}
