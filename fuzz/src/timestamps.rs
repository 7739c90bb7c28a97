//! Timestamps: any text, in any place and unit, before any window and clock.

use http::{HeaderMap, HeaderValue};

use crate::{
    input::Input,
    plan::{Algorithm, Plan, Request, Time},
};

/// The last millisecond of the year 9999.
const LAST: u64 = 253_402_300_799_999;

/// Judges the age of a request whose signature is right.
pub fn judge(data: &[u8]) {
    let input = &mut Input::new(data);
    // HMAC with SHA-256 over time and body, but with any grammar.
    let mut plan = Plan::any(input);
    if plan.algorithm != Algorithm::HmacSha256 || plan.time.is_none() || plan.has_id {
        plan = Plan::timed(Time::any(input, true));
    }
    let Some(time) = plan.time else { return };
    let provider = plan.provider();
    let now = match input.below(4) {
        0 => 1_760_000_000_000,
        1 => 0,
        2 => u64::from(input.byte()) << 32 | input.number() >> 40,
        _ => input.number() % LAST,
    };
    let text = match input.below(4) {
        0 => input.text(),
        choice => {
            let shift = i128::from(input.number().cast_signed() >> (8 * input.below(8)));
            let at = u64::try_from(i128::from(now) + shift).unwrap_or_default().min(LAST);
            let mut text = time.unit.write(at);
            if choice == 1 && text.is_ascii() {
                let cut = input.below(text.len());
                let piece = input.text();
                let end = (cut + input.below(4)).min(text.len());
                text.replace_range(cut..end, &piece);
            }
            text
        }
    };
    let wrapped = input.one_of(&["", " ", "\t"]);
    if HeaderValue::from_str(&format!("{wrapped}{text}")).is_err() {
        return;
    }
    let text = format!("{wrapped}{text}");
    let keys = vec![b"k3y".to_vec()];
    let mut request = Request {
        method: "POST".to_owned(),
        url: String::new(),
        headers: HeaderMap::new(),
        query: String::new(),
        body: input.rest().to_vec(),
    };
    plan.send(&mut request, &keys[0], 0, "", &text);
    let accepted = plan.compare(&provider, &keys, &request, now);
    if accepted {
        let proof = plan.ask(&provider, &keys, &request, now).expect("accepted before");
        let signed = proof.signed_at.expect("a signed time").duration_since(std::time::UNIX_EPOCH);
        let millis = signed.expect("later").as_millis();
        assert_eq!(Some(millis), time.unit.read(&text).map(u128::from), "{text:?} by {plan:?}");
    }
}
