//! Methods, sizes, encodings and hosts.

use http::{Method, StatusCode};

use super::{Found, NOT_STRICT, Target, Verdict::Passed, detour::answers, not_applicable, passed};
use crate::testing::{
    conformance::{draft::Draft, exchange::visible},
    request::Wire,
};

/// Whatever is not the provider's way to deliver is no way round the signature.
pub(crate) async fn other_methods_are_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let provider = subject.provider();
    let allowed: Vec<&str> = provider.methods().split(", ").collect();
    for name in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"] {
        let Ok(method) = Method::from_bytes(name.as_bytes()) else { continue };
        // Some providers ask with one of them whether anybody is there.
        if allowed.contains(&name) || answers(subject, name) {
            continue;
        }
        let unsigned = draft.letter.clone().unsigned();
        for (how, wire) in [("unsigned", unsigned), ("signed as a POST", draft.genuine()?)] {
            let wire = Wire { method: method.clone(), ..wire };
            let what = format!("{name}, {how}");
            let outcome = subject.send(&what, &wire).await?;
            // Others may answer whatever they like, as long as they do nothing.
            let may_be_fine = !subject.is_ours
                && (matches!(name, "OPTIONS" | "HEAD" | "TRACE") || outcome.effects == Some(0))
                && outcome.effects.is_none_or(|effects| effects == 0);
            if may_be_fine {
                continue;
            }
            let statuses = [StatusCode::METHOD_NOT_ALLOWED];
            let outcome = subject.is_refused(&what, &wire, &statuses, outcome)?;
            if subject.is_ours && !outcome.answer.headers().contains_key(http::header::ALLOW) {
                return Err(subject.found(&what, &wire, "the header Allow", &outcome));
            }
        }
    }
    Ok(Passed)
}

/// The largest size that is worth trying.
const MOST: usize = 64 * 1024 * 1024;

/// One byte more than is taken, declared.
pub(crate) async fn oversized_body_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some(wire) = oversized(subject, &draft)? else {
        return not_applicable("the receiver takes bodies of any size");
    };
    let statuses = [StatusCode::PAYLOAD_TOO_LARGE];
    subject.refuses_as("a signed body that is too large", &wire, &statuses).await?;
    // A promise of a large body is refused before any of it.
    let mut small = draft.genuine()?;
    small.set("content-length", u64::MAX.to_string());
    let what = "a body that is said to be too large";
    if subject.is_ours {
        subject.refuses_as(what, &small, &statuses).await?;
    }
    Ok(Passed)
}

/// One byte more than is taken, in pieces.
pub(crate) async fn oversized_chunked_body_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some(wire) = oversized(subject, &draft)? else {
        return not_applicable("the receiver takes bodies of any size");
    };
    let what = "a signed body in pieces that is too large";
    let outcome = subject.stream(what, &wire).await?;
    let statuses = [StatusCode::PAYLOAD_TOO_LARGE];
    subject.is_refused(what, &wire, &statuses, outcome).map(passed)
}

/// A genuine delivery of more bytes than are taken.
fn oversized(subject: &Target, draft: &Draft<'_>) -> Result<Option<Wire>, super::Failure> {
    let limit = subject.target().max_body;
    if limit >= MOST {
        return Ok(None);
    }
    let body = draft.padded(limit + 1);
    let mut wire = draft.with_body(body).genuine()?;
    if wire.body.len() <= limit {
        // The scheme wrote the body again.
        let mut body = wire.body.to_vec();
        body.resize(limit + 1, b' ');
        wire.body = body.into();
    }
    Ok(Some(wire))
}

/// The signature covers the bytes as sent: a body that is compressed would not be covered as read.
/// (Only of those who are strict.)
pub(crate) async fn compressed_body_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    if !subject.is_strict {
        return not_applicable(NOT_STRICT);
    }
    for encoding in ["gzip", "br", "deflate", "zstd", "gzip, gzip", "identity", "x"] {
        let mut wire = draft.genuine()?;
        wire.set("content-encoding", encoding);
        let what = format!("a delivery with content-encoding: {encoding}");
        subject.refuses_as(&what, &wire, &[StatusCode::UNSUPPORTED_MEDIA_TYPE]).await?;
    }
    Ok(Passed)
}

/// Whoever guesses learns nothing from the answers.
pub(crate) async fn refusals_are_identical(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let forged = draft.forged()?;
    let expected = subject.refuses("a forged delivery", &forged).await?;
    let mut others = vec![("no signature", draft.letter.clone().unsigned())];
    let header = subject.provider().scheme_info().signature_header;
    if !header.is_empty() && forged.headers.contains_key(header) {
        for (what, value) in [("nonsense for a signature", "x"), ("an empty signature", "")] {
            let mut wire = forged.clone();
            wire.set(header, value);
            others.push((what, wire));
        }
    }
    if draft.signs_every_byte() {
        let mut wire = draft.genuine()?;
        wire.body = [&wire.body[..], b" "].concat().into();
        others.push(("a changed body", wire));
    }
    if let Some((Some(past), _)) = subject.window()
        && let Some(at) = draft.now().checked_sub(past + std::time::Duration::from_secs(60))
    {
        others.push(("a stale delivery", draft.signed_at(at)?));
    }
    for (what, wire) in others {
        let outcome = subject.refuses(what, &wire).await?;
        if visible(&outcome.answer) != visible(&expected.answer) {
            let like = "the answer to any forgery, in status, headers and body";
            return Err(subject.found(what, &wire, like, &outcome));
        }
    }
    Ok(Passed)
}

/// What a request says of its own host is said by its sender, who may be anybody.
pub(crate) async fn host_headers_are_not_trusted(subject: &Target) -> Found {
    const EVIL: &str = "evil.test";
    let draft = subject.draft().await?;
    let spoofed = |mut wire: Wire| {
        wire.set("host", EVIL);
        wire.set("x-forwarded-host", EVIL);
        wire.set("x-forwarded-server", EVIL);
        wire.set("x-forwarded-proto", "https");
        wire.set("x-forwarded-scheme", "https");
        wire.set("x-original-host", EVIL);
        wire.set("forwarded", format!("host={EVIL};proto=https"));
        wire
    };
    if draft.scheme().is_some_and(|scheme| scheme.scheme_info().signs_url) {
        let mut elsewhere = draft.clone();
        elsewhere.letter.origin = format!("https://{EVIL}");
        let wire = spoofed(elsewhere.genuine()?);
        let what = "a delivery that was signed for another host, and says so";
        subject.refuses(what, &wire).await?;
    }
    let wire = spoofed(draft.genuine()?);
    subject.accepts("a genuine delivery under another host", &wire).await
}
