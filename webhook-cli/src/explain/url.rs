//! Mistakes with the public URL, for schemes that sign it.

use super::{Cause, search::Search};
use crate::capture::Capture;

const FIX: &str = "Configure the public URL exactly as it is registered with the provider.";

/// The headers in which proxies say the host that was asked for.
const HOSTS: [&str; 5] =
    ["host", "x-forwarded-host", "x-original-host", "x-forwarded-server", "x-host"];

/// The headers in which proxies say the path that was asked for.
const PATHS: [&str; 6] = [
    "x-original-uri",
    "x-original-url",
    "x-forwarded-uri",
    "x-rewrite-url",
    "x-envoy-original-path",
    "x-forwarded-path",
];

/// The headers in which proxies say the prefix that they removed.
const PREFIXES: [&str; 3] = ["x-forwarded-prefix", "x-script-name", "x-ingress-path"];

/// The most hosts of which a whole URL is tried.
const MAX_HOSTS: usize = 3;

/// The parts of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Url<'u> {
    scheme: &'u str,
    host: &'u str,
    port: Option<&'u str>,
    path: &'u str,
    query: Option<&'u str>,
}

impl<'u> Url<'u> {
    fn parse(url: &'u str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, port) = split_port(&rest[..end]);
        let (path, query) = match rest[end..].split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (&rest[end..], None),
        };
        Some(Self { scheme, host, port, path, query })
    }

    fn text(&self) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        let query = self.query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}://{}{port}{}{query}", self.scheme, self.host, self.path)
    }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
        _ => (authority, None),
    }
}

pub(super) fn find(search: &Search<'_>) -> Option<Cause> {
    if !search.provider().scheme_info().signs_url {
        return None;
    }
    let url = Url::parse(search.url())?;
    scheme(search, url)
        .or_else(|| authority(search, url))
        .or_else(|| slash(search, url))
        .or_else(|| query(search, url))
        .or_else(|| escapes(search, url))
        .or_else(|| path(search, url))
        .or_else(|| whole(search, url))
}

/// The cause of a signature that fits the URL in another spelling.
pub(super) fn other_spelling(search: &Search<'_>) -> Cause {
    let cause = find(search).unwrap_or_else(|| {
        Cause::new("url-escapes", "The URL was signed in another spelling.", FIX)
    });
    let explain = format!(
        "{} An endpoint of webhook-runtime forgives that, and others do not.",
        cause.explain
    );
    Cause { explain, ..cause }
}

/// Tries a URL, and says how it differs.
fn try_url(search: &Search<'_>, id: &'static str, what: &str, url: Url<'_>) -> Option<Cause> {
    let signed = url.text();
    search.fits_url(&signed).then(|| {
        let checked = search.url();
        Cause::new(id, format!("{what} Signed: {signed}; checked: {checked}."), FIX)
    })
}

fn scheme(search: &Search<'_>, url: Url<'_>) -> Option<Cause> {
    let other = if url.scheme == "https" { "http" } else { "https" };
    let what = format!("The URL was checked with {}; the provider signed {other}.", url.scheme);
    try_url(search, "url-scheme", &what, Url { scheme: other, ..url })
}

/// The hosts that the request says it was sent to, each with its port.
fn hosts(capture: &Capture) -> Vec<(&str, Option<&str>)> {
    let of_target = Url::parse(&capture.target).map(|target| (target.host, target.port));
    let mut hosts: Vec<(&str, Option<&str>)> = HOSTS
        .iter()
        .filter_map(|name| capture.header(name))
        .flat_map(|value| value.split(','))
        .map(|value| split_port(value.trim()))
        .chain(of_target)
        .collect();
    if let Some(forwarded) = capture.header("forwarded") {
        let values =
            forwarded.split([',', ';']).filter_map(|pair| pair.trim().strip_prefix("host="));
        hosts.extend(values.map(|value| split_port(value.trim_matches('"'))));
    }
    hosts.retain(|(host, _)| !host.is_empty());
    hosts
}

/// Another host, then another port.
fn authority(search: &Search<'_>, url: Url<'_>) -> Option<Cause> {
    let capture = search.question.capture;
    let hosts = hosts(capture);
    let mut seen = Vec::new();
    for (host, port) in &hosts {
        for port in [*port, None, url.port] {
            if *host == url.host || seen.contains(&(*host, port)) {
                continue;
            }
            seen.push((*host, port));
            let what = "The URL was checked with another host name than the public one.";
            let found = try_url(search, "url-host", what, Url { host, port, ..url });
            if found.is_some() {
                return found;
            }
        }
    }
    let of_hosts = hosts.iter().map(|(_, port)| *port);
    let forwarded = capture.header("x-forwarded-port").map(str::trim);
    let mut ports: Vec<Option<&str>> = [None, forwarded].into_iter().chain(of_hosts).collect();
    ports.push(Some(if url.scheme == "http" { "80" } else { "443" }));
    let mut seen = vec![url.port];
    for port in ports {
        if seen.contains(&port) {
            continue;
        }
        seen.push(port);
        let what = "The URL was checked with another port than the one that was signed.";
        let found = try_url(search, "url-port", what, Url { port, ..url });
        if found.is_some() {
            return found;
        }
    }
    None
}

fn slash(search: &Search<'_>, url: Url<'_>) -> Option<Cause> {
    let with = format!("{}/", url.path);
    let path = url.path.strip_suffix('/').unwrap_or(&with);
    let what = "The URL was checked with, or without, a slash at its end.";
    try_url(search, "url-trailing-slash", what, Url { path, ..url })
}

/// The query of the request, where the URL has none or another one.
fn query(search: &Search<'_>, url: Url<'_>) -> Option<Cause> {
    let target = search.question.capture.query();
    if url.query.map(decoded) == target.map(decoded) {
        return None;
    }
    let what = "The URL was checked without its query, or with another one.";
    try_url(search, "url-query-lost", what, Url { query: target, ..url })
}

/// The escapes of the query and the path.
fn escapes(search: &Search<'_>, url: Url<'_>) -> Option<Cause> {
    const WHAT: &str = "The URL was decoded or encoded again: its escapes differ.";
    const ID: &str = "url-escapes";
    let capture = search.question.capture;
    if let Some(query) = url.query {
        let mut queries: Vec<String> = capture.query().into_iter().map(str::to_owned).collect();
        for (from, to) in [
            ("+", "%20"),
            ("%20", "+"),
            (" ", "%20"),
            (" ", "+"),
            ("%20", " "),
            ("+", " "),
            ("'", "%27"),
            ("%27", "'"),
        ] {
            queries.push(query.replace(from, to));
        }
        queries.push(decoded(query));
        queries.push(encoded(query));
        let mut seen = vec![query.to_owned()];
        for query in queries {
            if seen.contains(&query) {
                continue;
            }
            let found = try_url(search, ID, WHAT, Url { query: Some(&query), ..url });
            if found.is_some() {
                return found;
            }
            seen.push(query);
        }
    }
    let target = capture.path();
    let mut paths = vec![decoded(url.path), encoded(url.path)];
    if decoded(target) == decoded(url.path) {
        paths.insert(0, target.to_owned());
    }
    paths.retain(|path| path != url.path);
    paths.dedup();
    paths.iter().find_map(|path| try_url(search, ID, WHAT, Url { path, ..url }))
}

/// A prefix of the path that a proxy adds or removes.
fn path(search: &Search<'_>, url: Url<'_>) -> Option<Cause> {
    let capture = search.question.capture;
    let mut paths = vec![capture.path().to_owned()];
    for prefix in PREFIXES.iter().filter_map(|name| capture.header(name)) {
        let prefix = prefix.trim().trim_end_matches('/');
        paths.push(format!("{prefix}{}", url.path));
        paths.push(format!("{prefix}{}", capture.path()));
    }
    let original = PATHS.iter().filter_map(|name| capture.header(name));
    paths.extend(original.map(|path| {
        let path = Url::parse(path).map_or(path, |url| url.path);
        path.split('?').next().unwrap_or_default().to_owned()
    }));
    let second = url.path.get(1..).and_then(|rest| rest.find('/'));
    paths.extend(second.map(|at| url.path[at + 1..].to_owned()));
    let mut seen = vec![url.path.to_owned()];
    for path in paths {
        if seen.contains(&path) {
            continue;
        }
        let what = "The URL was checked with another path: a proxy adds or removes a prefix.";
        let found = try_url(search, "url-path-prefix", what, Url { path: &path, ..url });
        if found.is_some() {
            return found;
        }
        seen.push(path);
    }
    None
}

/// The URL that was asked for, as the request says: what a tunnel or proxy made public of a server of
/// its own.
fn whole(search: &Search<'_>, url: Url<'_>) -> Option<Cause> {
    let capture = search.question.capture;
    let targets = [(capture.path(), capture.query()), (url.path, url.query)];
    let mut seen = Vec::new();
    for (host, port) in hosts(capture).into_iter().take(MAX_HOSTS) {
        for port in [port, None] {
            for (path, query) in targets {
                let public = Url { scheme: "https", host, port, path, query };
                if public == url || seen.contains(&public) {
                    continue;
                }
                seen.push(public);
                let id = if host == url.host { "url-scheme" } else { "url-host" };
                let what = "The URL was checked as an inner server sees it, not as it is public.";
                let found = try_url(search, id, what, public);
                if found.is_some() {
                    return found;
                }
            }
        }
    }
    None
}

/// A text without its escapes. A plus sign stands for a blank.
fn decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

/// A query or path with everything escaped that may not stand in a URL.
fn encoded(text: &str) -> String {
    const ILLEGAL: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'<')
        .add(b'>')
        .add(b'`')
        .add(b'{')
        .add(b'}')
        .add(b'|')
        .add(b'\\')
        .add(b'^');
    percent_encoding::utf8_percent_encode(text, ILLEGAL).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_parts() {
        let whole = "https://a.example:8443/b/c?d=e";
        let url = Url::parse(whole).expect("a URL");
        assert_eq!((url.host, url.port, url.path), ("a.example", Some("8443"), "/b/c"));
        assert_eq!((url.query, url.text()), (Some("d=e"), whole.to_owned()));
        for whole in ["http://a", "http://a?b", "http://a:1/", "https://a/?b?c"] {
            assert_eq!(Url::parse(whole).expect("a URL").text(), whole);
        }
        assert_eq!(Url::parse("/a"), None);
    }

    #[test]
    fn escapes_are_done_and_undone() {
        assert_eq!(decoded("a+b%20c%27"), "a b c'");
        assert_eq!(encoded("a b'c%20"), "a%20b'c%20");
    }
}
