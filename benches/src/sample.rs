//! Real payloads, signed as GitHub signs them.

use axum::{body::Body, extract::Request};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, HeaderValue, Method, header};
use sha2::Sha256;

/// The secret of every endpoint.
pub const SECRET: &str = "it's-a-fixture-secret";

/// A real payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// About 1 KB.
    Advisory,
    /// About 8 KB.
    Comment,
    /// About 25 KB.
    Review,
}

impl Sample {
    /// Every sample, the smallest first.
    pub const ALL: [Self; 3] = [Self::Advisory, Self::Comment, Self::Review];

    /// The path that takes it, without the slash.
    #[must_use]
    pub fn name(self) -> &'static str {
        &self.path()[1..]
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Advisory => "/security_advisory",
            Self::Comment => "/commit_comment",
            Self::Review => "/pull_request_review",
        }
    }

    /// The body.
    #[must_use]
    pub const fn body(self) -> &'static [u8] {
        match self {
            Self::Advisory => {
                include_bytes!("../../tests/fixtures/github/security_advisory.published.json")
            }
            Self::Comment => {
                include_bytes!("../../tests/fixtures/github/commit_comment.created.json")
            }
            Self::Review => {
                include_bytes!("../../tests/fixtures/github/pull_request_review.submitted.json")
            }
        }
    }

    /// The headers that GitHub sends, except for the length.
    fn headers(self) -> [(&'static str, String); 9] {
        [
            ("host", "localhost".to_owned()),
            ("user-agent", "GitHub-Hookshot/044aadd".to_owned()),
            ("accept", "*/*".to_owned()),
            ("content-type", "application/json".to_owned()),
            ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958".to_owned()),
            ("x-github-event", self.name().to_owned()),
            ("x-github-hook-id", "292430182".to_owned()),
            ("x-github-hook-installation-target-type", "repository".to_owned()),
            ("x-hub-signature-256", format!("sha256={}", signature(self.body()))),
        ]
    }

    /// The request as the server hands it to the application.
    ///
    /// # Panics
    /// Never: every header is one.
    #[must_use]
    pub fn request(self) -> Request {
        let mut request = Request::new(Body::from(Bytes::from_static(self.body())));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = http::Uri::from_static(self.path());
        let headers = request.headers_mut();
        for (name, value) in self.headers() {
            let value = HeaderValue::try_from(value).expect("a header's value");
            headers.insert(HeaderName::from_static(name), value);
        }
        headers.insert(header::CONTENT_LENGTH, self.body().len().into());
        request
    }

    /// The request as it is on the wire.
    #[must_use]
    pub fn wire(self) -> Bytes {
        let length = self.body().len();
        let mut head = format!("POST {} HTTP/1.1\r\ncontent-length: {length}\r\n", self.path());
        for (name, value) in self.headers() {
            head.extend([name, ": ", &value, "\r\n"]);
        }
        head.push_str("\r\n");
        [head.as_bytes(), self.body()].concat().into()
    }
}

fn signature(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key of any length");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}
