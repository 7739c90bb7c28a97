//! The parts of a request that a signature can cover, and their values.

use http::{HeaderMap, HeaderName, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::structured::{Item, Value, quoted};
use crate::verify::scheme::{SignedRequest, VerifyError};

/// A part of a request other than a header (RFC 9421, section 2.2). All but the method are taken
/// from the public URL, never from the request's own headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Component {
    /// `@method`.
    Method,
    /// `@target-uri`: the whole URL.
    TargetUri,
    /// `@authority`: host, and the port unless it is that of the scheme.
    Authority,
    /// `@scheme`: `https`.
    Scheme,
    /// `@request-target`: path and query.
    RequestTarget,
    /// `@path`.
    Path,
    /// `@query`, with the question mark.
    Query,
    /// `@query-param`: the value of the parameter with this name, which must be there once.
    QueryParam(&'static str),
}

impl Component {
    /// The component as signatures write it.
    pub(super) fn written(self) -> String {
        match self {
            Self::Method => "\"@method\"".to_owned(),
            Self::TargetUri => "\"@target-uri\"".to_owned(),
            Self::Authority => "\"@authority\"".to_owned(),
            Self::Scheme => "\"@scheme\"".to_owned(),
            Self::RequestTarget => "\"@request-target\"".to_owned(),
            Self::Path => "\"@path\"".to_owned(),
            Self::Query => "\"@query\"".to_owned(),
            Self::QueryParam(name) => {
                format!("\"@query-param\";name={}", quoted(&encoded(name)))
            }
        }
    }

    /// True if the value is part of the URL.
    pub(super) const fn is_of_url(self) -> bool {
        !matches!(self, Self::Method)
    }
}

/// The value of a covered component. What is not understood is rejected: unknown names, and
/// parameters such as `sf`, `bs`, `req` and `tr`.
pub(super) fn value(item: &Item<'_>, request: &SignedRequest<'_>) -> Result<String, VerifyError> {
    let not_understood = VerifyError::MalformedHeader(super::INPUT);
    match (&*item.name, item.parameters.as_slice()) {
        ("@method", []) => Ok(request.method.to_owned()),
        ("@query-param", [("name", Value::Text(name))]) => {
            let url = parsed(request)?;
            parameter(url.query().unwrap_or_default(), name).ok_or(not_understood)
        }
        (name, []) if name.starts_with('@') => {
            of_url(name, &parsed(request)?).ok_or(not_understood)
        }
        (name, []) => field(request.headers, name).ok_or(not_understood),
        _ => Err(not_understood),
    }
}

fn parsed(request: &SignedRequest<'_>) -> Result<Uri, VerifyError> {
    request
        .url
        .parse::<Uri>()
        .ok()
        .filter(|url| url.authority().is_some())
        .ok_or(VerifyError::InvalidAudience)
}

fn of_url(name: &str, url: &Uri) -> Option<String> {
    let scheme = url.scheme_str()?.to_ascii_lowercase();
    let authority = || {
        let host = url.host()?.to_ascii_lowercase();
        let usual = match &*scheme {
            "https" => 443,
            "http" => 80,
            _ => return None,
        };
        Some(match url.port_u16().filter(|port| *port != usual) {
            Some(port) => format!("{host}:{port}"),
            None => host,
        })
    };
    let path = if url.path().is_empty() { "/" } else { url.path() };
    let target = || match url.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    match name {
        "@target-uri" => Some(format!("{scheme}://{}{}", authority()?, target())),
        "@authority" => authority(),
        "@request-target" => Some(target()),
        "@path" => Some(path.to_owned()),
        "@query" => Some(format!("?{}", url.query().unwrap_or_default())),
        "@scheme" => Some(scheme),
        _ => None,
    }
}

/// The value of a parameter of the query, encoded again. A name that is there twice has no single
/// value.
fn parameter(query: &str, name: &str) -> Option<String> {
    let mut values = form_urlencoded::parse(query.as_bytes())
        .filter(|(found, _)| encoded(found) == name)
        .map(|(_, value)| encoded(&value));
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// A text as in a form, but a space is `%20`.
fn encoded(text: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');
    utf8_percent_encode(text, KEPT).to_string()
}

/// The values of a header, joined. Its name is in lower case, and its values are ASCII.
fn field(headers: &HeaderMap, name: &str) -> Option<String> {
    let known = HeaderName::from_bytes(name.as_bytes()).ok().filter(|it| it.as_str() == name)?;
    let mut joined = String::new();
    for (at, value) in headers.get_all(&known).iter().enumerate() {
        let value = std::str::from_utf8(value.as_bytes()).ok().filter(|value| value.is_ascii())?;
        if at > 0 {
            joined.push_str(", ");
        }
        joined.push_str(value.trim_matches([' ', '\t']));
    }
    headers.contains_key(&known).then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::scheme::message_signature::structured;

    const URL: &str = "HTTPS://WWW.Example.com:443/path?param=value&foo=bar&baz=bat%2Dman";

    fn value_in(written: &str, url: &str, headers: &HeaderMap) -> Result<String, VerifyError> {
        let request = SignedRequest { method: "POST", url, headers, query: "", body: b"" };
        let text = format!("a=({written})");
        let input = structured::input(&text).expect("it is canonical");
        value(&input.components[0], &request)
    }

    fn of_url(written: &str, url: &str) -> Result<String, VerifyError> {
        value_in(written, url, &HeaderMap::new())
    }

    #[test]
    fn derived_components_have_the_values_of_the_standard() {
        for (component, expected) in [
            (Component::Method, "POST"),
            (
                Component::TargetUri,
                "https://www.example.com/path?param=value&foo=bar&baz=bat%2Dman",
            ),
            (Component::Authority, "www.example.com"),
            (Component::Scheme, "https"),
            (Component::RequestTarget, "/path?param=value&foo=bar&baz=bat%2Dman"),
            (Component::Path, "/path"),
            (Component::Query, "?param=value&foo=bar&baz=bat%2Dman"),
            (Component::QueryParam("baz"), "bat-man"),
        ] {
            assert_eq!(of_url(&component.written(), URL).as_deref(), Ok(expected), "{component:?}");
            assert_eq!(component.is_of_url(), component != Component::Method);
        }
        let bare = "http://example.com:8080";
        for (written, expected) in [
            ("\"@target-uri\"", "http://example.com:8080/"),
            ("\"@authority\"", "example.com:8080"),
            ("\"@request-target\"", "/"),
            ("\"@path\"", "/"),
            ("\"@query\"", "?"),
        ] {
            assert_eq!(of_url(written, bare).as_deref(), Ok(expected), "{written}");
        }
    }

    /// The examples of RFC 9421, section 2.2.8.
    #[test]
    fn parameters_of_the_query_are_encoded_again() {
        let url = "https://example.com/parameters?var=this%20is%20a%20big%0Amultiline%20value&\
            bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something&qux=";
        for (name, expected) in [
            ("var", "this%20is%20a%20big%0Amultiline%20value"),
            ("bar", "with%20plus%20whitespace"),
            ("fa\u{e7}ade\": ", "something"),
            ("qux", ""),
        ] {
            let name: &'static str = name.to_owned().leak();
            let written = Component::QueryParam(name).written();
            assert_eq!(of_url(&written, url).as_deref(), Ok(expected), "{name}");
        }
        assert_eq!(
            Component::QueryParam("fa\u{e7}ade\": ").written(),
            r#""@query-param";name="fa%C3%A7ade%22%3A%20""#
        );
        let not_understood = Err(VerifyError::MalformedHeader("signature-input"));
        for (name, url) in [("none", URL), ("a", "https://example.com/?a=1&a=1")] {
            let written = Component::QueryParam(name).written();
            assert_eq!(of_url(&written, url), not_understood, "{name}");
        }
    }

    #[test]
    fn headers_are_trimmed_and_joined() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-one", " a  b \t"),
            ("x-two", "a, b"),
            ("x-two", "c"),
            ("x-empty", ""),
            ("x-bytes", "\u{e9}"),
        ] {
            headers.append(name, http::HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        let value = |name: &str| value_in(&format!("\"{name}\""), URL, &headers);
        for (name, expected) in [("x-one", "a  b"), ("x-two", "a, b, c"), ("x-empty", "")] {
            assert_eq!(value(name).as_deref(), Ok(expected), "{name}");
        }
        for name in ["x-none", "X-One", "x-bytes", "x one", ""] {
            assert_eq!(value(name), Err(VerifyError::MalformedHeader("signature-input")), "{name}");
        }
    }

    #[test]
    fn what_is_not_understood_is_rejected() {
        let not_understood = Err(VerifyError::MalformedHeader("signature-input"));
        for written in [
            "\"@status\"",
            "\"@unknown\"",
            "\"@\"",
            "\"@method\";req",
            "\"@query-param\"",
            "\"@query-param\";name=1",
            "\"@query-param\";name=\"foo\";req",
            "\"content-type\";sf",
            "\"content-type\";bs",
            "\"content-type\";tr",
            "\"content-type\";key=\"a\"",
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("content-type", http::HeaderValue::from_static("a=1"));
            assert_eq!(value_in(written, URL, &headers), not_understood, "{written}");
        }
        for url in ["", "/path", "not a URL"] {
            assert_eq!(of_url("\"@path\"", url), Err(VerifyError::InvalidAudience), "{url}");
        }
    }
}
