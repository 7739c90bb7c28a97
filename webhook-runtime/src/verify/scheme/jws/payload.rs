//! The part of the payload in front of the body: method, path and headers.

use http::{HeaderMap, HeaderName, Uri};

use super::{Detached, Jws};
use crate::verify::scheme::{SignedRequest, VerifyError, grammar::named_header_text, header_text};

/// The most headers that a signature may list. Each one is compared with all others before anything is
/// verified.
const MAX_HEADERS: usize = 32;

/// The signed text in front of the body; empty if only the body is signed.
pub(super) fn head(
    jws: &Jws,
    detached: &Detached<'_>,
    request: &SignedRequest<'_>,
) -> Result<String, VerifyError> {
    let Some(parameter) = jws.headers_parameter else { return Ok(String::new()) };
    // The names in the list are the sender's, so errors name the header of the signature.
    let malformed = VerifyError::MalformedSignature(jws.header);
    let names = listed(detached.text(parameter).unwrap_or_default()).ok_or(malformed)?;
    for required in jws.signed_headers {
        header_text(request.headers, required)?;
        if !names.iter().any(|(name, _)| name == required) {
            return Err(malformed);
        }
    }
    let mut head = request_line(request)?;
    for (name, written) in names {
        push(&mut head, request.headers, written, &name).ok_or(malformed)?;
    }
    Ok(head)
}

/// The same with the required headers only, without the time: what all attempts to deliver have in
/// common.
pub(super) fn lasting_head(jws: &Jws, request: &SignedRequest<'_>) -> Result<String, VerifyError> {
    if jws.headers_parameter.is_none() {
        return Ok(String::new());
    }
    let mut head = request_line(request)?;
    let time = jws.time_header().map(|(name, _)| name);
    for name in jws.signed_headers.iter().filter(|name| Some(**name) != time) {
        let value = header_text(request.headers, name)?;
        head.extend([*name, ": ", value, "\n"]);
    }
    Ok(head)
}

fn request_line(request: &SignedRequest<'_>) -> Result<String, VerifyError> {
    let url = request.url.parse::<Uri>().map_err(|_| VerifyError::InvalidAudience)?;
    Ok(format!("{} {}\n", request.method, url.path()))
}

/// Adds the line of a header that was sent exactly once.
fn push(head: &mut String, headers: &HeaderMap, written: &str, name: &HeaderName) -> Option<()> {
    let value = named_header_text(headers, "", name).ok()?;
    head.extend([written, ": ", value, "\n"]);
    Some(())
}

/// The names in a list, each also as it was written. None may be there twice, and there may be no more
/// than [`MAX_HEADERS`].
fn listed(list: &str) -> Option<Vec<(HeaderName, &str)>> {
    let mut names: Vec<(HeaderName, &str)> = Vec::new();
    for written in list.split(',').filter(|_| !list.is_empty()) {
        let name = HeaderName::try_from(written).ok()?;
        if names.len() == MAX_HEADERS || names.iter().any(|(other, _)| *other == name) {
            return None;
        }
        names.push((name, written));
    }
    Some(names)
}
