//! The headers of a delivery. Signatures and tokens are masked, also after the body was shown.

use http::HeaderMap;
use maud::{Markup, html};
use webhook_runtime::{Provider, scheme::Scheme};

use crate::{
    format,
    html::{
        parts::panel,
        text::{bytes, shown},
    },
};

/// Parts of the names of headers whose values are nobody's business.
const SECRETS: [&str; 10] = [
    "signature",
    "hmac",
    "token",
    "secret",
    "auth",
    "cookie",
    "api-key",
    "apikey",
    "password",
    "credential",
];

/// True for a header whose value proves something.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRETS.iter().any(|part| name.contains(part))
}

/// The panel of the headers.
pub(crate) fn headers(headers: &HeaderMap, provider: Option<&Provider>) -> Markup {
    let signature = provider.and_then(Provider::scheme).map(Scheme::signature_header);
    let aside = html! { "signatures, cookies and authorization are not stored" };
    let body = html! {
        @if headers.is_empty() {
            p.second.pad { "No headers are kept." }
        } @else {
            dl.headers {
                @for (name, value) in headers {
                    div {
                        dt { code { (shown(name.as_str())) } }
                        dd {
                            @if is_secret(name.as_str()) || signature == Some(name.as_str()) {
                                (masked(value.as_bytes()))
                            } @else {
                                code { (bytes(value.as_bytes())) }
                            }
                        }
                    }
                }
            }
        }
    };
    panel("headers", "Headers", &aside, &body)
}

fn masked(value: &[u8]) -> Markup {
    html! {
        span aria-hidden="true" { "••••••••" } " "
        span.second { "masked, " (format::counted(value.len() as u64, "character", "characters")) }
    }
}
