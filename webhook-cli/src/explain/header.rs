//! Headers that came under another name, or not at all while an older one did.

use http::{HeaderMap, HeaderName, HeaderValue};
use webhook_runtime::{
    Provider, providers,
    providers::{GITHUB_SHA1, GOGS, HUBSPOT_V1, HUBSPOT_V2},
    scheme::{Scheme, SignedValue},
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
    if pattern.starts_with(['?', '/']) {
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
    let known = known_names();
    let wanted = wanted_names(search, names);
    for (name, value) in &search.headers {
        if !known.iter().any(|it| it == name.as_str())
            && let Some(usual) = usual_name(name.as_str(), &wanted)
            && !restored.contains_key(usual)
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

/// The headers that a scheme reads: those with signatures, and those that are signed.
fn wanted_names<'n>(search: &Search<'_>, names: &'n [String]) -> Vec<&'n str> {
    let provider = search.provider();
    let of_scheme = provider.scheme().map(|it| [it.timestamp_header(), it.signed_id_header()]);
    let values = provider.scheme().map(Scheme::signed_values).unwrap_or_default();
    let values: Vec<&str> = values.iter().filter_map(SignedValue::header_name).collect();
    names
        .iter()
        .map(String::as_str)
        .chain(of_scheme.into_iter().flatten().flatten())
        .chain(values)
        .chain(provider.scheme_info().signed_headers.iter().copied())
        .collect()
}

/// The header that a gateway or server has renamed: `HTTP_X_A` and `X-Original-X-A` were `x-a`.
fn usual_name<'w>(name: &str, wanted: &[&'w str]) -> Option<&'w str> {
    let name = name.to_ascii_lowercase().replace('_', "-");
    let is_end = |wanted: &&&str| {
        name.strip_suffix(**wanted).is_some_and(|front| front.is_empty() || front.ends_with('-'))
    };
    wanted.iter().filter(is_end).max_by_key(|wanted| wanted.len()).copied()
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
        let wanted = ["x-hub-signature-256", "stripe-signature", "signature"];
        for (name, usual) in [
            ("http_x_hub_signature_256", Some("x-hub-signature-256")),
            ("REDIRECT_HTTP_X_HUB_SIGNATURE_256", Some("x-hub-signature-256")),
            ("x-amzn-remapped-stripe-signature", Some("stripe-signature")),
            ("x_stripe_signature", Some("stripe-signature")),
            ("x-forwarded-for", None),
            ("xsignature", None),
        ] {
            assert_eq!(usual_name(name, &wanted), usual);
        }
    }

    #[test]
    fn older_schemes_belong_to_providers() {
        for (name, _) in LEGACY {
            assert!(providers::ALL.iter().any(|provider| provider.name() == *name), "{name}");
        }
    }
}
