//! HTTP/1.1 messages.

use super::Capture;

/// Parses a message. The head may end its lines with LF alone, as editors write it, and may be that of
/// HTTP/2 as browsers show it, with `:method` and `:path` for the request line.
pub(super) fn parse(text: &[u8]) -> Result<Capture, String> {
    let blank = text.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let mut rest = &text[blank..];
    let mut capture = Capture::default();
    if !rest.starts_with(b":") {
        let first = std::str::from_utf8(line(&mut rest)).map_err(|_| no_request())?;
        // A target that was decoded may contain blanks.
        let (method, behind) = first.split_once(' ').ok_or_else(no_request)?;
        let target = behind.rsplit_once(" HTTP/").map_or(behind, |(target, _)| target);
        capture.method = method.to_ascii_uppercase();
        target.clone_into(&mut capture.target);
    }
    for number in 1.. {
        let line = line(&mut rest);
        if line.is_empty() {
            break;
        }
        if let (b' ' | b'\t', Some((_, value))) = (line[0], capture.headers.last_mut()) {
            // A long header went on in the next line, as it once was allowed.
            let front = if value.is_empty() { &b""[..] } else { b" " };
            value.extend([front, line.trim_ascii()].concat());
            continue;
        }
        let (name, value) = header(line).ok_or_else(|| no_header(number))?;
        match name.strip_prefix(':') {
            None => capture.headers.push((name.to_owned(), value.to_vec())),
            Some(pseudo) => {
                let value = String::from_utf8_lossy(value).into_owned();
                match pseudo {
                    "method" if capture.method.is_empty() => {
                        capture.method = value.to_ascii_uppercase();
                    }
                    "path" if capture.target.is_empty() => capture.target = value,
                    "authority" => capture.push("Host", &value),
                    _ => {}
                }
            }
        }
    }
    let is_target = capture.target.starts_with('/') || capture.target.contains("://");
    let is_method = capture.method.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !is_target || !is_method || capture.method.is_empty() {
        return Err(no_request());
    }
    let is_chunked =
        capture.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
    capture.promised_length = capture.header("content-length").and_then(|text| text.parse().ok());
    capture.body = if is_chunked {
        // A body that was captured after its chunks were joined is no list of chunks.
        chunks(rest).unwrap_or_else(|| rest.to_vec())
    } else {
        let promised = capture.promised_length.and_then(|length| usize::try_from(length).ok());
        rest[..promised.unwrap_or(rest.len()).min(rest.len())].to_vec()
    };
    Ok(capture)
}

fn no_request() -> String {
    "it does not begin with a request line such as `POST /path HTTP/1.1`".to_owned()
}

fn no_header(number: usize) -> String {
    format!("header {number} is no `Name: value`; an empty line stands between head and body")
}

/// Takes the next line off, without its end.
fn line<'t>(rest: &mut &'t [u8]) -> &'t [u8] {
    let end = rest.iter().position(|byte| *byte == b'\n');
    let (line, behind) = end.map_or((*rest, &b""[..]), |at| (&rest[..at], &rest[at + 1..]));
    *rest = behind;
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The name and the value of a header. A pseudo-header keeps the colon in front.
fn header(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = 1 + line.get(1..)?.iter().position(|byte| *byte == b':')?;
    let name = std::str::from_utf8(&line[..colon]).ok()?.trim();
    let bare = name.strip_prefix(':').unwrap_or(name);
    let is_name = !bare.is_empty()
        && bare.bytes().all(|it| it.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&it));
    is_name.then(|| (name, line[colon + 1..].trim_ascii()))
}

/// Joins the chunks of a body; `None` if these are no chunks.
fn chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = std::str::from_utf8(line(&mut rest)).ok()?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?;
        // Editors write LF for CR LF.
        if !line(&mut rest).is_empty() {
            return None;
        }
    }
}

/// Writes a message, with the length of its body.
#[must_use]
pub fn write(capture: &Capture) -> Vec<u8> {
    let mut text = format!("{} {} HTTP/1.1\r\n", capture.method, capture.target).into_bytes();
    for (name, value) in &capture.headers {
        let of_transfer = ["content-length", "transfer-encoding"];
        if of_transfer.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            continue;
        }
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value);
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(format!("Content-Length: {}\r\n\r\n", capture.body.len()).as_bytes());
    text.extend_from_slice(&capture.body);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_and_written() {
        let text = b"POST /a?b HTTP/1.1\r\nX-A:  1 \r\nContent-Length: 2\r\n\r\n{}";
        let capture = parse(text).expect("a message");
        assert_eq!((&*capture.method, &*capture.target), ("POST", "/a?b"));
        assert_eq!(capture.header("x-a"), Some("1"));
        assert_eq!((&*capture.body, capture.promised_length), (&b"{}"[..], Some(2)));
        let written = b"POST /a?b HTTP/1.1\r\nX-A: 1\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(write(&capture), written);
    }

    #[test]
    fn the_length_ends_the_body_and_may_promise_more() {
        let body = |text: &str| parse(text.as_bytes()).expect("a message").body;
        assert_eq!(body("POST / HTTP/1.1\nContent-Length: 2\n\n{}\n"), b"{}");
        assert_eq!(body("POST / HTTP/1.1\n\n{}\n"), b"{}\n");
        assert_eq!(body("POST / HTTP/1.1\nContent-Length: 9\n\n{}"), b"{}");
        assert_eq!(body("POST / HTTP/1.1\nContent-Length: 9"), b"");
    }

    #[test]
    fn heads_of_http_2_and_folded_headers_are_read() {
        let text =
            "\n:method: POST\n:path: /a?b\n:authority: a.example\nX-A: 1\n  2\nX-B:\n\t3\n\n{}";
        let capture = parse(text.as_bytes()).expect("a message");
        assert_eq!(
            (&*capture.method, &*capture.target, &*capture.body),
            ("POST", "/a?b", &b"{}"[..])
        );
        assert_eq!(capture.header("host"), Some("a.example"));
        assert_eq!((capture.header("x-a"), capture.header("x-b")), (Some("1 2"), Some("3")));
    }

    #[test]
    fn chunks_are_joined() {
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let body = |chunks: &str| parse(format!("{head}{chunks}").as_bytes()).expect("one").body;
        assert_eq!(body("2\r\n{}\r\n1;x=1\r\n!\r\n0\r\n\r\n"), b"{}!");
        assert_eq!(body("2\n{}\n0\n\n"), b"{}");
        assert_eq!(body("{}"), b"{}");
        assert_eq!(body("ffffffffffffffff\r\n{}"), b"ffffffffffffffff\r\n{}");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "no request",
            "{\"a\":1}",
            "HTTP/1.1 200 OK\r\n\r\n",
            "POST / HTTP/1.1\r\nno header\r\n",
            "POST / HTTP/1.1\r\nA: b\r\n{\"no\": \"empty line\"}",
            ":method: POST\nA: b\n\n",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
