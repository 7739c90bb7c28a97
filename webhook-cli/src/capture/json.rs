//! Requests as JSON objects, one a line.

use base64ct::{Base64, Encoding as _};
use serde_json::Value;

use super::{Capture, raw};

/// Parses one line.
pub(super) fn parse(text: &[u8], entry: Option<usize>) -> Result<Capture, String> {
    let wanted = entry.unwrap_or(1);
    let value: Value = if let Ok(value) = serde_json::from_slice(text) {
        value
    } else {
        let mut lines = serde_json::Deserializer::from_slice(text).into_iter::<Value>();
        lines
            .nth(wanted.saturating_sub(1))
            .ok_or_else(|| format!("there is no line {wanted}"))?
            .map_err(|error| format!("line {wanted}: {error}"))?
    };
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    if let Some(message) = text("request") {
        return raw::parse(&decoded(message, "request")?);
    }
    let target = text("target").or_else(|| text("url")).or_else(|| text("path")).unwrap_or("/");
    let mut capture = Capture {
        method: text("method").unwrap_or("POST").to_ascii_uppercase(),
        target: target.to_owned(),
        ..Capture::default()
    };
    match value.get("headers") {
        Some(Value::Object(headers)) => {
            for (name, value) in headers {
                match value {
                    Value::Array(values) => {
                        values
                            .iter()
                            .filter_map(Value::as_str)
                            .for_each(|it| capture.push(name, it));
                    }
                    Value::String(value) => capture.push(name, value),
                    other => capture.push(name, &other.to_string()),
                }
            }
        }
        Some(Value::Array(headers)) => {
            for header in headers {
                let member = |at: usize, name: &str| {
                    header.get(at).or_else(|| header.get(name)).and_then(Value::as_str)
                };
                let (Some(name), Some(value)) = (member(0, "name"), member(1, "value")) else {
                    return Err("a header is a pair of name and value".to_owned());
                };
                capture.push(name, value);
            }
        }
        None => {}
        Some(_) => return Err("`headers` is an object, or a list of pairs".to_owned()),
    }
    capture.body = match (text("body_base64"), value.get("body")) {
        (Some(body), _) => decoded(body, "body_base64")?,
        (None, Some(Value::String(body))) => body.clone().into_bytes(),
        (None, None | Some(Value::Null)) => Vec::new(),
        (None, Some(_)) => {
            return Err(
                "`body` is the text of the body, not parsed JSON: its bytes are signed".to_owned()
            );
        }
    };
    capture.promised_length = capture.header("content-length").and_then(|text| text.parse().ok());
    Ok(capture)
}

fn decoded(text: &str, name: &str) -> Result<Vec<u8>, String> {
    Base64::decode_vec(text).map_err(|_| format!("`{name}` is not base64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read() {
        let text =
            br#"{"method":"post","target":"/a","headers":{"X-A":"1","X-B":["2","3"]},"body":"{}"}"#;
        let capture = parse(text, None).expect("a request");
        assert_eq!(
            (&*capture.method, &*capture.target, &*capture.body),
            ("POST", "/a", &b"{}"[..])
        );
        assert_eq!(capture.headers.len(), 3);
        let pairs = br#"{"headers":[["X-A","1"],{"name":"X-B","value":"2"}],"body_base64":"e30="}"#;
        let capture = parse(pairs, None).expect("a request");
        assert_eq!((capture.header("x-b"), &*capture.body), (Some("2"), &b"{}"[..]));
    }

    #[test]
    fn a_line_is_chosen() {
        let lines = b"{\"target\":\"/1\"}\n{\"target\":\"/2\"}\n";
        assert_eq!(parse(lines, Some(2)).expect("a line").target, "/2");
        assert_eq!(parse(lines, None).expect("a line").target, "/1");
        assert!(parse(lines, Some(3)).is_err());
    }

    #[test]
    fn a_message_in_base64_is_read() {
        let message = Base64::encode_string(b"PUT /a HTTP/1.1\r\n\r\n{}");
        let text = format!(r#"{{"request":"{message}"}}"#);
        assert_eq!(parse(text.as_bytes(), None).expect("a request").method, "PUT");
    }

    #[test]
    fn a_parsed_body_is_refused() {
        let error = parse(br#"{"body":{"a":1}}"#, None).expect_err("bytes are needed");
        assert!(error.contains("its bytes are signed"), "{error}");
    }
}
