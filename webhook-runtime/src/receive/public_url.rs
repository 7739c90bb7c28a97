//! The URL that a provider signs: the public URL of the program, and the path of the request.

use std::fmt::Write as _;

use axum::extract::{NestedPath, OriginalUri};
use http::{Extensions, Uri, uri::PathAndQuery};

use crate::support::text::truncate;

/// The maximum length of a URL in a trace, in characters.
const MAX_SHOWN: usize = 1_000;

/// Parts of the names of parameters whose values are not shown.
const SECRET_WORDS: [&str; 9] =
    ["auth", "code", "credential", "hmac", "key", "pass", "secret", "sig", "token"];

/// The URL of a request, as the provider calls it. `Host` and `X-Forwarded-*` are never trusted.
///
/// The path is that of the whole request, also in a nested router. What `base` has of the prefix of
/// the nested router at its end is not repeated.
pub(super) fn signed_url(base: &str, uri: &Uri, extensions: &Extensions) -> String {
    let nested = extensions.get::<NestedPath>().map_or("", NestedPath::as_str);
    let base = without_prefix(base, nested);
    let uri = extensions.get::<OriginalUri>().map_or(uri, |original| &original.0);
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    format!("{base}{path}")
}

/// The base URL without the segments at the end of its path that begin the prefix.
fn without_prefix<'u>(base: &'u str, prefix: &str) -> &'u str {
    let path_at = base.find("://").map_or(0, |at| at + 3);
    let path_at = base[path_at..].find('/').map_or(base.len(), |at| path_at + at);
    let (prefix, path) = (prefix.trim_end_matches('/'), &base[path_at..]);
    let ends = prefix.match_indices('/').map(|(at, _)| at).skip(1).chain([prefix.len()]);
    let common = ends.filter(|end| path.ends_with(&prefix[..*end])).max();
    &base[..base.len() - common.unwrap_or(0)]
}

/// A URL for the trace, without user and password, and without the values of parameters that sound
/// secret. A provider whose secret is in the URL signs no URL.
pub(super) fn shown(url: &str) -> String {
    let (path, query) =
        url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let (scheme, rest) = path.split_once("://").unwrap_or(("", path));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map(|(_, host)| format!("…@{host}"));
    let mut shown = format!("{scheme}://{}{path}", host.as_deref().unwrap_or(authority));
    for (at, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
        shown.push(if at == 0 { '?' } else { '&' });
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        let _ = if is_secret(pair) { write!(shown, "{name}=…") } else { write!(shown, "{pair}") };
    }
    truncate(&shown, MAX_SHOWN).to_owned()
}

fn is_secret(pair: &str) -> bool {
    let Some((name, _)) = form_urlencoded::parse(pair.as_bytes()).next() else { return false };
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_there_once() {
        for (base, prefix, rest) in [
            ("https://h", "", "https://h"),
            ("https://h", "/api", "https://h"),
            ("https://h/api", "", "https://h/api"),
            ("https://h/api", "/api", "https://h"),
            ("https://h/api", "/api/", "https://h"),
            ("https://h/x/api", "/api", "https://h/x"),
            ("https://h/api/api", "/api", "https://h/api"),
            ("https://h/myapi", "/api", "https://h/myapi"),
            ("https://h/api2", "/api", "https://h/api2"),
            ("https://h/a/b", "/a/b", "https://h"),
            ("https://h/a", "/a/b", "https://h"),
            ("https://h/b", "/a/b", "https://h/b"),
            ("https://h/a/b/a", "/a/b", "https://h/a/b"),
            ("https://api", "/api", "https://api"),
            ("https://h/t/{tenant}", "/t/{tenant}", "https://h"),
            ("https://h/t", "/t/{tenant}", "https://h"),
            ("https://h/acme", "/{tenant}", "https://h/acme"),
        ] {
            assert_eq!(without_prefix(base, prefix), rest, "{base} {prefix}");
        }
    }

    #[test]
    fn secrets_are_left_out() {
        for (url, redacted) in [
            ("https://me:canary@h/a@b?x=1&x=2", "https://…@h/a@b?x=1&x=2"),
            ("https://h/a?secret=canary&b", "https://h/a?secret=…&b"),
            ("https://h/a?SECRET=canary", "https://h/a?SECRET=…"),
            ("https://h/a?s%65cret=canary", "https://h/a?s%65cret=…"),
            ("https://h/a?access_token=canary&n=7", "https://h/a?access_token=…&n=7"),
            ("https://h/a?X-Signature=canary", "https://h/a?X-Signature=…"),
            ("https://h?", "https://h?"),
            ("https://h", "https://h"),
        ] {
            assert_eq!(shown(url), redacted);
        }
        assert_eq!(shown(&format!("https://h/{}", "a".repeat(2_000))).len(), MAX_SHOWN);
    }
}
