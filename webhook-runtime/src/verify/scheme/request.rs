//! A request as received, before verification.

use std::fmt;

use http::HeaderMap;

use super::template;
use crate::verify::{BodyFormat, body_format, is_labelled_form};

/// A request as received, before verification.
#[derive(Clone, Copy)]
pub struct SignedRequest<'r> {
    /// The method, in upper case.
    pub method: &'r str,
    /// The public URL that the provider calls. It comes from the configuration, never from the
    /// request's own headers. Empty if the scheme does not sign it.
    pub url: &'r str,
    /// The headers.
    pub headers: &'r HeaderMap,
    /// The query of the request as sent, without the `?`.
    pub query: &'r str,
    /// The raw bytes of the body.
    pub body: &'r [u8],
}

/// Hides headers and body: they may contain secrets.
impl fmt::Debug for SignedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedRequest")
            .field("method", &self.method)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl SignedRequest<'_> {
    /// True if the content type is that of a form, and the body does not show that it is JSON: few
    /// schemes sign the content type.
    #[must_use]
    pub fn is_form(&self) -> bool {
        is_labelled_form(self.headers) && body_format(self.headers, self.body) == BodyFormat::Form
    }
}

/// True if a text is an opaque token of letters, digits and `-_+/=`, which no provider sends as a
/// delivery. X sends unsigned handshakes that ask for the HMAC of a challenge. An attacker could
/// use them to obtain the signature of a forged delivery. So only opaque tokens are signed for such
/// a handshake, and an opaque token is rejected as a delivery.
pub(crate) fn is_opaque_token(text: &[u8]) -> bool {
    !text.is_empty() && template::is_token_text(text)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn debug_hides_headers_and_body() {
        let headers = HeaderMap::from_iter([(
            http::header::AUTHORIZATION,
            HeaderValue::from_static("canary"),
        )]);
        let shown = format!(
            "{:?}",
            SignedRequest {
                method: "POST",
                url: "",
                headers: &headers,
                query: "",
                body: b"canary"
            }
        );
        assert_eq!(shown, "SignedRequest { method: \"POST\", body_len: 6, .. }");
    }
}
