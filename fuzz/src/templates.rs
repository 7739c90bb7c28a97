//! Signed templates: what is signed is accepted, what renders to another text is refused, and a text
//! that could be cut in another way is never read in that way.

use http::HeaderMap;

use crate::{
    input::Input,
    plan::{Algorithm, ID, Part, Plan, Request, TIME, Unit, Values, put},
};

/// Judges a signed request, and changed ones.
pub fn judge(data: &[u8]) {
    let input = &mut Input::new(data);
    let plan = Plan::any(input);
    let provider = plan.provider();
    let keys = plan.keys(input);
    // The years that all units can write.
    let at = 1_000_000_000_000 + input.number() % 8_999_999_999_999;
    let time = plan.time.map(|time| time.unit.write(at)).unwrap_or_default();
    let mut id: String = input.text().chars().filter(|mark| matches!(mark, ' '..='~')).collect();
    if !plan.may_be_id(&id) {
        "m".clone_into(&mut id);
        if !plan.may_be_id(&id) {
            return;
        }
    }
    let mut request = Request {
        method: input.one_of(&["POST", "GET", "P"]).to_owned(),
        url: format!("https://{}", input.text()),
        headers: HeaderMap::new(),
        query: String::new(),
        body: input.bytes().to_vec(),
    };
    plan.compare_signing(&provider, &keys[0], &request, &id, at);
    let which = input.below(keys.len());
    plan.send(&mut request, &keys[which], which, &id, &time);
    let accepted = plan.compare(&provider, &keys, &request, at);
    let may_be = (!plan.has_id || plan.may_be_behind_id(&request.body))
        && plan.may_be_hashed(&request.body)
        && plan.may_be_behind_url(&request);
    assert_eq!(accepted, may_be, "{request:?} by {plan:?}");

    if !accepted {
        return;
    }
    recut(input, &plan, &keys[which], &request, (&id, &time), |changed| {
        plan.compare(&provider, &keys, changed, at)
    });
    match input.below(8) {
        0 => request.method = input.text(),
        1 => request.url.push(char::from(input.byte() & 0x7f)),
        2 => put(&mut request.headers, ID, &id[..id.len() - 1]),
        3 => flip(input, &mut request.body),
        4 => request.body = input.rest().to_vec(),
        5 => request.body.push(input.byte()),
        6 => drop(request.body.pop()),
        _ => request.body.insert(0, input.byte()),
    }
    plan.compare(&provider, &keys, &request, at);
}

fn flip(input: &mut Input<'_>, body: &mut [u8]) {
    if !body.is_empty() {
        let at = input.below(body.len());
        body[at] ^= 1 << input.below(8);
    }
}

/// Whoever has one signed text looks for another request that renders to it. The method and the URL
/// are not the sender's to choose here.
fn recut(
    input: &mut Input<'_>,
    plan: &Plan,
    key: &[u8],
    request: &Request,
    (id, time): (&str, &str),
    compare: impl Fn(&Request) -> bool,
) {
    // Times of any length belong to the scheme's own unit; a field of the signature's header would
    // have to be written again.
    let in_field = plan.time.is_some_and(|time| time.in_field);
    if plan.algorithm == Algorithm::Token || in_field {
        return;
    }
    let values =
        Values { id, time, method: &request.method, url: &request.url, body: &request.body };
    let message = plan.message(key, &values);
    let Some((cut_id, cut_time, body)) = cut(input, plan, key, request, &message) else { return };
    let id = if plan.has_id { id } else { "" };
    if (&*cut_id, &*cut_time, &*body) == (id, time, &*request.body) {
        return;
    }
    let mut changed = request.clone();
    let text =
        |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~')).then(|| text.to_owned());
    if plan.has_id {
        let Some(id) = text(&cut_id) else { return };
        put(&mut changed.headers, ID, &id);
    }
    if plan.time.is_some() {
        let Some(time) = text(&cut_time) else { return };
        put(&mut changed.headers, TIME, &time);
    }
    changed.body = body;
    assert!(!compare(&changed), "{request:?} can be read as {changed:?} by {plan:?}");
}

/// One way to cut a text by a template: lengths for the id and the time, and the body is what is left.
fn cut(
    input: &mut Input<'_>,
    plan: &Plan,
    key: &[u8],
    request: &Request,
    message: &[u8],
) -> Option<(String, String, Vec<u8>)> {
    let fixed: usize = plan
        .parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.len(),
            Part::Method => request.method.len(),
            Part::Url => request.url.len(),
            Part::Secret => key.len(),
            Part::Id | Part::Time | Part::Body => 0,
        })
        .sum();
    let free = message.len() - fixed;
    let id = if plan.has_id { input.below(free.min(255) + 1) } else { 0 };
    let time = match plan.time.map(|time| time.unit) {
        None => 0,
        Some(Unit::Seconds) => 10,
        Some(Unit::Millis) => 13,
        Some(Unit::Rfc3339) => 20 + input.below(12),
    };
    let body = free.checked_sub(id + time)?;
    let mut rest = message;
    let (mut found, mut times, mut bodies) = (String::new(), String::new(), Vec::new());
    for part in &plan.parts {
        let mut take = |length: usize| {
            let (taken, left) = rest.split_at_checked(length)?;
            rest = left;
            Some(taken)
        };
        let expected = match part {
            Part::Literal(text) => text.as_bytes(),
            Part::Method => request.method.as_bytes(),
            Part::Url => request.url.as_bytes(),
            Part::Secret => key,
            Part::Id => {
                found = String::from_utf8(take(id)?.to_vec()).ok()?;
                continue;
            }
            Part::Time => {
                times = String::from_utf8(take(time)?.to_vec()).ok()?;
                continue;
            }
            Part::Body => {
                bodies = take(body)?.to_vec();
                continue;
            }
        };
        if take(expected.len())? != expected {
            return None;
        }
    }
    Some((found, times, bodies))
}
