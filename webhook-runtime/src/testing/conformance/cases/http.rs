//! Cases of methods, sizes, encodings and hosts.

use http::{Method, StatusCode};

use super::{
    CaseResult, NOT_STRICT, Target, Verdict::Passed, detour::answers, not_applicable, passed,
};
use crate::testing::{
    conformance::{exchange::visible, sample::SampleDelivery},
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
            // Other receivers may respond with any status, if they handle nothing.
            let may_be_fine = !target.is_ours
                && (matches!(name, "OPTIONS" | "HEAD" | "TRACE")
                    || outcome.handled_count == Some(0))
                && outcome.handled_count.is_none_or(|effects| effects == 0);
            if may_be_fine {
                continue;
            }
            let statuses = [StatusCode::METHOD_NOT_ALLOWED];
            let outcome = target.is_refused(&what, &request, &statuses, outcome)?;
            if target.is_ours && !outcome.response.headers().contains_key(http::header::ALLOW) {
                return Err(target.found(&what, &request, "the header Allow", &outcome));
            }
        }
    }
    Ok(Passed)
}

/// The largest limit that is tested.
const MAX_TESTED: usize = 64 * 1024 * 1024;

/// Sends one byte more than the limit, with a declared length.
pub(crate) async fn oversized_body_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some(request) = oversized(target, &sample)? else {
        return not_applicable("the receiver takes bodies of any size");
    };
    let statuses = [StatusCode::PAYLOAD_TOO_LARGE];
    target.refuses_as("a signed body that is too large", &request, &statuses).await?;
    // A too large declared length is refused before the body is read.
    let mut small = sample.genuine()?;
    small.set("content-length", u64::MAX.to_string());
    let what = "a body that is said to be too large";
    if target.is_ours {
        target.refuses_as(what, &small, &statuses).await?;
    }
    Ok(Passed)
}

/// Sends one byte more than the limit, in pieces.
pub(crate) async fn oversized_chunked_body_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some(request) = oversized(target, &sample)? else {
        return not_applicable("the receiver takes bodies of any size");
    };
    let what = "a signed body in pieces that is too large";
    let outcome = target.stream(what, &request).await?;
    let statuses = [StatusCode::PAYLOAD_TOO_LARGE];
    target.is_refused(what, &request, &statuses, outcome).map(passed)
}

/// A genuine delivery with one byte more than the limit.
fn oversized(
    target: &Target,
    sample: &SampleDelivery<'_>,
) -> Result<Option<RawRequest>, super::Failure> {
    let limit = target.endpoint().max_body;
    if limit >= MAX_TESTED {
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
        if visible(&outcome.response) != visible(&expected.response) {
            let like = "the answer to any forgery, in status, headers and body";
            return Err(target.found(what, &request, like, &outcome));
        }
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
    if sample.scheme().is_some_and(|scheme| scheme.scheme_info().signs_url) {
        let mut elsewhere = sample.clone();
        elsewhere.unsigned.origin = format!("https://{EVIL}");
        let request = spoofed(elsewhere.genuine()?);
        let what = "a delivery that was signed for another host, and says so";
        target.refuses(what, &request).await?;
    }
    let request = spoofed(sample.genuine()?);
    target.accepts("a genuine delivery under another host", &request).await
}
