//! HTTP/1.1 messages.

use super::Capture;

/// Parses a message. The head may end its lines with LF alone, as editors write it.
pub(super) fn parse(text: &[u8]) -> Result<Capture, String> {
    let mut rest = text;
    let mut next = || {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (line, behind) = end.map_or((rest, &b""[..]), |at| (&rest[..at], &rest[at + 1..]));
        rest = behind;
        line.strip_suffix(b"\r").unwrap_or(line)
    };
    let first = std::str::from_utf8(next()).map_err(|_| no_request())?;
    // A target that was decoded may contain blanks.
    let (method, behind) = first.split_once(' ').ok_or_else(no_request)?;
    let target = behind.rsplit_once(" HTTP/").map_or(behind, |(target, _)| target);
    let is_target = target.starts_with('/') || target.contains("://");
    if !is_target || !method.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(no_request());
    }
    let mut capture = Capture {
        method: method.to_ascii_uppercase(),
        target: target.to_owned(),
        ..Capture::default()
    };
    loop {
        let line = next();
        if line.is_empty() {
            break;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = match colon {
            Some(at) => (&line[..at], line[at + 1..].trim_ascii()),
            None => return Err(no_header(line)),
        };
        let name = std::str::from_utf8(name).map_err(|_| no_header(line))?;
        capture.headers.push((name.trim().to_owned(), value.to_vec()));
    }
    let is_chunked =
        capture.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
    capture.promised_length = capture.header("content-length").and_then(|text| text.parse().ok());
    capture.body = if is_chunked {
        // What was captured after the chunks were joined is no list of chunks.
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

fn no_header(line: &[u8]) -> String {
    format!(
        "a header line has no `:`; an empty line ends the head ({} bytes into the line)",
        line.len()
    )
}

/// Joins the chunks of a body; `None` if these are no chunks.
fn chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
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
    fn chunks_are_joined() {
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let body = |chunks: &str| parse(format!("{head}{chunks}").as_bytes()).expect("one").body;
        assert_eq!(body("2\r\n{}\r\n1;x=1\r\n!\r\n0\r\n\r\n"), b"{}!");
        assert_eq!(body("{}"), b"{}");
        assert_eq!(body("ffffffffffffffff\r\n{}"), b"ffffffffffffffff\r\n{}");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "no request", "{\"a\":1}", "POST / HTTP/1.1\r\nno header\r\n"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
