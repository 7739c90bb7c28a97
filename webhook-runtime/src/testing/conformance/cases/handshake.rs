//! Requests that prove ownership, and deliver nothing.

use http::{HeaderName, HeaderValue, StatusCode, header};

use super::{Found, Target, Verdict::Passed, not_applicable};
use crate::testing::{
    conformance::{draft::Draft, exchange::Outcome, failure::Failure},
    handshake::{Body, Example, Proof},
    request::{FORM, UnsignedRequest, Wire, content_type},
};

/// A challenge that every provider could have made.
const CHALLENGE: &str = "challenge-7c1e";

const NO_HANDSHAKE: &str = "the provider asks for no proof of ownership";

/// They are answered by the framework, and no handler sees them. (Only of our endpoints: others may
/// answer them elsewhere.)
pub(crate) async fn handshake_skips_the_handler(subject: &Target) -> Found {
    if !subject.is_ours {
        return not_applicable("the handshakes of other receivers may be answered elsewhere");
    }
    if subject.provider().handshakes().is_empty() {
        return not_applicable(NO_HANDSHAKE);
    }
    let draft = subject.draft().await?;
    for example in examples(subject, CHALLENGE).filter(|example| example.is_simple) {
        let Some(wire) = asked(&draft, &example, None)? else { continue };
        let outcome = subject.send("a handshake", &wire).await?;
        if !outcome.answer.status().is_success() || outcome.effects != Some(0) {
            return Err(subject.found("a handshake", &wire, "2xx without the handler", &outcome));
        }
        if example.is_echoed && !outcome.answer.text().contains(CHALLENGE) {
            return Err(subject.found("a handshake", &wire, "the challenge said back", &outcome));
        }
    }
    Ok(Passed)
}

/// A challenge that the provider signs is said back to nobody else.
pub(crate) async fn unsigned_challenges_are_not_answered(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    if !examples(subject, CHALLENGE).any(|it| it.proof == Proof::Signature) {
        return not_applicable("no handshake is signed");
    }
    for example in examples(subject, CHALLENGE).filter(|it| it.proof == Proof::Signature) {
        let letter = letter(&draft, &example)?;
        let forged = letter.sign(&subject.target().other_secret(), draft.now());
        let forged = forged.map_err(|error| Failure::new(error.to_string()))?;
        for (what, wire) in
            [("an unsigned challenge", letter.unsigned()), ("a forged challenge", forged)]
        {
            let outcome = subject.refuses(what, &wire).await?;
            does_not_say(subject, what, &wire, &outcome)?;
        }
    }
    Ok(Passed)
}

/// Without the verify token there is no challenge.
pub(crate) async fn wrong_verify_tokens_are_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    if !examples(subject, CHALLENGE).any(|it| matches!(it.proof, Proof::Token(_))) {
        return not_applicable("no handshake has a verify token");
    }
    for example in examples(subject, CHALLENGE) {
        let Proof::Token(_) = example.proof else { continue };
        for token in ["", "wrong", "undefined", "null"] {
            let Some(wire) = asked(&draft, &example, Some(token))? else { continue };
            let what = format!("a handshake with the verify token {token:?}");
            let outcome = subject.refuses_as(&what, &wire, &[StatusCode::FORBIDDEN]).await?;
            does_not_say(subject, &what, &wire, &outcome)?;
        }
    }
    Ok(Passed)
}

/// What is said back is text, and no browser runs it.
pub(crate) async fn challenges_are_not_echoed_as_markup(subject: &Target) -> Found {
    const MARKUP: &str = "<script>alert(1)</script>";
    if subject.provider().handshakes().is_empty() {
        return not_applicable(NO_HANDSHAKE);
    }
    let draft = subject.draft().await?;
    for example in examples(subject, MARKUP) {
        let Some(wire) = asked(&draft, &example, None)? else { continue };
        let outcome = subject.tries("a challenge that is markup", &wire).await?;
        let headers = outcome.answer.headers();
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default();
        let is_harmless = kind.starts_with("text/plain") || kind.starts_with("application/json");
        let is_sniffed = subject.is_ours && !headers.contains_key(header::X_CONTENT_TYPE_OPTIONS);
        let is_run = !is_harmless || is_sniffed;
        if outcome.answer.text().contains(MARKUP) && is_run {
            let expected = "plain text or JSON that is not sniffed";
            return Err(subject.found("a challenge that is markup", &wire, expected, &outcome));
        }
    }
    Ok(Passed)
}

fn examples(subject: &Target, challenge: &str) -> impl Iterator<Item = Example> {
    let challenge = challenge.to_owned();
    let handshakes = subject.provider().handshakes();
    handshakes.iter().filter_map(move |handshake| handshake.example(&challenge))
}

fn does_not_say(subject: &Target, what: &str, wire: &Wire, outcome: &Outcome) -> Found {
    if outcome.answer.text().contains(CHALLENGE) {
        return Err(subject.found(what, wire, "that the challenge is not said back", outcome));
    }
    Ok(Passed)
}

/// The handshake as its provider would ask it; with another token, where it has one and this is
/// given. `None` where the token is not known.
fn asked(
    draft: &Draft<'_>,
    example: &Example,
    token: Option<&str>,
) -> Result<Option<Wire>, Failure> {
    let mut letter = letter(draft, example)?;
    Ok(match example.proof {
        Proof::Nothing => Some(letter.unsigned()),
        Proof::Signature => {
            let signed = letter.sign(&draft.secret, draft.now());
            Some(signed.map_err(|error| Failure::new(error.to_string()))?)
        }
        Proof::Token(parameter) => {
            let known = draft.subject.target().verify_token.as_ref();
            let known = known.and_then(|token| token.text());
            let Some(token) = token.or(known) else { return Ok(None) };
            add_query(&mut letter, parameter, token);
            Some(letter.unsigned())
        }
    })
}

/// The handshake without what makes it believable.
fn letter(draft: &Draft<'_>, example: &Example) -> Result<UnsignedRequest, Failure> {
    let mut letter = draft.letter.clone();
    letter.method = example.method.parse().map_err(|_| Failure::new("no method"))?;
    letter.headers.remove(header::CONTENT_TYPE);
    for (name, value) in &example.query {
        add_query(&mut letter, name, value);
    }
    for (name, value) in &example.headers {
        let value = HeaderValue::from_str(value).map_err(|_| Failure::new("no header"))?;
        letter.headers.insert(HeaderName::from_static(name), value);
    }
    match &example.body {
        Body::Nothing => letter.body.clear(),
        Body::Json(json) => {
            content_type(&mut letter.headers, "application/json");
            letter.body = json.to_string().into();
        }
        Body::Form(field) => {
            content_type(&mut letter.headers, FORM);
            letter.body = format!("{field}=1").into();
        }
    }
    Ok(letter)
}

fn add_query(letter: &mut UnsignedRequest, name: &str, value: &str) {
    let mark = if letter.target.contains('?') { '&' } else { '?' };
    let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    letter.target = format!("{}{mark}{name}={value}", letter.target);
}
