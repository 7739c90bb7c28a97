//! Cases of handshakes.

use http::{HeaderName, HeaderValue, StatusCode, header};

use super::{CaseResult, Target, Verdict::Passed, not_applicable};
use crate::testing::{
    conformance::{exchange::Outcome, failure::Failure, sample::SampleDelivery},
    handshake::{Body, Credential, Example},
    request::{FORM, RawRequest, UnsignedRequest, content_type},
};

/// A challenge in a form that every provider could send.
const CHALLENGE: &str = "7c1e0d9a52b84f3366aa91ce";

const NO_HANDSHAKE: &str = "the provider has no handshakes";

/// The framework responds to handshakes without the handler. This only applies to our endpoints:
/// others may respond elsewhere.
pub(crate) async fn handshake_skips_the_handler(target: &Target) -> CaseResult {
    if !target.is_ours() {
        return not_applicable("other receivers may respond to handshakes elsewhere");
    }
    if target.provider().handshakes().is_empty() {
        return not_applicable(NO_HANDSHAKE);
    }
    let sample = target.sample_delivery().await?;
    for example in examples(target, CHALLENGE).filter(|example| example.is_simple) {
        let Some(request) = handshake_request(&sample, &example, None)? else { continue };
        let outcome = target.send("a handshake", &request).await?;
        if !outcome.response.status().is_success() || outcome.handled_count != Some(0) {
            return Err(target.found("a handshake", &request, "2xx without the handler", &outcome));
        }
        if example.is_echoed && !outcome.response.text().contains(CHALLENGE) {
            return Err(target.found(
                "a handshake",
                &request,
                "the challenge in the response",
                &outcome,
            ));
        }
    }
    Ok(Passed)
}

/// Unsigned and forged challenges are not echoed if the provider signs them.
pub(crate) async fn unsigned_challenges_are_not_answered(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    if !examples(target, CHALLENGE).any(|it| it.proof == Credential::Signature) {
        return not_applicable("no handshake is signed");
    }
    for example in examples(target, CHALLENGE).filter(|it| it.proof == Credential::Signature) {
        let unsigned = unsigned(&sample, &example)?;
        let forged = unsigned.sign(&target.endpoint().other_secret(), sample.now());
        let forged = forged.map_err(|error| Failure::new(error.to_string()))?;
        for (what, request) in [
            ("an unsigned challenge", unsigned.without_signature()),
            ("a forged challenge", forged),
        ] {
            let outcome = target.refuses(what, &request).await?;
            challenge_is_absent(target, what, &request, &outcome)?;
        }
    }
    Ok(Passed)
}

/// Without the verify token, the challenge is not echoed.
pub(crate) async fn wrong_verify_tokens_are_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    if !examples(target, CHALLENGE).any(|it| matches!(it.proof, Credential::Token(_))) {
        return not_applicable("no handshake has a verify token");
    }
    for example in examples(target, CHALLENGE) {
        let Credential::Token(_) = example.proof else { continue };
        for token in ["", "wrong", "undefined", "null"] {
            let Some(request) = handshake_request(&sample, &example, Some(token))? else {
                continue;
            };
            let what = format!("a handshake with the verify token {token:?}");
            let outcome = target.refuses_as(&what, &request, &[StatusCode::FORBIDDEN]).await?;
            challenge_is_absent(target, &what, &request, &outcome)?;
        }
    }
    Ok(Passed)
}

/// An echoed challenge is text that no browser runs.
pub(crate) async fn challenges_are_not_echoed_as_markup(target: &Target) -> CaseResult {
    const MARKUP: &str = "<script>alert(1)</script>";
    if target.provider().handshakes().is_empty() {
        return not_applicable(NO_HANDSHAKE);
    }
    let sample = target.sample_delivery().await?;
    for example in examples(target, MARKUP) {
        let Some(request) = handshake_request(&sample, &example, None)? else { continue };
        let outcome = target.tries("a challenge that is markup", &request).await?;
        let headers = outcome.response.headers();
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default();
        let is_harmless = kind.starts_with("text/plain") || kind.starts_with("application/json");
        let is_sniffed = target.is_ours() && !headers.contains_key(header::X_CONTENT_TYPE_OPTIONS);
        let is_run = !is_harmless || is_sniffed;
        if outcome.response.text().contains(MARKUP) && is_run {
            let expected = "plain text or JSON that is not sniffed";
            return Err(target.found("a challenge that is markup", &request, expected, &outcome));
        }
    }
    Ok(Passed)
}

fn examples(target: &Target, challenge: &str) -> impl Iterator<Item = Example> {
    let challenge = challenge.to_owned();
    let handshakes = target.provider().handshakes();
    handshakes.iter().filter_map(move |handshake| handshake.example(&challenge))
}

fn challenge_is_absent(
    target: &Target,
    what: &str,
    request: &RawRequest,
    outcome: &Outcome,
) -> CaseResult {
    if outcome.response.text().contains(CHALLENGE) {
        return Err(target.found(what, request, "that the challenge is not echoed", outcome));
    }
    Ok(Passed)
}

/// Builds a handshake, with another token if one is given. `None` if the token is not known.
fn handshake_request(
    sample: &SampleDelivery<'_>,
    example: &Example,
    token: Option<&str>,
) -> Result<Option<RawRequest>, Failure> {
    Ok(match example.proof {
        Credential::None => Some(unsigned(sample, example)?.without_signature()),
        Credential::Signature => {
            let signed = unsigned(sample, example)?.sign(&sample.secret, sample.now());
            Some(signed.map_err(|error| Failure::new(error.to_string()))?)
        }
        Credential::Token(place) => {
            let known = sample.target.endpoint().verify_token.as_ref();
            let known = known.and_then(|token| token.text());
            let Some(token) = token.or(known) else { return Ok(None) };
            let mut example = example.clone();
            example.set(place, token).ok_or_else(|| Failure::new("no place for the token"))?;
            Some(unsigned(sample, &example)?.without_signature())
        }
    })
}

/// Builds a handshake without its credential.
fn unsigned(sample: &SampleDelivery<'_>, example: &Example) -> Result<UnsignedRequest, Failure> {
    let mut unsigned = sample.unsigned.clone();
    unsigned.method = example.method.parse().map_err(|_| Failure::new("no method"))?;
    unsigned.headers.remove(header::CONTENT_TYPE);
    // The members of the handshake replace those that a sample has in their places.
    let is_own = |name: &HeaderName| example.headers.iter().any(|(own, _)| name == own);
    unsigned.overrides.retain(|(name, _)| !is_own(name));
    for (name, value) in &example.query {
        add_query(&mut unsigned, name, value);
    }
    for (name, value) in &example.headers {
        let value = HeaderValue::from_str(value).map_err(|_| Failure::new("no header"))?;
        unsigned.headers.insert(HeaderName::from_static(name), value);
    }
    match &example.body {
        Body::Nothing => unsigned.body.clear(),
        Body::Json(json) => {
            content_type(&mut unsigned.headers, "application/json");
            unsigned.body = json.to_string().into();
        }
        Body::Form(fields) => {
            content_type(&mut unsigned.headers, FORM);
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(fields);
            unsigned.body = form.finish().into();
        }
    }
    Ok(unsigned)
}

fn add_query(unsigned: &mut UnsignedRequest, name: &str, value: &str) {
    let mark = if unsigned.path_and_query.contains('?') { '&' } else { '?' };
    let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    unsigned.path_and_query = format!("{}{mark}{name}={value}", unsigned.path_and_query);
}
