//! The grammars of signature headers: any scheme, and headers put together of what it looks for.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    input::Input,
    plan::{ID, NAMES, Plan, Request, TIME, Values},
};

const NOW: u64 = 1_760_000_000_000;
const MARKS: [&str; 18] = [
    "=", ",", ";", " ", "  ", ", ", "&", "v1", "v1a", "s", "h1", "t1", "t", "t=", "v1,", "sha256=",
    "code=", "\t",
];

/// Judges whether the runtime finds the signatures that are there, and none that are not.
pub fn judge(data: &[u8]) {
    let input = &mut Input::new(data);
    let plan = Plan::any(input);
    let provider = plan.provider();
    let keys = plan.keys(input);
    let mut request = Request {
        method: "POST".to_owned(),
        url: "https://a.example/hook".to_owned(),
        headers: HeaderMap::new(),
        query: String::new(),
        body: b"{}".to_vec(),
    };
    let time = plan.time.map(|time| time.unit.write(NOW)).unwrap_or_default();
    let which = input.below(keys.len());
    plan.send(&mut request, &keys[which], which, "msg_1", &time);
    assert!(
        plan.compare(&provider, &keys, &request, NOW),
        "a genuine request is refused: {plan:?}"
    );

    let values = Values {
        id: "msg_1",
        time: &time,
        method: &request.method,
        url: &request.url,
        body: b"{}",
    };
    let signatures: Vec<_> = keys.iter().map(|key| plan.signature(key, &values)).collect();
    let mut first = true;
    while first || input.is_rarely() {
        first = false;
        let value = value(input, &signatures, &time, &request.headers);
        match input.below(16) {
            0 => request.query = String::from_utf8_lossy(&value).into_owned(),
            choice => change(input, choice, &mut request.headers, &value),
        }
        plan.compare(&provider, &keys, &request, NOW);
    }
}

fn change(input: &mut Input<'_>, choice: usize, headers: &mut HeaderMap, value: &[u8]) {
    let numbered = format!("x-sig-{}", input.byte());
    let name = match choice {
        1 => TIME,
        2 => ID,
        3 => "x-version",
        4 => &numbered,
        5 => "x-sig-01",
        6 => "x-primary",
        7 => "x-secondary",
        // The header of the signature, mostly.
        _ => match NAMES.iter().find(|name| headers.contains_key(**name)) {
            Some(name) if !input.is_rarely() => name,
            _ => input.one_of(&NAMES),
        },
    };
    let name = HeaderName::try_from(name).expect("the name of a header");
    if input.is_rarely() {
        headers.remove(&name);
    }
    let Ok(value) = HeaderValue::from_bytes(value) else { return };
    if input.is_rarely() {
        headers.append(name, value);
    } else {
        headers.insert(name, value);
    }
}

/// The value of a header, piece by piece.
fn value(input: &mut Input<'_>, signatures: &[String], time: &str, headers: &HeaderMap) -> Vec<u8> {
    let mut value = Vec::new();
    for _ in 0..input.below(24) {
        match input.below(8) {
            0 | 1 => value.extend_from_slice(input.one_of(&MARKS).as_bytes()),
            2 => value.extend_from_slice(signatures[input.below(signatures.len())].as_bytes()),
            3 => {
                // One that is not quite a signature.
                let mut near = signatures[input.below(signatures.len())].clone().into_bytes();
                let at = input.below(near.len().min(256));
                near[at] = input.byte();
                near.truncate(near.len() - usize::from(input.is_rarely()));
                value.extend_from_slice(&near);
            }
            4 => value.extend_from_slice(time.as_bytes()),
            5 => {
                // What the genuine request has.
                if let Some(genuine) = headers.values().nth(input.below(4)) {
                    value.extend_from_slice(genuine.as_bytes());
                }
            }
            6 => value.push(input.byte()),
            _ => value.extend_from_slice(input.bytes()),
        }
    }
    value
}
