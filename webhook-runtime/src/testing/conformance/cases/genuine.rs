//! Cases of genuine deliveries, in any spelling of JSON.

use std::fmt::Write as _;

use serde_json::Value;

use super::{CaseResult, TOO_LARGE, Target, Verdict::Passed, not_applicable, passed};

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
    let Some(json) = sample.json().filter(|_| sample.signs_every_byte()) else {
        return not_applicable("the body is no JSON under a signature of every byte");
    };
    let request = sample.with_body(oddly(&json)).genuine()?;
    if !sample.fits(&request) {
        return not_applicable(TOO_LARGE);
    }
    target.accepts("genuine JSON with odd spaces, escapes and order", &request).await
}

/// Sends an odd spelling with the signature of the JSON that a library would write.
pub(crate) async fn signature_of_rewritten_json_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some(json) = sample.json().filter(|_| sample.signs_every_byte()) else {
        return not_applicable("the body is no JSON under a signature of every byte");
    };
    let mut request = sample.with_body(json.to_string()).genuine()?;
    request.body = oddly(&json).into();
    if !sample.fits(&request) {
        return not_applicable(TOO_LARGE);
    }
    let what = "JSON with odd spaces, under the signature of the same JSON without";
    target.refuses(what, &request).await.map(passed)
}

/// Sends the same bytes twice within the window. They are still genuine: deduplication is up to the
/// handler or the store.
pub(crate) async fn replay_gets_the_same_response(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let request = sample.genuine()?;
    let first = target.tries("a genuine delivery", &request).await?;
    let second = target.tries("the same delivery again", &request).await?;
    if first.response.status() == second.response.status() {
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

/// Writes a string with its first letter escaped.
fn escaped(string: &str, text: &mut String) {
    let plain = Value::from(string).to_string();
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
        let json = json!({"a":[1,{"b":"c\n\"d"},null,true,1.5],"":"","é":"\u{0}"});
        let odd = oddly(&json);
        assert_eq!(serde_json::from_str::<Value>(&odd).ok(), Some(json.clone()));
        assert_ne!(odd, json.to_string());
        assert!(odd.contains(r#""\u0061""#), "{odd}");
    }
}
