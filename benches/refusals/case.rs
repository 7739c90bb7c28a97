//! What is asked, and what it is measured beside.

use axum::{body::Body, extract::Request};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header, request::Parts};

use crate::app::{BY_HAND, GENERATED, NOWHERE};

/// A request that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// What `Unsigned` is, for a path where nothing is.
    UnsignedNowhere,
    /// What `Malformed` is, for a path where nothing is.
    MalformedNowhere,
    /// Without a signature, with a body of 1 KB.
    Unsigned,
    /// With a signature that is none, and a body of 1 KB.
    Malformed,
    /// With a signature of the right form, and a body of as many KB.
    Forged(usize),
    /// The same, hashed by hand.
    ByHand(usize),
}

/// Every case.
pub(crate) const ALL: [Case; 10] = [
    Case::UnsignedNowhere,
    Case::Unsigned,
    Case::MalformedNowhere,
    Case::Malformed,
    Case::ByHand(1),
    Case::Forged(1),
    Case::ByHand(8),
    Case::Forged(8),
    Case::ByHand(100),
    Case::Forged(100),
];

impl Case {
    pub(crate) fn name(self) -> String {
        match self {
            Self::UnsignedNowhere => "404, unsigned".to_owned(),
            Self::MalformedNowhere => "404, malformed".to_owned(),
            Self::Unsigned => "unsigned".to_owned(),
            Self::Malformed => "malformed".to_owned(),
            Self::Forged(size) => format!("forged, {size} KB"),
            Self::ByHand(size) => format!("by hand, {size} KB"),
        }
    }

    /// Its place in [`ALL`].
    pub(crate) fn at(self) -> usize {
        ALL.iter().position(|case| *case == self).expect("it is among them")
    }

    /// What it may cost hardly more than.
    pub(crate) fn beside(self) -> Option<Self> {
        match self {
            Self::Unsigned => Some(Self::UnsignedNowhere),
            Self::Malformed => Some(Self::MalformedNowhere),
            Self::Forged(size) => Some(Self::ByHand(size)),
            Self::UnsignedNowhere | Self::MalformedNowhere | Self::ByHand(_) => None,
        }
    }

    pub(crate) fn status(self) -> u16 {
        if self.path() == NOWHERE { 404 } else { 401 }
    }

    fn path(self) -> &'static str {
        match self {
            Self::UnsignedNowhere | Self::MalformedNowhere => NOWHERE,
            Self::Unsigned | Self::Malformed | Self::Forged(_) => GENERATED,
            Self::ByHand(_) => BY_HAND,
        }
    }

    pub(crate) fn body(self) -> Bytes {
        let size = match self {
            Self::Forged(size) | Self::ByHand(size) => size,
            _ => 1,
        };
        vec![b' '; size * 1024].into()
    }

    /// The headers that GitHub sends, but for the signature.
    fn headers(self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("host", "localhost".to_owned()),
            ("user-agent", "GitHub-Hookshot/044aadd".to_owned()),
            ("accept", "*/*".to_owned()),
            ("content-type", "application/json".to_owned()),
            ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958".to_owned()),
            ("x-github-event", "push".to_owned()),
            ("x-github-hook-id", "292430182".to_owned()),
        ];
        let signature = match self {
            Self::Unsigned | Self::UnsignedNowhere => None,
            Self::Malformed | Self::MalformedNowhere => Some(format!("sha256={}", "x".repeat(64))),
            _ => Some(format!("sha256={}", "0".repeat(64))),
        };
        headers.extend(signature.map(|signature| ("x-hub-signature-256", signature)));
        headers
    }

    /// The head as the server hands it to the application.
    pub(crate) fn head(self) -> Parts {
        let mut request = Request::post(self.path()).body(Body::empty()).expect("a request");
        for (name, value) in self.headers() {
            let value = HeaderValue::try_from(value).expect("a header's value");
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        request.headers_mut().insert(header::CONTENT_LENGTH, self.body().len().into());
        request.into_parts().0
    }

    /// The request as it is on the wire.
    pub(crate) fn wire(self) -> Bytes {
        let body = self.body();
        let mut head =
            format!("POST {} HTTP/1.1\r\ncontent-length: {}\r\n", self.path(), body.len());
        for (name, value) in self.headers() {
            head.extend([name, ": ", &value, "\r\n"]);
        }
        head.push_str("\r\n");
        [head.as_bytes(), &body].concat().into()
    }
}
