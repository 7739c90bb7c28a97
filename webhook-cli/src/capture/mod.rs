//! A captured request, and the formats in which people have one.

mod curl;
mod har;
mod json;
mod raw;

use std::{borrow::Cow, fmt};

use http::{HeaderMap, HeaderName, HeaderValue};

pub use raw::write as to_http;

/// The largest file that is read, in bytes.
pub const MAX_FILE: u64 = 64 * 1024 * 1024;

/// A request as it was captured. Nothing of it is verified.
#[derive(Clone, Default)]
pub struct Capture {
    /// The method, in upper case.
    pub method: String,
    /// The target of the request: path and query as on the wire, or a whole URL.
    pub target: String,
    /// The headers in their order, with their names as captured.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, after the transfer encoding.
    pub body: Vec<u8>,
    /// The length of the body that the head promises.
    pub promised_length: Option<u64>,
}

/// Hides headers and body: they may contain secrets.
impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture")
            .field("method", &self.method)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The format of a captured request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The format that the text begins like.
    #[default]
    Auto,
    /// An HTTP/1.1 message.
    Http,
    /// A HAR file, as browsers and proxies export it.
    Har,
    /// A `curl` command.
    Curl,
    /// A JSON object in one line: method, target, headers, and body or `body_base64`; or the base64 of
    /// an HTTP/1.1 message as `request`.
    Json,
}

impl Capture {
    /// Reads a captured request. `entry` chooses one of several, counted from 1.
    ///
    /// # Errors
    /// The fault of the text.
    pub fn parse(text: &[u8], format: Format, entry: Option<usize>) -> Result<Self, String> {
        let text = &*utf8(text)?;
        match format {
            Format::Auto => Self::parse(text, guess(text)?, entry),
            Format::Http => raw::parse(text),
            Format::Har => har::parse(text, entry),
            Format::Curl => curl::parse(text),
            Format::Json => json::parse(text, entry),
        }
    }

    /// The path of the target, without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        let target = match self.target.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
            None => &self.target,
        };
        target.split_once('?').map_or(target, |(path, _)| path)
    }

    /// The query of the target, without the `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// The first value of a header, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(value).ok()
    }

    /// The name of a header as it was captured.
    #[must_use]
    pub fn spelling<'n>(&'n self, name: &'n str) -> &'n str {
        let known = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map_or(name, |(known, _)| known)
    }

    /// The headers as a map. Names and values that no server would take are left out.
    #[must_use]
    pub fn header_map(&self) -> HeaderMap {
        let mut map = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value))
            {
                map.append(name, value);
            }
        }
        map
    }

    fn push(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }
}

/// A text without a byte order mark, and not in the UTF-16 of Windows.
fn utf8(text: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    let unit: fn([u8; 2]) -> u16 = match text {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return Ok(Cow::Borrowed(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text))),
    };
    let units: Vec<u16> = text[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    let text = String::from_utf16(&units).map_err(|_| "it is broken UTF-16; save it as UTF-8")?;
    Ok(Cow::Owned(text.into_bytes()))
}

/// The format that a text begins like.
fn guess(text: &[u8]) -> Result<Format, String> {
    const CODE: [&[u8]; 7] =
        [b"Invoke-", b"$session", b"fetch(", b"await fetch(", b"wget ", b"http ", b"https "];
    let start = text.trim_ascii_start();
    if start.starts_with(b"{") {
        let object = serde_json::from_slice::<serde_json::Value>(start);
        return Ok(if object.is_ok_and(|object| object.get("log").is_some()) {
            Format::Har
        } else {
            Format::Json
        });
    }
    if start.starts_with(b"[") {
        return Ok(Format::Json);
    }
    let start = start.strip_prefix(b"$ ").unwrap_or(start);
    if start.starts_with(b"curl ") || start.starts_with(b"curl.exe ") {
        return Ok(Format::Curl);
    }
    if CODE.iter().any(|code| start.starts_with(code)) {
        return Err(
            "commands and code other than curl's are not read: copy the request as cURL, or as \
                    HAR"
            .to_owned(),
        );
    }
    Ok(Format::Http)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_guessed() {
        for (text, format) in [
            ("POST / HTTP/1.1\r\n\r\n", Format::Http),
            ("curl -d 1 https://a.example", Format::Curl),
            ("$ curl https://a.example", Format::Curl),
            (r#" {"log":{"entries":[]}}"#, Format::Har),
            (r#"{"method":"POST"}"#, Format::Json),
            (r#"[{"method":"POST"}]"#, Format::Json),
        ] {
            assert_eq!(guess(text.as_bytes()), Ok(format), "{text}");
        }
        for text in ["Invoke-WebRequest -Uri a", "fetch(\"https://a.example\")"] {
            assert!(guess(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn marks_and_utf16_are_undone() {
        let text = "POST /a HTTP/1.1\r\n\r\n\u{e9}";
        let bytes = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
        };
        let marked = format!("\u{feff}{text}").into_bytes();
        for written in [bytes(u16::to_le_bytes), bytes(u16::to_be_bytes), marked] {
            let capture = Capture::parse(&written, Format::Auto, None).expect("a message");
            assert_eq!((&*capture.target, &*capture.body), ("/a", "\u{e9}".as_bytes()));
        }
        assert!(Capture::parse(b"\xff\xfe\x00\xd8", Format::Auto, None).is_err());
    }

    #[test]
    fn a_target_has_path_and_query() {
        let parts = |target: &str| {
            let capture = Capture { target: target.to_owned(), ..Capture::default() };
            (capture.path().to_owned(), capture.query().map(str::to_owned))
        };
        assert_eq!(parts("/a?b=c?d"), ("/a".to_owned(), Some("b=c?d".to_owned())));
        assert_eq!(parts("https://h.example/a?b"), ("/a".to_owned(), Some("b".to_owned())));
        assert_eq!(parts("https://h.example"), ("/".to_owned(), None));
    }

    #[test]
    fn debug_hides_headers_and_body() {
        let capture = Capture { body: b"canary".to_vec(), ..Capture::default() };
        assert_eq!(format!("{capture:?}"), "Capture { method: \"\", body_len: 6, .. }");
    }
}
