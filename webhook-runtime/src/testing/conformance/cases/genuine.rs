//! Cases of genuine deliveries, in any spelling of JSON.

use std::fmt::Write as _;

use serde_json::Value;

use super::{CaseResult, TOO_LARGE, Target, Verdict::Passed, not_applicable};
use crate::testing::conformance::sample::SampleDelivery;

/// Sends the sample. If this fails, the handler does not accept the sample, and the other cases
/// mean little.
pub(crate) async fn genuine_delivery_is_accepted(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    target.accepts("a genuine delivery", &sample.genuine()?).await
}

/// Sends the same JSON in another spelling, signed as sent: a receiver that re-serializes JSON
/// before it verifies refuses it. A payload that borrows `&str` refuses it too: use `Cow<str>`.
pub(crate) async fn raw_bytes_are_verified(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some(json) = with_note(&sample) else { return not_applicable(NO_JSON) };
    let request = sample.with_body(oddly(&json)).genuine()?;
    if !sample.fits(&request) {
        return not_applicable(TOO_LARGE);
    }
    target.accepts("genuine JSON with odd spaces, escapes and order", &request).await
}

/// Sends one spelling with the signature of another one, that a library would write.
pub(crate) async fn signature_of_rewritten_json_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some(json) = with_note(&sample) else { return not_applicable(NO_JSON) };
    let lines = serde_json::to_string_pretty(&json).unwrap_or_default();
    let spellings = [
        ("with odd spaces", oddly(&json)),
        ("without spaces", json.to_string()),
        ("as Python writes it", as_python(&json)),
        ("as PHP writes it", as_php(&json)),
        ("with `\\/`", json.to_string().replace('/', "\\/")),
        ("in ASCII", ascii(&json.to_string())),
        ("with accents of their own", json.to_string().replace('\u{e9}', "e\u{301}")),
        ("in lines", lines.clone()),
        ("in lines of CRLF", lines.replace('\n', "\r\n")),
    ];
    for (sent, body) in &spellings {
        for (signed, other) in spellings.iter().filter(|(_, other)| other != body) {
            let mut request = sample.with_body(other.clone()).genuine()?;
            if request.body != other.as_bytes() {
                return not_applicable("the scheme writes the body itself");
            }
            request.body = body.clone().into();
            if sample.fits(&request) {
                let what = format!("JSON {sent}, under the signature of the same JSON {signed}");
                target.refuses(&what, &request).await?;
            }
        }
    }
    Ok(Passed)
}

const NO_JSON: &str = "the body is no JSON under a signature of every byte";

/// The JSON of a sample that is signed as a whole. A foreign receiver also gets a text that
/// libraries write in different ways.
fn with_note(sample: &SampleDelivery<'_>) -> Option<Value> {
    let mut json = sample.json().filter(|_| sample.signs_every_byte())?;
    if let (Value::Object(members), true) = (&mut json, sample.target.is_remote()) {
        members.insert("conformance".to_owned(), "https://example.com/caf\u{e9}".into());
    }
    Some(json)
}

/// Sends the same bytes twice within the window. They are still genuine: deduplication is up to the
/// handler or the store.
pub(crate) async fn replay_gets_the_same_response(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let request = sample.genuine()?;
    let first = target.tries("a genuine delivery", &request).await?;
    let second = target.tries("the same delivery again", &request).await?;
    let (before, again) = (first.response.status(), second.response.status());
    // A receiver may say that it knows the delivery.
    let is_alike = target.is_lenient() && before.is_success() && again.is_success();
    if before == again || is_alike {
        return Ok(Passed);
    }
    let expected = format!("{}, as before", first.response.status());
    Err(target.found("the same delivery again", &request, &expected, &second))
}

/// Writes JSON in an odd spelling that every parser reads.
pub(super) fn oddly(json: &Value) -> String {
    let mut text = " \n".to_owned();
    write_oddly(json, &mut text);
    text.push_str("\t\r\n ");
    text
}

fn write_oddly(json: &Value, text: &mut String) {
    match json {
        Value::Object(members) => {
            text.push_str("{ ");
            for (at, (name, value)) in members.iter().rev().enumerate() {
                text.push_str(if at > 0 { " ,\n" } else { "\t" });
                escaped(name, text);
                text.push_str(" :  ");
                write_oddly(value, text);
            }
            text.push_str("\r\n}");
        }
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at > 0 { "\t, " } else { "  " });
                write_oddly(item, text);
            }
            text.push_str(" ]");
        }
        Value::String(string) => escaped(string, text),
        other => text.push_str(&other.to_string()),
    }
}

/// Writes JSON as `json.dumps` of Python does.
fn as_python(json: &Value) -> String {
    match json {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                format!("{}: {}", ascii(&Value::from(&**name).to_string()), as_python(value))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(as_python).collect::<Vec<_>>().join(", "))
        }
        other => ascii(&other.to_string()),
    }
}

/// Writes JSON as `json_encode` of PHP does. A `/` only stands in strings.
fn as_php(json: &Value) -> String {
    ascii(&json.to_string()).replace('/', "\\/")
}

/// Escapes all characters that are not ASCII.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for mark in json.chars() {
        if mark.is_ascii() {
            text.push(mark);
        } else {
            for unit in mark.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

/// Writes a string with its first letter and every `/` escaped.
fn escaped(string: &str, text: &mut String) {
    let plain = Value::from(string).to_string().replace('/', "\\/");
    match string.chars().next() {
        Some(first) if first.is_ascii_alphanumeric() => {
            // Writing to a string cannot fail.
            let _ = write!(text, "\"\\u{:04x}{}", u32::from(first), &plain[2..]);
        }
        _ => text.push_str(&plain),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn odd_json_has_the_same_value() {
        let json = json!({"a":[1,{"b":"c\n\"d/\u{1f600}"},null,true,1.5],"":"","é":"\u{0}"});
        let odd = oddly(&json);
        for text in [&odd, &as_python(&json), &as_php(&json)] {
            assert_eq!(serde_json::from_str::<Value>(text).ok(), Some(json.clone()), "{text}");
        }
        assert!(as_php(&json).contains(r"d\/\ud83d\ude00"), "{}", as_php(&json));
        assert_ne!(odd, json.to_string());
        assert!(odd.contains(r#""\u0061""#), "{odd}");
    }
}
