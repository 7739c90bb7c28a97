//! Cases of methods, sizes, encodings and hosts.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use super::{
    CaseResult, NOT_STRICT, Target, Verdict::Passed, detour::answers, not_applicable, passed,
    signature::placed,
};
use crate::testing::{
    conformance::{exchange::Outcome, failure::Failure, sample::SampleDelivery},
    request::RawRequest,
};

/// Sends methods that the provider does not use.
pub(crate) async fn other_methods_are_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let provider = target.provider();
    let allowed: Vec<&str> = provider.methods().split(", ").collect();
    for name in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"] {
        let Ok(method) = Method::from_bytes(name.as_bytes()) else { continue };
        // Some providers use one of them to check whether the endpoint exists.
        if allowed.contains(&name) || answers(target, name) {
            continue;
        }
        let unsigned = sample.unsigned.clone().without_signature();
        for (how, request) in [("unsigned", unsigned), ("signed as a POST", sample.genuine()?)] {
            let request = RawRequest { method: method.clone(), ..request };
            let what = format!("{name}, {how}");
            let outcome = target.send(&what, &request).await?;
            if !target.is_ours() && is_harmless(target, &request, &outcome).await? {
                continue;
            }
            let statuses = [StatusCode::METHOD_NOT_ALLOWED];
            let outcome = target.is_refused(&what, &request, &statuses, outcome)?;
            if target.is_ours() && !outcome.response.headers().contains_key(http::header::ALLOW) {
                return Err(target.found(&what, &request, "the header Allow", &outcome));
            }
        }
    }
    Ok(Passed)
}

/// Other receivers may respond with any status, if they handle nothing. If that is not known, a
/// page for everybody is harmless.
async fn is_harmless(
    target: &Target,
    request: &RawRequest,
    outcome: &Outcome,
) -> Result<bool, Failure> {
    if let Some(effects) = outcome.handled_count {
        return Ok(effects == 0);
    }
    let name = request.method.as_str();
    let response = &outcome.response;
    if matches!(name, "OPTIONS" | "HEAD" | "TRACE") {
        return Ok(true);
    }
    if !target.is_lenient() {
        return Ok(false);
    }
    if !response.status().is_success() || !target.looks_handled(response).await? {
        return Ok(true);
    }
    let bare = RawRequest { headers: HeaderMap::new(), body: Bytes::new(), ..request.clone() };
    let page = target.tries(&format!("{name} without anything"), &bare).await?.response;
    Ok(name == "GET" && page.status() == response.status() && page.body() == response.body())
}

/// The largest limit that is tested.
const MAX_TESTED: usize = 64 * 1024 * 1024;

/// Sends one byte more than the limit, with a declared length.
pub(crate) async fn oversized_body_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some(request) = oversized(target, &sample)? else {
        return not_applicable("the receiver's limit is not known, or it is large");
    };
    let statuses = [StatusCode::PAYLOAD_TOO_LARGE];
    target.refuses_as("a signed body that is too large", &request, &statuses).await?;
    // A too large declared length is refused before the body is read.
    let mut small = sample.genuine()?;
    small.set("content-length", u64::MAX.to_string());
    let what = "a body that is said to be too large";
    if target.is_ours() {
        target.refuses_as(what, &small, &statuses).await?;
    }
    Ok(Passed)
}

/// Sends one byte more than the limit, in pieces.
pub(crate) async fn oversized_chunked_body_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some(request) = oversized(target, &sample)? else {
        return not_applicable("the receiver's limit is not known, or it is large");
    };
    let what = "a signed body in pieces that is too large";
    let outcome = target.stream(what, &request).await?;
    let statuses = [StatusCode::PAYLOAD_TOO_LARGE];
    target.is_refused(what, &request, &statuses, outcome).map(passed)
}

/// A genuine delivery with one byte more than the limit.
fn oversized(target: &Target, sample: &SampleDelivery<'_>) -> Result<Option<RawRequest>, Failure> {
    let limit = target.endpoint().max_body;
    if limit >= MAX_TESTED || !target.knows_max_body {
        return Ok(None);
    }
    let body = sample.padded(limit + 1);
    let mut request = sample.with_body(body).genuine()?;
    if request.body.len() <= limit {
        // The scheme has rewritten the body.
        let mut body = request.body.to_vec();
        body.resize(limit + 1, b' ');
        request.body = body.into();
    }
    Ok(Some(request))
}

/// Sends a content encoding: the signature would not cover the decompressed body. Only for strict
/// targets.
pub(crate) async fn compressed_body_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    if !target.is_strict {
        return not_applicable(NOT_STRICT);
    }
    for encoding in ["gzip", "br", "deflate", "zstd", "gzip, gzip", "identity, gzip", "x"] {
        let mut request = sample.genuine()?;
        request.set("content-encoding", encoding);
        let what = format!("a delivery with content-encoding: {encoding}");
        target.refuses_as(&what, &request, &[StatusCode::UNSUPPORTED_MEDIA_TYPE]).await?;
    }
    Ok(Passed)
}

/// All refusals are identical, so that an attacker learns nothing.
pub(crate) async fn refusals_are_identical(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let forged = sample.forged()?;
    let expected = target.refuses("a forged delivery", &forged).await?;
    let mut others = vec![("no signature", sample.unsigned.clone().without_signature())];
    let header = target.provider().scheme_info().signature_header;
    if !header.is_empty() && forged.headers.contains_key(header) {
        for (what, value) in [("nonsense for a signature", "x"), ("an empty signature", "")] {
            let mut request = forged.clone();
            request.set(header, value);
            others.push((what, request));
        }
    }
    if sample.signs_every_byte() {
        let mut request = sample.genuine()?;
        request.body = [&request.body[..], b" "].concat().into();
        others.push(("a changed body", request));
    }
    if let Some((Some(past), _)) = target.window()
        && let Some(at) = sample.now().checked_sub(past + std::time::Duration::from_secs(60))
    {
        others.push(("a stale delivery", sample.signed_at(at)?));
    }
    for (what, request) in others {
        let outcome = target.refuses(what, &request).await?;
        if !target.is_lenient() && !target.is_alike(&outcome.response, &expected.response) {
            let like = "the answer to any forgery, in status, headers and body";
            return Err(target.found(what, &request, like, &outcome));
        }
    }
    if target.is_lenient() { only_the_reason_shows(target).await } else { Ok(Passed) }
}

/// Returns whether a text shows the stack of a program: of Python, Go, Rust or PHP by its heading, of
/// Node, Java or .NET by a frame.
fn shows_stack(text: &str) -> bool {
    const HEADINGS: [&str; 4] =
        ["Traceback (most recent call last)", "goroutine 1 [", "panicked at ", "Stack trace:"];
    let is_frame = |line: &str| {
        let place = line.trim().strip_prefix("at ").and_then(|frame| frame.rsplit_once(':'));
        place.is_some_and(|(_, at)| at.starts_with(|mark: char| mark.is_ascii_digit()))
    };
    HEADINGS.iter().any(|heading| text.contains(heading)) || text.lines().any(is_frame)
}

/// The weaker promise of other receivers, which may say what is missing or malformed: a refusal
/// shows neither the right signature, nor how much of it was right, nor the inside of the receiver.
async fn only_the_reason_shows(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some((genuine, place)) = placed(&sample, sample.now())? else { return Ok(Passed) };
    let signature = place.signature().to_owned();
    let mut expected: Option<Outcome> = None;
    for (what, at) in [("last", signature.len().saturating_sub(4)), ("first", 0)] {
        let Some(other) = place.with_altered(&genuine, at) else { continue };
        let what = format!("a signature with its {what} characters wrong");
        let outcome = target.refuses(&what, &other).await?;
        let shown = format!("{:?} {}", outcome.response.headers(), outcome.response.text());
        if signature.len() >= 16 && shown.to_lowercase().contains(&signature.to_lowercase()) {
            let hidden = "that the right signature is not shown";
            return Err(target.found(&what, &other, hidden, &outcome));
        }
        if shows_stack(&outcome.response.text()) {
            let hidden = "that no stack trace is shown";
            return Err(target.found(&what, &other, hidden, &outcome));
        }
        if let Some(secret) = sample.secret.text()
            && secret.len() >= 8
            && shown.contains(secret)
        {
            // The report must not show it either.
            return Err(Failure::new(format!("{what}: the answer shows the secret")));
        }
        if let Some(expected) = &expected
            && !target.is_alike(&outcome.response, &expected.response)
        {
            let alike = format!("{}, as for another wrong one", expected.response.status());
            return Err(target.found(&what, &other, &alike, &outcome));
        }
        expected = Some(outcome);
    }
    Ok(Passed)
}

/// Sends headers with another host. Anybody can send them.
pub(crate) async fn host_headers_are_not_trusted(target: &Target) -> CaseResult {
    const EVIL: &str = "evil.test";
    let sample = target.sample_delivery().await?;
    let spoofed = |mut request: RawRequest| {
        request.set("host", EVIL);
        request.set("x-forwarded-host", EVIL);
        request.set("x-forwarded-server", EVIL);
        request.set("x-forwarded-proto", "https");
        request.set("x-forwarded-scheme", "https");
        request.set("x-original-host", EVIL);
        request.set("forwarded", format!("host={EVIL};proto=https"));
        request
    };
    if target.provider().scheme_info().signs_url {
        let mut elsewhere = sample.clone();
        elsewhere.unsigned.origin = format!("https://{EVIL}");
        let signed = elsewhere.genuine()?;
        // Some sign only the path.
        if !sample.is_genuine(&signed) {
            let what = "a delivery that was signed for another host, and says so";
            target.refuses(what, &spoofed(signed)).await?;
        }
    }
    let request = spoofed(sample.genuine()?);
    let what = "a genuine delivery under another host";
    if target.is_lenient() {
        // Many servers know the hosts that they serve.
        return target.tries(what, &request).await.map(passed);
    }
    target.accepts(what, &request).await
}
