//! Forms that browsers send. Only the console's own forms are accepted.

use std::time::Duration;

use axum::{body::to_bytes, extract::Request, response::Response};
use http::{
    HeaderMap,
    header::{CONTENT_TYPE, HOST, ORIGIN},
};
use tokio::time::timeout;

use crate::{screens::refusal, view::View};

/// The largest form, in bytes: a page of ticks and a filter fit.
const MAX_FORM: usize = 64 * 1024;

/// The longest time for a form to arrive.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The permission that a form needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Look,
    Change,
}

/// The fields of a form that came from the console.
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form. The error is a page, for a viewer without the permission, a form of another site, or
    /// one that is too old.
    pub(crate) async fn read(view: &View, request: Request, need: Need) -> Result<Self, Response> {
        if need == Need::Change && !view.viewer.full {
            return Err(refusal::read_only(view));
        }
        let (parts, body) = request.into_parts();
        if !is_form(&parts.headers) {
            return Err(refusal::expired(view));
        }
        let body = match timeout(TIMEOUT, to_bytes(body, MAX_FORM)).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => {
                return Err(refusal::bad_request(view, "The form is too large, or cut off."));
            }
            Err(_) => return Err(refusal::bad_request(view, "The form did not arrive in time.")),
        };
        let form = Self(form_urlencoded::parse(&body).into_owned().collect());
        let token = form.get("token").unwrap_or_default();
        let is_ours = view.shared.tokens.verifies(token, &view.viewer.name, view.now);
        if is_cross_site(&parts.headers) || !(is_ours || is_same_origin(&parts.headers)) {
            tracing::warn!(
                viewer = view.viewer.name,
                path = parts.uri.path(),
                "a form that did not come from the console was refused"
            );
            return Err(refusal::expired(view));
        }
        Ok(form)
    }

    /// The value of a field, if it is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// All values of a field.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// True if the content type is that of an HTML form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn text(headers: &HeaderMap, name: impl http::header::AsHeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"))
}

/// True if the browser says that another site sends the request.
fn is_cross_site(headers: &HeaderMap) -> bool {
    text(headers, "sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

/// True if the browser says that this site sends the request, and no other header contradicts it. The
/// origin of a page without a referrer is `null`.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let is_own = |origin: &str| {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        origin == "null" || (authority.is_some() && authority == text(headers, HOST))
    };
    let mut sites = headers.get_all("sec-fetch-site").iter();
    let site = sites.next().is_some_and(|site| site == "same-origin") && sites.next().is_none();
    site && text(headers, ORIGIN).is_none_or(is_own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    #[test]
    fn only_the_console_itself_is_same_origin() {
        for (sent, same, elsewhere) in [
            (&[][..], false, false),
            (&[("sec-fetch-site", "same-origin")][..], true, false),
            (&[("sec-fetch-site", "none")][..], false, false),
            (&[("sec-fetch-site", "same-site")][..], false, true),
            (&[("sec-fetch-site", "cross-site")][..], false, true),
            (&[("sec-fetch-site", "SAME-ORIGIN")][..], false, true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")][..], true, false),
            (
                &[("sec-fetch-site", "same-origin"), ("host", "a:1"), ("origin", "http://a:1")][..],
                true,
                false,
            ),
            (
                &[("sec-fetch-site", "same-origin"), ("host", "a"), ("origin", "http://b")][..],
                false,
                false,
            ),
            (&[("sec-fetch-site", "same-origin"), ("origin", "http://b")][..], false, false),
        ] {
            let sent = headers(sent);
            assert_eq!(
                (is_same_origin(&sent), is_cross_site(&sent)),
                (same, elsewhere),
                "{sent:?}"
            );
        }
    }
}
