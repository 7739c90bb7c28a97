//! The spellings of one URL that Twilio may have signed.

use std::borrow::Cow;

use http::Uri;
use percent_encoding::{AsciiSet, percent_decode_str, percent_encode};

use super::escapes::COMPONENT;

/// The characters that may stand in a query without an escape (RFC 3986, section 3.4), less those
/// that divide it into fields.
const QUERY: &AsciiSet = &COMPONENT
    .remove(b':')
    .remove(b'@')
    .remove(b'/')
    .remove(b'?')
    .remove(b'$')
    .remove(b',')
    .remove(b';');

/// The same with an escaped apostrophe, as browsers and `URL` in JavaScript write it.
const URL_QUERY: &AsciiSet = &QUERY.add(b'\'');

/// The URL unchanged, and in the spellings of the same URL that Twilio's own libraries try: with
/// the standard port added or removed, and with other escapes in the query.
pub(super) fn spellings(url: &str) -> Vec<Cow<'_, str>> {
    let mut urls = vec![Cow::Borrowed(url)];
    if let Some((before, query)) = url.split_once('?') {
        for escaped in [COMPONENT, QUERY, URL_QUERY] {
            push(&mut urls, format!("{before}?{}", respelled(query, escaped)));
        }
    }
    for at in 0..urls.len() {
        if let Some(other) = with_other_port(&urls[at]) {
            push(&mut urls, other);
        }
    }
    urls
}

fn push(urls: &mut Vec<Cow<'_, str>>, url: String) {
    if !urls.iter().any(|known| *known == url) {
        urls.push(Cow::Owned(url));
    }
}

/// The same fields, with exactly these characters escaped.
fn respelled(query: &str, escaped: &'static AsciiSet) -> String {
    let respell = |text: &str| {
        let decoded: Vec<u8> = percent_decode_str(&text.replace('+', "%20")).collect();
        percent_encode(&decoded, escaped).to_string()
    };
    let fields = query.split('&').map(|field| match field.split_once('=') {
        Some((name, value)) => format!("{}={}", respell(name), respell(value)),
        None => respell(field),
    });
    fields.collect::<Vec<_>>().join("&")
}

/// The URL with the standard port if it has none, and without it if it has it.
fn with_other_port(url: &str) -> Option<String> {
    let uri = url.parse::<Uri>().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let standard = if scheme == "https" { 443 } else { 80 };
    let rest = &url[scheme.len() + 3 + authority.as_str().len()..];
    match authority.port_u16() {
        None => Some(format!("{scheme}://{authority}:{standard}{rest}")),
        Some(port) if port == standard => {
            let (host, _) = authority.as_str().rsplit_once(':')?;
            Some(format!("{scheme}://{host}{rest}"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(sent: &str, signed: &str) -> bool {
        spellings(sent).iter().any(|url| *url == signed)
    }

    #[test]
    fn other_spellings_of_a_query_are_the_same_url() {
        for (one, other) in [("'", "%27"), (":", "%3A"), ("@", "%40"), (",", "%2c")] {
            for (sent, signed) in [("", ":443"), (":443", ""), ("", "")] {
                let url = |port, text| format!("https://a.example{port}/b?c=x{text}y&d=%26");
                assert!(accepts(&url(sent, other), &url(signed, one)), "{other} for {one}");
                let upper = other.to_uppercase();
                assert!(accepts(&url(sent, one), &url(signed, &upper)), "{one} for {upper}");
                assert!(accepts(&url(sent, one), &url(signed, one)), "{one}");
            }
        }
        assert!(accepts("https://a.example/?a=b+c", "https://a.example/?a=b%20c"));
    }

    #[test]
    fn other_urls_are_not() {
        let url = "https://a.example/b'?c=1%26d=2&e";
        for other in [
            "https://a.example/b%27?c=1%26d=2&e",
            "https://a.example/b'?c=1&d=2&e",
            "https://a.example/b'?c=1%2526d=2&e",
            "https://a.example/b'?c=1%26d=2&e=",
            "https://a.example/b'?e&c=1%26d=2",
            "https://a.example:8443/b'?c=1%26d=2&e",
            "http://a.example/b'?c=1%26d=2&e",
        ] {
            assert!(!accepts(url, other), "{other}");
            assert!(!accepts(other, url), "{other}");
        }
        assert_eq!(spellings("no url").len(), 1);
        assert_eq!(spellings("https://a.example/").len(), 2);
    }
}
