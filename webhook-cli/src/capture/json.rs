//! Requests as JSON objects: one a line, as events of Lambda functions, or as inspectors export them.

use base64ct::{Base64, Encoding as _};
use serde_json::Value;

use super::{Capture, raw};

/// The members that hold a body as text, the surest first: `body` is parsed JSON at some.
const BODIES: [&str; 6] = ["bodyRaw", "rawBody", "raw_body", "content", "body", "payload"];

/// Parses one line, or one element of a list.
pub(super) fn parse(text: &[u8], entry: Option<usize>) -> Result<Capture, String> {
    let wanted = entry.unwrap_or(1);
    let value = choose(text, wanted)?;
    let request = match value.get("request") {
        Some(Value::String(message)) => return raw::parse(&decoded(message, "request")?),
        Some(request @ Value::Object(_)) => request,
        _ => &value,
    };
    if let Some(message) = request.get("raw").and_then(Value::as_str) {
        return raw::parse(&decoded(message, "raw")?);
    }
    let (method, target) = (method(request), target(request));
    let headers = ["headers", "multiValueHeaders"]
        .iter()
        .find_map(|name| request.get(*name).filter(|headers| !headers.is_null()));
    if headers.is_none() && (method.is_none() || target.is_none()) {
        return Err(
            "the object is no request: it has `headers`, or `method` and `target`. Collections \
                    of Postman and Insomnia hold what they send: copy a request as cURL"
                .to_owned(),
        );
    }
    let mut capture = Capture {
        method: method.unwrap_or("POST").to_ascii_uppercase(),
        target: target.unwrap_or_else(|| "/".to_owned()),
        ..Capture::default()
    };
    read_headers(&mut capture, headers)?;
    capture.body = body(request)?;
    capture.promised_length = capture.header("content-length").and_then(|text| text.parse().ok());
    Ok(capture)
}

/// The object that is asked for: the only one, or one of several in lines or in a list.
fn choose(text: &[u8], wanted: usize) -> Result<Value, String> {
    let missing = || format!("there is no line {wanted}");
    let at = wanted.checked_sub(1).ok_or_else(missing)?;
    let Ok(mut value) = serde_json::from_slice::<Value>(text) else {
        let mut lines = serde_json::Deserializer::from_slice(text).into_iter::<Value>();
        let line = lines.nth(at).ok_or_else(missing)?;
        return line.map_err(|error| format!("line {wanted}: {error}"));
    };
    let listed = ["requests", "data"].iter().find(|name| value[**name].is_array());
    if let Some(name) = listed {
        value = value[*name].take();
    }
    match value {
        Value::Array(mut values) if at < values.len() => Ok(values.swap_remove(at)),
        Value::Array(_) => Err(missing()),
        // A single object may stand in several lines.
        value if at == 0 => Ok(value),
        _ => Err(missing()),
    }
}

fn method(request: &Value) -> Option<&str> {
    let members = ["/method", "/httpMethod", "/requestContext/http/method"];
    members.iter().find_map(|member| request.pointer(member)?.as_str())
}

fn target(request: &Value) -> Option<String> {
    let members = ["target", "url", "uri", "rawPath", "path"];
    let target = members.iter().find_map(|member| request.get(*member)?.as_str())?;
    let query = request.get("rawQueryString").and_then(Value::as_str).map(str::to_owned);
    let query = query.or_else(|| {
        // API Gateway decodes them.
        let fields = request.get("queryStringParameters")?.as_object()?;
        let pairs = fields.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    });
    let query = query.filter(|query| !query.is_empty() && !target.contains('?'));
    Some(query.map_or_else(|| target.to_owned(), |query| format!("{target}?{query}")))
}

fn read_headers(capture: &mut Capture, headers: Option<&Value>) -> Result<(), String> {
    match headers {
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
                let name = member(0, "name").or_else(|| member(0, "key"));
                let (Some(name), Some(value)) = (name, member(1, "value")) else {
                    return Err("a header is a pair of name and value".to_owned());
                };
                capture.push(name, value);
            }
        }
        None => {}
        Some(_) => return Err("`headers` is an object, or a list of pairs".to_owned()),
    }
    Ok(())
}

fn body(request: &Value) -> Result<Vec<u8>, String> {
    if let Some(body) = request.get("body_base64").and_then(Value::as_str) {
        return decoded(body, "body_base64");
    }
    let texts = BODIES.iter().filter_map(|name| Some((*name, request.get(*name)?.as_str()?)));
    let is_encoded = request.get("isBase64Encoded") == Some(&Value::Bool(true));
    match texts.into_iter().next() {
        Some((name, body)) if is_encoded => decoded(body, name),
        Some((_, body)) => Ok(body.as_bytes().to_vec()),
        None => match BODIES.iter().find(|name| !request[**name].is_null()) {
            None => Ok(Vec::new()),
            Some(name) => Err(format!(
                "`{name}` is the text of the body, not parsed JSON: its bytes are signed"
            )),
        },
    }
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
    fn events_of_functions_are_read() {
        let first = br#"{"httpMethod":"POST","path":"/a","headers":null,"body":"{}",
            "multiValueHeaders":{"X-A":["1"]},"queryStringParameters":{"b":"c d"}}"#;
        let capture = parse(first, None).expect("a request");
        assert_eq!((&*capture.target, capture.header("x-a")), ("/a?b=c+d", Some("1")));
        let second =
            br#"{"rawPath":"/a","rawQueryString":"b=c","headers":{"x-a":"1"},"body":"e30=",
            "requestContext":{"http":{"method":"PUT"}},"isBase64Encoded":true}"#;
        let capture = parse(second, None).expect("a request");
        assert_eq!(
            (&*capture.method, &*capture.target, &*capture.body),
            ("PUT", "/a?b=c", &b"{}"[..])
        );
    }

    #[test]
    fn exports_of_inspectors_are_read() {
        let message = Base64::encode_string(b"POST /2 HTTP/1.1\r\n\r\n{}");
        let ngrok = format!(
            r#"{{"requests":[{{"request":{{"raw":"no"}}}},{{"request":{{"raw":"{message}"}}}}]}}"#
        );
        assert_eq!(parse(ngrok.as_bytes(), Some(2)).expect("a request").target, "/2");
        assert!(parse(ngrok.as_bytes(), Some(3)).is_err());
        for text in [
            r#"{"url":"https://a.example/x?y","headers":{"x-a":["1"]},"content":"{}"}"#,
            r#"[{"headers":{"x-a":"1"},"body":{},"bodyRaw":"{}"}]"#,
            r#"{"headers":[{"key":"X-A","value":"1"}],"body":"{}"}"#,
        ] {
            let capture = parse(text.as_bytes(), None).expect("a request");
            assert_eq!((capture.header("x-a"), &*capture.body), (Some("1"), &b"{}"[..]), "{text}");
        }
    }

    #[test]
    fn other_objects_are_refused() {
        for text in [r#"{"id":"evt_1","type":"push"}"#, r#"{"info":{},"item":[]}"#, "[]", "1"] {
            assert!(parse(text.as_bytes(), None).is_err(), "{text}");
        }
    }

    #[test]
    fn a_line_is_chosen() {
        let lines = b"{\"target\":\"/1\",\"headers\":{}}\n{\"target\":\"/2\",\"headers\":{}}\n";
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
        let error = parse(br#"{"headers":{},"body":{"a":1}}"#, None).expect_err("bytes are needed");
        assert!(error.contains("its bytes are signed"), "{error}");
        let delivery = br#"{"request":{"headers":{"X-A":"1"},"payload":{"a":1}}}"#;
        assert!(parse(delivery, None).is_err());
    }
}
