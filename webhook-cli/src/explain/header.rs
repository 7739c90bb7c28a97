//! Headers that came under another name, or not at all while an older one did.

use http::{HeaderMap, HeaderName, HeaderValue};
use webhook_runtime::{
    Provider, providers,
    providers::{GITHUB_SHA1, GOGS, HUBSPOT_V1, HUBSPOT_V2},
    scheme::Scheme,
};

use super::{
    Cause,
    search::{Search, Trial},
};
use crate::credentials::sends_secret;

/// The older signature of Square.
const SQUARE_SHA1: Provider = Provider::new(
    "square-sha1",
    Scheme::hmac_sha1().header("x-square-signature").base64().signed("{url}{body}"),
);

/// The older schemes that providers still send a signature of.
const LEGACY: &[(&str, &[&Provider])] = &[
    ("forgejo", &[&GITHUB_SHA1, &GOGS]),
    ("gitea", &[&GITHUB_SHA1, &GOGS]),
    ("github", &[&GITHUB_SHA1]),
    ("hubspot-v3", &[&HUBSPOT_V2, &HUBSPOT_V1]),
    ("meta", &[&GITHUB_SHA1]),
    ("square", &[&SQUARE_SHA1]),
];

/// What gateways and servers put in front of a name.
const PREFIXES: [&str; 4] = ["http-", "x-original-", "x-amzn-remapped-", FORWARDED];

const FORWARDED: &str = "x-forwarded-";

/// Headers of HTTP itself, which hold no signature.
const STANDARD: [&str; 10] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "date",
    "host",
    "traceparent",
    "user-agent",
    "via",
];

/// The shortest signature, in characters: SHA-1 in base64.
const SHORTEST: usize = 27;

/// The shortest token, in characters.
const SHORTEST_TOKEN: usize = 6;

/// The most headers that are tried as the signature.
const MAX_CANDIDATES: usize = 8;

/// The names of the headers that a provider signs with: one, or one for each key.
pub(crate) fn signature_names(provider: &Provider) -> Vec<String> {
    let Some(scheme) = provider.scheme() else {
        let name = provider.scheme_info().signature_header;
        return if name.is_empty() { Vec::new() } else { vec![name.to_owned()] };
    };
    let pattern = scheme.signature_pattern();
    if pattern.starts_with('?') {
        return Vec::new();
    }
    // Each name stands before the colon, and each signature is an ellipsis.
    pattern
        .split("…, ")
        .filter_map(|part| part.split_once(':'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

pub(super) fn find(search: &Search<'_>) -> Option<Cause> {
    let names = signature_names(search.provider());
    renamed(search, &names).or_else(|| legacy(search, &names)).or_else(|| other_key(search, &names))
}

fn renamed(search: &Search<'_>, names: &[String]) -> Option<Cause> {
    let first = names.first()?;
    let capture = search.question.capture;
    let mut restored = search.headers.clone();
    let mut sources = Vec::new();
    for (name, value) in &search.headers {
        let usual = usual_name(name.as_str());
        if usual != name.as_str()
            && !restored.contains_key(&usual)
            && let Ok(usual) = HeaderName::try_from(usual)
        {
            sources.push((usual.to_string(), capture.spelling(name.as_str()).to_owned()));
            restored.insert(usual, value.clone());
        }
    }
    if !sources.is_empty() && search.fits_headers(&restored) {
        let found = sources.iter().find(|(usual, _)| names.contains(usual)).or(sources.first());
        return found.map(|(usual, source)| cause(source, usual));
    }
    if search.headers.contains_key(first.as_str()) {
        return None;
    }
    let known = known_names();
    let shortest = if sends_secret(search.provider()) { SHORTEST_TOKEN } else { SHORTEST };
    let candidates = search.headers.iter().filter(|(name, value)| {
        let name = name.as_str();
        value.len() >= shortest && !STANDARD.contains(&name) && !known.iter().any(|it| it == name)
    });
    for (name, value) in candidates.take(MAX_CANDIDATES) {
        let mut restored = restored.clone();
        restored.insert(HeaderName::try_from(first.as_str()).ok()?, value.clone());
        if search.fits_headers(&restored) {
            return Some(cause(capture.spelling(name.as_str()), first));
        }
    }
    None
}

fn cause(source: &str, usual: &str) -> Cause {
    Cause::new(
        "header-renamed",
        format!("A header came under another name: {source} instead of {usual}."),
        "Restore the names of the headers in the gateway, or in the capture.",
    )
}

/// A name without what servers and gateways make of it: `HTTP_X_A` was `x-a`.
fn usual_name(name: &str) -> String {
    let mut usual = name.to_ascii_lowercase().replace('_', "-");
    for prefix in PREFIXES {
        // `X-Forwarded-For` and its like are names of their own.
        let is_added =
            |rest: &&str| !rest.is_empty() && (prefix != FORWARDED || rest.contains("signature"));
        if let Some(rest) = usual.strip_prefix(prefix).filter(is_added) {
            usual = rest.to_owned();
        }
    }
    usual
}

/// The headers that some provider signs or is signed with.
fn known_names() -> Vec<String> {
    let mut known: Vec<String> =
        providers::ALL.iter().flat_map(|provider| signature_names(provider)).collect();
    let ids = providers::ALL.iter().filter_map(|it| it.scheme()?.signed_id_header());
    known.extend(ids.map(str::to_owned));
    known
}

fn legacy(search: &Search<'_>, names: &[String]) -> Option<Cause> {
    let first = names.first()?;
    if search.headers.contains_key(first.as_str()) {
        return None;
    }
    let (_, older) = LEGACY.iter().find(|(name, _)| *name == search.provider().name())?;
    let fits = |provider: &&&Provider| {
        let header = provider.scheme_info().signature_header;
        search.headers.contains_key(header) && search.fits(&Trial { provider, ..search.base() })
    };
    let header = older.iter().find(fits)?.scheme_info().signature_header;
    let header = search.question.capture.spelling(header);
    Some(Cause::new(
        "header-legacy-only",
        format!(
            "Only the old signature ({header}) came through; {first} is missing. The old one fits."
        ),
        format!("Let {first} pass; do not fall back to the old header."),
    ))
}

/// The header of another key.
fn other_key(search: &Search<'_>, names: &[String]) -> Option<Cause> {
    let (first, others) = names.split_first()?;
    let moved = |name: &&String| {
        let Some(value) = search.headers.get(name.as_str()) else { return false };
        let headers = with_header(&search.headers, names, first, value);
        search.fits_headers(&headers)
    };
    let name = others.iter().find(moved)?;
    let name = search.question.capture.spelling(name);
    Some(Cause::new(
        "header-other-key",
        format!("The configured key is the secondary one: it fits {name}."),
        "Configure it as the secondary key, or use the primary key.",
    ))
}

/// The headers with one signature, and no others of these names.
fn with_header(
    headers: &HeaderMap,
    names: &[String],
    name: &str,
    value: &HeaderValue,
) -> HeaderMap {
    let mut headers = headers.clone();
    for name in names {
        headers.remove(name);
    }
    if let Ok(name) = HeaderName::try_from(name) {
        headers.insert(name, value.clone());
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;
    use webhook_runtime::providers::{BOX, DOCUSIGN, EVENT_GRID, GITHUB, MAILGUN, STRIPE, TWILIO};

    #[test]
    fn providers_have_signature_headers() {
        assert_eq!(signature_names(&GITHUB), ["x-hub-signature-256"]);
        assert_eq!(signature_names(&STRIPE), ["stripe-signature"]);
        assert_eq!(signature_names(&BOX), ["box-signature-primary", "box-signature-secondary"]);
        assert_eq!(signature_names(&DOCUSIGN), ["x-docusign-signature-1"]);
        assert_eq!(signature_names(&TWILIO), ["x-twilio-signature"]);
        assert!(signature_names(&MAILGUN).is_empty() && signature_names(&EVENT_GRID).is_empty());
    }

    #[test]
    fn names_lose_what_gateways_add() {
        for (name, usual) in [
            ("http_x_hub_signature_256", "x-hub-signature-256"),
            ("x-original-stripe-signature", "stripe-signature"),
            ("x_slack_request_timestamp", "x-slack-request-timestamp"),
            ("x-forwarded-for", "x-forwarded-for"),
            ("x-forwarded-stripe-signature", "stripe-signature"),
        ] {
            assert_eq!(usual_name(name), usual);
        }
    }

    #[test]
    fn older_schemes_belong_to_providers() {
        for (name, _) in LEGACY {
            assert!(providers::ALL.iter().any(|provider| provider.name() == *name), "{name}");
        }
    }
}
