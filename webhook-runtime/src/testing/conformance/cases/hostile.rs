//! Cases of signed bodies that are hard to parse.

use serde_json::Value;

use super::{CaseResult, Target, passed};
use crate::testing::request::RawRequest;

/// Sends signed JSON that is hard to parse. It may be refused, but must not cause a 5xx.
pub(crate) async fn hostile_json_causes_no_5xx(target: &Target) -> CaseResult {
    let max = target.endpoint().max_body.min(1 << 20);
    let deep = "[".repeat(100_000.min(max));
    let nested = format!("{}1{}", "{\"a\":".repeat(1_000), "}".repeat(1_000));
    let twice = r#"{"id":1,"id":2,"type":"a","type":"b"}"#.to_owned();
    let number = format!("{{\"id\":{}}}", "9".repeat(1_000_000.min(max.saturating_sub(8))));
    let texts = [
        ("a deep text", deep),
        ("deep objects", nested),
        ("keys that are given twice", twice),
        ("a number of a million digits", number),
        ("a number that is too large", r#"{"id":1e400}"#.to_owned()),
        ("no number", r#"{"id":NaN}"#.to_owned()),
        ("half a surrogate pair", r#"{"id":"\ud800"}"#.to_owned()),
        ("an escaped NUL", r#"{"id":"\u0000"}"#.to_owned()),
        ("a byte order mark", "\u{feff}{}".to_owned()),
        ("white space", " ".repeat(max)),
        ("an empty body", String::new()),
        ("null", "null".to_owned()),
        ("a string", "\"text\"".to_owned()),
        ("an empty list", "[]".to_owned()),
        ("a key that is a pointer's", r#"{"__proto__":{},"constructor":1}"#.to_owned()),
    ];
    for (what, text) in texts {
        survives(target, what, text.into_bytes()).await?;
    }
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    survives(target, "UTF-16", utf16).await?;
    lives_on(target).await
}

/// Sends signed bytes that are not text.
pub(crate) async fn binary_body_causes_no_5xx(target: &Target) -> CaseResult {
    for (what, body) in [
        ("a byte that is no UTF-8", b"{\"id\":\"\xff\"}".to_vec()),
        ("half a character", b"{\"id\":\"\xc3\"}".to_vec()),
        ("bytes of all kinds", (0..=u8::MAX).collect()),
        ("a NUL", b"\0".to_vec()),
    ] {
        survives(target, what, body).await?;
    }
    lives_on(target).await
}

/// Sends JSON that is nested deeply, and complete: alone, and in the place of a value that nobody
/// needs. What recurses over it ends the process.
pub(crate) async fn deep_nesting_is_survived(target: &Target) -> CaseResult {
    let max = target.endpoint().max_body;
    for (what, nested) in nestings().filter(|(_, nested)| nested.len() <= max) {
        let sample = target.sample_delivery().await?;
        let inside = sample.json().and_then(|json| with_member(&json, &nested));
        let deep = sample.with_body(inside.unwrap_or(nested));
        for (how, request) in deep.unsigned_and_forged().into_iter().flatten() {
            if sample.fits(&request) {
                target.refuses(&format!("{what}, {how}"), &request).await?;
            }
        }
    }
    for (what, nested) in nestings().filter(|(_, nested)| nested.len() <= max) {
        let json = target.sample_delivery().await?.json();
        let inside = json.and_then(|json| with_member(&json, &nested));
        for body in [Some(nested), inside].into_iter().flatten() {
            survives(target, &what, body.into_bytes()).await?;
        }
    }
    lives_on(target).await
}

/// Lists and objects of several depths.
fn nestings() -> impl Iterator<Item = (String, String)> {
    const DEPTHS: [usize; 5] = [1_000, 10_000, 30_000, 100_000, 450_000];
    DEPTHS.into_iter().flat_map(|depth| {
        let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let objects = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        [("lists", lists), ("objects", objects)]
            .map(|(kind, nested)| (format!("{kind} in {depth} levels"), nested))
    })
}

/// JSON with one more member, which is given as text: a tree of that depth has no end of its own.
fn with_member(json: &Value, value: &str) -> Option<String> {
    let text = json.as_object().map(|_| json.to_string())?;
    let rest = text.strip_prefix('{')?;
    let comma = if rest == "}" { "" } else { "," };
    Some(format!("{{\"conformance\":{value}{comma}{rest}"))
}

/// A receiver may end a little after its response, where the work is done.
async fn lives_on(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    target.accepts("a genuine delivery after that", &sample.genuine()?).await
}

/// Sends a signed body, or an unsigned one if the scheme cannot sign it. It is a new delivery each
/// time: a receiver may look at known ones no further.
async fn survives(target: &Target, what: &str, body: Vec<u8>) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let max = target.endpoint().max_body;
    let body = if body.len() > max { body[..max].to_vec() } else { body };
    let request = match sample.with_body(body.clone()).genuine() {
        Ok(request) => request,
        Err(_) => RawRequest { body: body.into(), ..sample.genuine()? },
    };
    target.tries(&format!("{what} for a body, signed"), &request).await.map(passed)
}
