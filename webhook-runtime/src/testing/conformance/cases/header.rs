//! Headers that are missing, or there more than once.

use http::{HeaderName, HeaderValue};

use super::{Found, NO_HEADER, NOT_STRICT, Target, Verdict::Passed, not_applicable, passed};
use crate::{
    testing::{conformance::draft::Draft, letter::Wire},
    verify::scheme::Scheme,
};

/// Nothing at all that proves it.
pub(crate) async fn unsigned_delivery_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let mut wire = draft.letter.clone().unsigned();
    for name in proofs(&draft, &draft.genuine()?) {
        wire.headers.remove(name);
    }
    subject.refuses("a delivery without a signature", &wire).await.map(passed)
}

/// Each of the headers that the signature needs, in turn.
pub(crate) async fn missing_headers_are_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let genuine = draft.genuine()?;
    let proofs = proofs(&draft, &genuine);
    if proofs.is_empty() {
        return not_applicable(NO_HEADER);
    }
    for name in proofs {
        let mut wire = genuine.clone();
        wire.headers.remove(&name);
        subject.refuses(&format!("a delivery without {name}"), &wire).await?;
        let mut wire = genuine.clone();
        wire.set(name.as_str(), "");
        subject.refuses(&format!("a delivery with an empty {name}"), &wire).await?;
    }
    Ok(Passed)
}

/// A good header, and behind it a bad one: whoever takes the first is content.
pub(crate) async fn bad_header_after_good_one_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let headers = goods_and_bads(&draft)?;
    if headers.is_empty() {
        return not_applicable(NO_HEADER);
    }
    for (name, good, bad) in headers {
        let wire = twice(&draft.genuine()?, &name, good, bad);
        subject.refuses(&format!("{name} twice, the second one wrong"), &wire).await?;
    }
    Ok(Passed)
}

/// A bad header, and behind it a good one: whoever takes the last is content.
pub(crate) async fn good_header_after_bad_one_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let headers = goods_and_bads(&draft)?;
    if headers.is_empty() {
        return not_applicable(NO_HEADER);
    }
    for (name, good, bad) in headers {
        let wire = twice(&draft.genuine()?, &name, bad, good);
        subject.refuses(&format!("{name} twice, the first one wrong"), &wire).await?;
    }
    Ok(Passed)
}

/// The same header twice is no forgery, but no provider sends that. (Only of those who are strict.)
pub(crate) async fn duplicate_header_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    if !subject.is_strict {
        return not_applicable(NOT_STRICT);
    }
    let headers = goods_and_bads(&draft)?;
    if headers.is_empty() {
        return not_applicable(NO_HEADER);
    }
    for (name, good, _) in headers {
        let wire = twice(&draft.genuine()?, &name, good.clone(), good);
        subject.refuses(&format!("{name} twice"), &wire).await?;
    }
    Ok(Passed)
}

/// The headers that only a signed request has.
pub(super) fn proofs(draft: &Draft<'_>, genuine: &Wire) -> Vec<HeaderName> {
    let others = &draft.letter.headers;
    let signed_id = draft.scheme().and_then(Scheme::signed_id_header);
    let is_proof = |name: &&HeaderName| {
        !others.contains_key(*name) || signed_id.is_some_and(|signed| *name == signed)
    };
    genuine.headers.keys().filter(is_proof).cloned().collect()
}

/// Each of these headers, as it is and as it is on another delivery that somebody else signed.
fn goods_and_bads(
    draft: &Draft<'_>,
) -> Result<Vec<(HeaderName, HeaderValue, HeaderValue)>, super::Failure> {
    let genuine = draft.genuine()?;
    let mut other = draft.clone();
    other.letter.id.push('0');
    let earlier = draft.now().checked_sub(std::time::Duration::from_secs(7));
    let other_secret = draft.subject.target().other_secret();
    let bad = other.letter.sign(&other_secret, earlier.unwrap_or_else(|| draft.now()));
    let bad = bad.map_err(|error| super::Failure::new(error.to_string()))?;
    let headers = proofs(draft, &genuine).into_iter().filter_map(|name| {
        let good = genuine.headers.get(&name)?.clone();
        let bad = bad.headers.get(&name)?.clone();
        // A version or the like is the same on all deliveries.
        let bad = if bad == good { HeaderValue::from_static("other") } else { bad };
        Some((name, good, bad))
    });
    Ok(headers.collect())
}

fn twice(wire: &Wire, name: &HeaderName, first: HeaderValue, second: HeaderValue) -> Wire {
    let mut wire = wire.clone();
    wire.headers.remove(name);
    wire.headers.append(name, first);
    wire.headers.append(name, second);
    wire
}
