//! A recording of a delivery, as `webhook listen --record` writes it: an HTTP/1.1 message in a file,
//! whose name begins with the time of arrival.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::request::RawRequest;

/// The number of digits of a time in milliseconds since 1970, at the beginning of a file's name.
const TIME_DIGITS: usize = 13;

/// A recorded delivery.
#[derive(Clone)]
pub(crate) struct Recording {
    pub(crate) request: RawRequest,
    /// The time of arrival, if the name of the file has it.
    pub(crate) arrived_at: Option<SystemTime>,
}

impl Recording {
    /// Reads the content of a file. Lines of the head may end with LF alone, as editors write them.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(crate) fn parse(file: &str, content: &[u8]) -> Result<Self, String> {
        let mut rest = content;
        let first = next_line(&mut rest).and_then(|line| std::str::from_utf8(line).ok());
        let (method, path_and_query) = first.and_then(request_line).ok_or(
            "its first line is no request line, such as `POST /github HTTP/1.1`: it is no recording",
        )?;
        let mut headers = HeaderMap::new();
        for number in 2.. {
            let line = next_line(&mut rest)
                .ok_or("there is no empty line between its headers and its body")?;
            if line.is_empty() {
                break;
            }
            let (name, value) =
                header_line(line).ok_or_else(|| format!("its line {number} is no header"))?;
            headers.append(name, value);
        }
        let body = body_of(&headers, rest)?;
        Ok(Self {
            request: RawRequest { method, path_and_query, headers, body },
            arrived_at: time_in_name(file),
        })
    }
}

/// Takes a line, without its end; `None` if no line ends.
fn next_line<'t>(rest: &mut &'t [u8]) -> Option<&'t [u8]> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = &rest[..end];
    *rest = &rest[end + 1..];
    Some(line.strip_suffix(b"\r").unwrap_or(line))
}

fn request_line(line: &str) -> Option<(Method, String)> {
    let (method, target) = line.strip_suffix(" HTTP/1.1")?.split_once(' ')?;
    let is_target = target.starts_with('/') && target.parse::<http::Uri>().is_ok();
    let method = method.parse().ok().filter(|_| is_target)?;
    Some((method, target.to_owned()))
}

fn header_line(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
    Some((name, value))
}

/// The body, which must have the length that the recording says. Editors add a line break.
fn body_of(headers: &HeaderMap, rest: &[u8]) -> Result<Bytes, String> {
    let says = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let Some(says) = says else { return Ok(Bytes::copy_from_slice(rest)) };
    let body = says.parse().ok().and_then(|length: usize| rest.split_at_checked(length));
    match body {
        Some((body, b"" | b"\n" | b"\r\n")) => Ok(Bytes::copy_from_slice(body)),
        _ => Err(format!(
            "its body has {} bytes, and its content-length is {says}: an editor, or git with \
             `text` in .gitattributes, has changed it",
            rest.len()
        )),
    }
}

/// The time in the name of a file, such as `1760000000123-000001.http`.
fn time_in_name(file: &str) -> Option<SystemTime> {
    let name = file.rsplit(['/', '\\']).next()?;
    let (digits, rest) = name.split_at_checked(TIME_DIGITS)?;
    let is_time = digits.bytes().all(|byte| byte.is_ascii_digit()) && rest.starts_with(['-', '.']);
    let millis = digits.parse().ok().filter(|_| is_time)?;
    UNIX_EPOCH.checked_add(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<RawRequest, String> {
        Recording::parse("a.http", text.as_bytes()).map(|recording| recording.request)
    }

    #[test]
    fn a_recording_is_read_byte_for_byte() {
        for end in ["\r\n", "\n"] {
            let head = "POST /a?b=c HTTP/1.1#X-A:  1 #x-a: 2#content-length: 4##".replace('#', end);
            let request = parsed(&format!("{head}{{\r\n}}")).expect("a recording");
            assert_eq!((request.method, &*request.path_and_query), (Method::POST, "/a?b=c"));
            let values: Vec<_> = request.headers.get_all("x-a").iter().collect();
            assert_eq!(values, ["1", "2"]);
            assert_eq!(request.body, "{\r\n}");
        }
        let request = parsed("POST / HTTP/1.1\ncontent-length: 2\n\n{}\n").expect("a recording");
        assert_eq!(request.body, "{}");
        assert_eq!(parsed("POST / HTTP/1.1\n\n{}\n").expect("a recording").body, "{}\n");
    }

    #[test]
    fn other_files_are_refused_with_a_reason() {
        for (text, reason) in [
            ("", "its first line is no request line"),
            ("{\"a\":1}\n", "its first line is no request line"),
            ("HTTP/1.1 200 OK\n\n", "its first line is no request line"),
            ("POST a HTTP/1.1\n\n", "its first line is no request line"),
            ("POST / HTTP/1.1\na: b\n", "no empty line between"),
            ("POST / HTTP/1.1\na: b\nno header\n\n", "its line 3 is no header"),
            (
                "POST / HTTP/1.1\ncontent-length: 3\n\n{}",
                "has 2 bytes, and its content-length is 3",
            ),
            ("POST / HTTP/1.1\ncontent-length: 1\n\n{}\n", "content-length is 1"),
            ("POST / HTTP/1.1\ncontent-length: -\n\n", "content-length is -"),
        ] {
            let error = parsed(text).map(drop).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn the_name_has_the_time_of_arrival() {
        let at = |millis| Some(UNIX_EPOCH + Duration::from_millis(millis));
        for (name, time) in [
            ("tests/1760000000123-000001.http", at(1_760_000_000_123)),
            ("1760000000123.http", at(1_760_000_000_123)),
            ("push.http", None),
            ("176000000012-1.http", None),
            ("17600000001234.http", None),
            ("1760000000é", None),
        ] {
            assert_eq!(time_in_name(name), time, "{name}");
        }
    }
}
