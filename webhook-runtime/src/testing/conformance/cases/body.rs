//! Cases of bodies: changed bodies, and signed bodies that are hard to parse.

use http::StatusCode;
use serde_json::Value;

use super::{
    CaseResult, NOT_ALL_SIGNED, TOO_LARGE, Target, Verdict::Passed, not_applicable, passed,
};
use crate::testing::request::RawRequest;

/// Changes single bits of the body.
pub(crate) async fn tampered_body_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let genuine = sample.genuine()?;
    if !sample.signs_every_byte() {
        // If only fields are signed, it changes one of them.
        let mut request = genuine;
        return match sample.unsigned.tamper(&mut request) {
            Ok(()) => target.refuses("a changed field of the body", &request).await.map(passed),
            Err(_) => not_applicable("nothing of the body is signed"),
        };
    }
    // A receiver that has seen the signature must not accept another body with it.
    target.accepts("a genuine delivery", &genuine).await?;
    let length = genuine.body.len();
    let step = (length / 16).max(1);
    for at in (0..length).step_by(step).chain(length.checked_sub(1)) {
        // The lowest bit, and the one between upper and lower case.
        for bit in [0x01, 0x20] {
            let mut body = genuine.body.to_vec();
            body[at] ^= bit;
            let request = RawRequest { body: body.into(), ..genuine.clone() };
            target.refuses(&format!("byte {at} of the body changed"), &request).await?;
        }
    }
    Ok(Passed)
}

/// Usual sizes of buffers, and so of the part that a receiver may have verified.
const BUFFERS: [usize; 17] = [
    1024,
    2048,
    4096,
    8192,
    16_384,
    32_768,
    65_536,
    100_000,
    100 * 1024,
    128 * 1024,
    200_000,
    256 * 1024,
    500_000,
    512 * 1024,
    1_000_000,
    1024 * 1024,
    2 * 1024 * 1024,
];

/// Changes bytes far behind the start: a receiver that only verifies the start accepts them.
pub(crate) async fn all_of_a_large_body_is_verified(target: &Target) -> CaseResult {
    const LARGE: usize = 200 * 1024;
    let sample = target.sample_delivery().await?;
    if !sample.signs_every_byte() {
        return not_applicable(NOT_ALL_SIGNED);
    }
    let max = target.endpoint().max_body;
    let start = sample.unsigned.body.len();
    // The padding is replaced by other white space, or another letter.
    let other = if sample.unsigned.is_form() { b'y' } else { b'\n' };
    let large = sample.with_body(sample.padded(LARGE.min(max))).genuine()?;
    let length = large.body.len();
    if length <= start || !sample.fits(&large) {
        return not_applicable(TOO_LARGE);
    }
    for at in BUFFERS.into_iter().chain([length - 1]).filter(|at| (start..length).contains(at)) {
        let mut body = large.body.to_vec();
        body[at] = other;
        let request = RawRequest { body: body.into(), ..large.clone() };
        let what = format!("byte {at} of a body of {length} bytes changed");
        target.refuses(&what, &request).await?;
    }
    // The signed part fills a buffer, and the unsigned part starts behind it.
    for size in BUFFERS.into_iter().filter(|size| (start..max).contains(size)) {
        let signed = sample.with_body(sample.padded(size)).genuine()?;
        if signed.body.len() != size {
            continue;
        }
        let request = RawRequest { body: [&signed.body[..], &[other]].concat().into(), ..signed };
        target.refuses(&format!("a byte behind {size} that were signed"), &request).await?;
    }
    Ok(Passed)
}

/// Large forgeries are refused like small ones.
pub(crate) async fn large_forgeries_are_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let max = target.endpoint().max_body;
    let mut sizes = vec![100_001, 128 * 1024, 1024 * 1024];
    if max < 1024 * 1024 {
        sizes.push(max);
    }
    for size in sizes {
        let large = sample.with_body(sample.padded(size));
        for (how, request) in large.unsigned_and_forged()? {
            let status = if sample.fits(&request) {
                StatusCode::UNAUTHORIZED
            } else {
                StatusCode::PAYLOAD_TOO_LARGE
            };
            let what = format!("{how}, of {size} bytes");
            target.refuses_as(&what, &request, &[status]).await?;
        }
    }
    Ok(Passed)
}

/// Adds and removes bytes, white space included.
pub(crate) async fn longer_and_shorter_bodies_are_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    if !sample.signs_every_byte() {
        return not_applicable(NOT_ALL_SIGNED);
    }
    let genuine = sample.genuine()?;
    let body = &genuine.body[..];
    let mut others: Vec<(&str, Vec<u8>)> = vec![
        ("a space behind the body", [body, b" "].concat()),
        ("a line feed behind the body", [body, b"\n"].concat()),
        ("a line end behind the body", [body, b"\r\n"].concat()),
        ("a space before the body", [b" ", body].concat()),
        ("a byte order mark before the body", [b"\xef\xbb\xbf", body].concat()),
        ("a NUL behind the body", [body, b"\0"].concat()),
        ("the body twice", [body, body].concat()),
        ("a text behind the body", [body, b"{}"].concat()),
    ];
    if !body.is_empty() {
        others.push(("the body without its last byte", body[..body.len() - 1].to_vec()));
        others.push(("the body without its first byte", body[1..].to_vec()));
        others.push(("half the body", body[..body.len() / 2].to_vec()));
        others.push(("no body", Vec::new()));
    }
    for (what, body) in others.into_iter().filter(|(_, other)| other[..] != *body) {
        let request = RawRequest { body: body.into(), ..genuine.clone() };
        if sample.fits(&request) {
            target.refuses(what, &request).await?;
        }
    }
    Ok(Passed)
}

/// Sends a byte that is not UTF-8 in place of a signed replacement character, and beside it: a
/// receiver that verifies text instead of bytes sees no difference.
pub(crate) async fn invalid_utf8_is_not_repaired(target: &Target) -> CaseResult {
    const SIGNED: &str = "\u{fffd}";
    let sample = target.sample_delivery().await?;
    let Some(mut json) = sample.json().filter(|_| sample.signs_every_byte()) else {
        return not_applicable("the body is no JSON under a signature of every byte");
    };
    let mut place = &mut json;
    while let Value::Array(items) = place {
        let Some(first) = items.first_mut() else {
            return not_applicable("the JSON has nothing in it");
        };
        place = first;
    }
    let Value::Object(members) = place else { return not_applicable("the JSON is no object") };
    members.insert("conformance".to_owned(), SIGNED.into());
    let mut request = sample.with_body(json.to_string()).genuine()?;
    let text = String::from_utf8_lossy(&request.body).into_owned();
    let Some((before, behind)) = text.rsplit_once(SIGNED) else {
        return not_applicable("the scheme writes the body itself");
    };
    let bytes = |piece: &[u8]| [before.as_bytes(), piece, behind.as_bytes()].concat();
    for (what, body) in [
        ("a byte that is no UTF-8, where U+FFFD was signed", bytes(b"\xff")),
        ("a byte that is no UTF-8, beside what was signed", bytes(b"\xff\xef\xbf\xbd")),
    ] {
        request.body = body.into();
        if !sample.fits(&request) {
            return not_applicable(TOO_LARGE);
        }
        target.refuses(what, &request).await?;
    }
    Ok(Passed)
}

/// Forgeries are refused before they are parsed: the response is the same for any body.
pub(crate) async fn forgery_is_refused_before_parsing(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let forged = sample.forged()?;
    let expected = target.refuses("a forged delivery", &forged).await?;
    // A signature in the body needs a valid body.
    if target.provider().scheme_info().signature_header.is_empty() {
        return not_applicable("the signature is in the body, which nonsense cannot have");
    }
    for body in ["{", "not JSON", "", "{\"a\":", "[[[["] {
        // Some look for a body at all before anything else.
        if target.is_lenient() && body.is_empty() {
            continue;
        }
        let request = RawRequest { body: body.into(), ..forged.clone() };
        let what = format!("a forged delivery with the body {body:?}");
        let outcome = target.refuses(&what, &request).await?;
        if !target.is_alike(&outcome.response, &expected.response) {
            return Err(target.found(&what, &request, "the answer to any forgery", &outcome));
        }
    }
    Ok(Passed)
}
