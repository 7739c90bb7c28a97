//! HAR files: the log of a browser or proxy.

use base64ct::{Base64, Encoding as _};
use serde_json::Value;

use super::Capture;

/// Parses an entry: the chosen one, or the first with a body.
pub(super) fn parse(text: &[u8], entry: Option<usize>) -> Result<Capture, String> {
    let har: Value = serde_json::from_slice(text).map_err(|error| format!("no HAR: {error}"))?;
    let entries = har.pointer("/log/entries").and_then(Value::as_array);
    let entries = entries.ok_or("a HAR file has a list at /log/entries")?;
    let request = match entry {
        Some(number) => entries.get(number.wrapping_sub(1)),
        None => entries.iter().find(|entry| entry.pointer("/request/postData").is_some()),
    };
    let request = request.and_then(|entry| entry.get("request"));
    let request = request.ok_or_else(|| match entry {
        Some(number) => format!("there is no entry {number}: the file has {}", entries.len()),
        None => format!(
            "none of the {} entries has a body: choose one with --entry, counted from 1",
            entries.len()
        ),
    })?;
    let text = |pointer: &str| request.pointer(pointer).and_then(Value::as_str);
    let mut capture = Capture {
        method: text("/method").unwrap_or("POST").to_ascii_uppercase(),
        target: text("/url").unwrap_or("/").to_owned(),
        ..Capture::default()
    };
    for header in request.get("headers").and_then(Value::as_array).into_iter().flatten() {
        let member = |name| header.get(name).and_then(Value::as_str);
        if let (Some(name), Some(value)) = (member("name"), member("value")) {
            // Pseudo-headers of HTTP/2.
            if !name.starts_with(':') {
                capture.push(name, value);
            }
        }
    }
    if text("/postData/_file").is_some() {
        return Err(
            "the body is in a file of its own: export the HAR file with its content".to_owned()
        );
    }
    let body = text("/postData/text").map_or_else(|| fields(request), str::to_owned);
    capture.body = if text("/postData/encoding") == Some("base64") {
        Base64::decode_vec(&body).map_err(|_| "the body is not base64")?
    } else {
        body.into_bytes()
    };
    capture.promised_length = capture.header("content-length").and_then(|text| text.parse().ok());
    Ok(capture)
}

/// The form of an entry that has its fields alone.
fn fields(request: &Value) -> String {
    let fields = request.pointer("/postData/params").and_then(Value::as_array);
    let pairs = fields.into_iter().flatten().filter_map(|field| {
        let text = |name| field.get(name).and_then(Value::as_str);
        Some((text("name")?, text("value").unwrap_or_default()))
    });
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HAR: &str = r#"{"log":{"entries":[
        {"request":{"method":"GET","url":"https://a.example/","headers":[]}},
        {"request":{"method":"POST","url":"https://a.example/hook?x=1",
          "headers":[{"name":":method","value":"POST"},{"name":"X-A","value":"1"}],
          "postData":{"mimeType":"application/json","text":"{\"a\":1}"}}}]}}"#;

    #[test]
    fn the_first_body_is_chosen() {
        let capture = parse(HAR.as_bytes(), None).expect("an entry");
        assert_eq!((capture.path(), capture.query()), ("/hook", Some("x=1")));
        assert_eq!((capture.headers.len(), &*capture.body), (1, &b"{\"a\":1}"[..]));
    }

    #[test]
    fn fields_become_a_form() {
        let har = HAR.replace(r#""text":"{\"a\":1}""#, r#""params":[{"name":"a","value":"b c"}]"#);
        assert_eq!(parse(har.as_bytes(), None).expect("an entry").body, b"a=b+c");
        let har = HAR.replace(r#""text":"{\"a\":1}""#, r#""_file":"1.bin""#);
        assert!(parse(har.as_bytes(), None).is_err());
    }

    #[test]
    fn an_entry_is_chosen_by_number() {
        assert_eq!(parse(HAR.as_bytes(), Some(1)).expect("an entry").method, "GET");
        for number in [0, 3] {
            assert!(parse(HAR.as_bytes(), Some(number)).is_err());
        }
    }
}
