//! Cases of missing and duplicate headers.

use http::{HeaderName, HeaderValue};

use super::{CaseResult, NO_HEADER, NOT_STRICT, Target, Verdict::Passed, not_applicable, passed};
use crate::{
    testing::{
        conformance::{exchange::Outcome, sample::SampleDelivery},
        request::RawRequest,
    },
    verify::scheme::Scheme,
};

/// Sends a delivery without signature headers.
pub(crate) async fn unsigned_delivery_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let mut request = sample.unsigned.clone().without_signature();
    for name in proofs(&sample, &sample.genuine()?) {
        request.headers.remove(name);
    }
    target.refuses("a delivery without a signature", &request).await.map(passed)
}

/// Removes each header that the signature needs, in turn.
pub(crate) async fn missing_headers_are_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let genuine = sample.genuine()?;
    let proofs = proofs(&sample, &genuine);
    if proofs.is_empty() {
        return not_applicable(NO_HEADER);
    }
    for name in proofs {
        let mut request = genuine.clone();
        request.headers.remove(&name);
        target.refuses(&format!("a delivery without {name}"), &request).await?;
        let mut request = genuine.clone();
        request.set(name.as_str(), "");
        target.refuses(&format!("a delivery with an empty {name}"), &request).await?;
    }
    Ok(Passed)
}

/// Sends a valid header before an invalid one: a receiver that takes the first accepts it. That is no
/// forgery, and how most servers read headers, so only strict targets must refuse it.
pub(crate) async fn bad_header_after_good_one_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let headers = valid_and_invalid_headers(&sample)?;
    if headers.is_empty() {
        return not_applicable(NO_HEADER);
    }
    for (name, good, bad) in headers {
        let request = twice(&sample.genuine()?, &name, good, bad);
        let what = format!("{name} twice, the second one wrong");
        if target.is_lenient() {
            target.tries(&what, &request).await?;
        } else {
            target.refuses(&what, &request).await?;
        }
    }
    Ok(Passed)
}

/// Sends an invalid header before a valid one: a receiver that takes the last accepts it. Other
/// receivers may do so, if they do not take the first one too: that is the one that verifies.
pub(crate) async fn good_header_after_bad_one_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let headers = valid_and_invalid_headers(&sample)?;
    if headers.is_empty() {
        return not_applicable(NO_HEADER);
    }
    for (name, good, bad) in headers {
        let what = format!("{name} twice, the first one wrong");
        if !target.is_lenient() {
            target.refuses(&what, &twice(&sample.genuine()?, &name, bad, good)).await?;
            continue;
        }
        let takes_last =
            takes(target, &what, twice(&sample.genuine()?, &name, bad.clone(), good.clone()))
                .await?;
        // Two lines of a list are one list (RFC 9110, section 5.3), in which one is enough.
        let is_list = sample
            .scheme()
            .is_some_and(|scheme| scheme.has_signature_list() && name == scheme.signature_header());
        if let (Some((request, outcome)), false) = (takes_last, is_list) {
            let second = format!("{name} twice, the second one wrong");
            let other = twice(&sample.genuine()?, &name, good, bad);
            if takes(target, &second, other).await?.is_some() {
                let expected = "4xx, because it takes the first of two as well";
                return Err(target.found(&what, &request, expected, &outcome));
            }
        }
    }
    Ok(Passed)
}

/// Sends a request, and returns it if it is accepted.
async fn takes(
    target: &Target,
    what: &str,
    request: RawRequest,
) -> Result<Option<(RawRequest, Outcome)>, super::Failure> {
    let outcome = target.tries(what, &request).await?;
    Ok(outcome.response.status().is_success().then_some((request, outcome)))
}

/// Sends the same header twice, which is no forgery, but no provider does it. Only for strict
/// targets.
pub(crate) async fn duplicate_header_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    if !target.is_strict {
        return not_applicable(NOT_STRICT);
    }
    let headers = valid_and_invalid_headers(&sample)?;
    if headers.is_empty() {
        return not_applicable(NO_HEADER);
    }
    for (name, good, _) in headers {
        let request = twice(&sample.genuine()?, &name, good.clone(), good);
        target.refuses(&format!("{name} twice"), &request).await?;
    }
    Ok(Passed)
}

/// The headers that only a signed request has.
pub(super) fn proofs(sample: &SampleDelivery<'_>, genuine: &RawRequest) -> Vec<HeaderName> {
    let others = &sample.unsigned.headers;
    let signed_id = sample.scheme().and_then(Scheme::signed_id_header);
    let is_given =
        |name: &HeaderName| sample.unsigned.overrides.iter().any(|(given, _)| given == name);
    let is_proof = |name: &&HeaderName| {
        !others.contains_key(*name) && !is_given(name)
            || signed_id.is_some_and(|signed| *name == signed)
    };
    genuine.headers.keys().filter(is_proof).cloned().collect()
}

/// Each of these headers, with its value and its value on a forged delivery.
fn valid_and_invalid_headers(
    sample: &SampleDelivery<'_>,
) -> Result<Vec<(HeaderName, HeaderValue, HeaderValue)>, super::Failure> {
    let genuine = sample.genuine()?;
    let mut other = sample.clone();
    other.unsigned.id.push('0');
    let earlier = sample.now().checked_sub(std::time::Duration::from_secs(7));
    let other_secret = sample.target.endpoint().other_secret();
    let bad = other.unsigned.sign(&other_secret, earlier.unwrap_or_else(|| sample.now()));
    let bad = bad.map_err(|error| super::Failure::new(error.to_string()))?;
    let headers = proofs(sample, &genuine).into_iter().filter_map(|name| {
        let good = genuine.headers.get(&name)?.clone();
        let bad = bad.headers.get(&name)?.clone();
        // A version, for example, is the same on all deliveries.
        let bad = if bad == good { HeaderValue::from_static("other") } else { bad };
        Some((name, good, bad))
    });
    Ok(headers.collect())
}

fn twice(
    request: &RawRequest,
    name: &HeaderName,
    first: HeaderValue,
    second: HeaderValue,
) -> RawRequest {
    let mut request = request.clone();
    request.headers.remove(name);
    request.headers.append(name, first);
    request.headers.append(name, second);
    request
}
