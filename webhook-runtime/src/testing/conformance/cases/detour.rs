//! Cases of ways around the signature check: other paths, methods, content types, and headers that
//! name another URL.

use http::Method;

use super::{CaseResult, Target, Verdict::Passed, not_applicable};
use crate::{
    testing::request::{FORM, RawRequest},
    verify::handshake::Handshake,
};

/// Sends variants of the path that routers and proxies may treat as the same path.
pub(crate) async fn path_variants_are_no_bypass(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    for (how, request) in sample.unsigned_and_forged()? {
        let (path, query) =
            request.path_and_query.split_once('?').unwrap_or((&request.path_and_query, ""));
        let mark = if query.is_empty() { "" } else { "?" };
        for other in spellings(path) {
            let path_and_query = format!("{other}{mark}{query}");
            if other == path || path_and_query.parse::<http::Uri>().is_err() {
                continue;
            }
            let what = format!("{how}, sent to {other}");
            target.ignores(&what, &RawRequest { path_and_query, ..request.clone() }).await?;
        }
    }
    Ok(Passed)
}

fn spellings(path: &str) -> Vec<String> {
    let (front, last) = path.rsplit_once('/').unwrap_or(("", path));
    let escaped = last.chars().next().map_or_else(String::new, |first| {
        format!("%{:02X}{}", u32::from(first), &last[first.len_utf8()..])
    });
    vec![
        format!("{path}/"),
        format!("{path}//"),
        format!("/{path}"),
        format!("/.{path}"),
        format!("/%2e{path}"),
        format!("/x/..{path}"),
        format!("{path}/."),
        format!("{path}/x/.."),
        format!("{path}/..;/"),
        format!("{path};x=1"),
        format!("{path}%20"),
        format!("{path}%00"),
        format!("{path}.json"),
        path.to_uppercase(),
        format!("{front}/{escaped}"),
        format!("{front}%2F{last}"),
        format!("/{}", path.trim_start_matches('/').replace('/', "%2F")),
        format!("{path}%2F"),
        "/".to_owned(),
    ]
}

/// Overrides the method with a header, the query or the body.
pub(crate) async fn method_overrides_are_no_bypass(target: &Target) -> CaseResult {
    const HEADERS: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];
    let sample = target.sample_delivery().await?;
    for (how, request) in sample.unsigned_and_forged()? {
        for method in [Method::GET, Method::PUT] {
            // Some providers use it to check whether the endpoint exists.
            if answers(target, method.as_str()) {
                continue;
            }
            let request = RawRequest { method: method.clone(), ..request.clone() };
            for header in HEADERS {
                let mut request = request.clone();
                request.set(header, "POST");
                target.ignores(&format!("{how}, {method} with {header}: POST"), &request).await?;
            }
            let mut asked = request.clone();
            add_query(&mut asked, "_method=POST");
            target.ignores(&format!("{how}, {method} with ?_method=POST"), &asked).await?;
            let mut form = RawRequest { body: "_method=POST".into(), ..request };
            form.set("content-type", FORM);
            target.ignores(&format!("{how}, {method} with a form that says POST"), &form).await?;
        }
        for header in HEADERS {
            let mut request = request.clone();
            request.set(header, "GET");
            target.refuses(&format!("{how}, POST with {header}: GET"), &request).await?;
        }
    }
    Ok(Passed)
}

/// Returns whether a bare request of this method is a handshake of the provider.
pub(super) fn answers(target: &Target, method: &str) -> bool {
    let is_asked = |handshake: &Handshake| {
        let example = handshake.example("c");
        example
            .is_some_and(|it| it.method == method && it.query.is_empty() && it.headers.is_empty())
    };
    target.provider().handshakes().iter().any(is_asked)
}

/// Sends other content types: a receiver that only verifies JSON accepts them.
pub(crate) async fn other_content_types_are_verified_too(target: &Target) -> CaseResult {
    const TYPES: [Option<&str>; 10] = [
        None,
        Some(""),
        Some(FORM),
        Some("multipart/form-data; boundary=x"),
        Some("text/plain"),
        Some("text/html"),
        Some("application/xml"),
        Some("application/octet-stream"),
        Some("application/json; charset=utf-16"),
        Some("application/cloudevents+json"),
    ];
    const MULTIPART: &str =
        "--x\r\nContent-Disposition: form-data; name=\"payload\"\r\n\r\n{}\r\n--x--\r\n";
    let statuses = [http::StatusCode::UNAUTHORIZED, http::StatusCode::UNSUPPORTED_MEDIA_TYPE];
    let sample = target.sample_delivery().await?;
    for (how, request) in sample.unsigned_and_forged()? {
        for kind in TYPES {
            let mut request = request.clone();
            request.headers.remove("content-type");
            if let Some(kind) = kind {
                request.set("content-type", kind);
            }
            let what = match kind {
                Some(kind) => format!("{how}, of the content type {kind:?}"),
                None => format!("{how}, of no content type"),
            };
            target.refuses_as(&what, &request, &statuses).await?;
            let body = match kind {
                Some(FORM) => "payload=%7B%7D",
                Some(kind) if kind.starts_with("multipart") => MULTIPART,
                _ => continue,
            };
            let request = RawRequest { body: body.into(), ..request };
            target.refuses_as(&format!("{what}, which it is"), &request, &statuses).await?;
        }
    }
    Ok(Passed)
}

/// Changes the query of a signed URL.
pub(crate) async fn changed_query_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    if !target.provider().scheme_info().signs_url {
        return not_applicable(NO_URL);
    }
    let genuine = sample.genuine()?;
    for more in ["x=1", "x", "a=0"] {
        let mut request = genuine.clone();
        add_query(&mut request, more);
        target.refuses(&format!("a delivery with {more:?} more in its query"), &request).await?;
    }
    if let Some((path, _)) = genuine.path_and_query.split_once('?') {
        let request = RawRequest { path_and_query: path.to_owned(), ..genuine.clone() };
        target.refuses("a delivery without its query", &request).await?;
    }
    Ok(Passed)
}

/// Sends headers that name the URL before a rewrite. Anybody can send them.
pub(crate) async fn rewritten_url_headers_are_not_trusted(target: &Target) -> CaseResult {
    const PATHS: [&str; 7] = [
        "x-original-url",
        "x-original-uri",
        "x-rewrite-url",
        "x-forwarded-uri",
        "x-forwarded-url",
        "x-forwarded-path",
        "x-envoy-original-path",
    ];
    const PREFIXES: [&str; 3] = ["x-forwarded-prefix", "x-script-name", "x-original-prefix"];
    let sample = target.sample_delivery().await?;
    // A router that trusts them may find another route without a check.
    for (how, request) in sample.unsigned_and_forged()? {
        for name in PATHS {
            for path_and_query in ["/", "/elsewhere", &*request.path_and_query] {
                let mut request = request.clone();
                request.set(name, path_and_query);
                target.ignores(&format!("{how}, with {name}: {path_and_query}"), &request).await?;
            }
        }
    }
    if !target.provider().scheme_info().signs_url {
        return Ok(Passed);
    }
    let path_and_query = sample.unsigned.path_and_query.clone();
    let mut elsewhere = sample.clone();
    "/elsewhere".clone_into(&mut elsewhere.unsigned.path_and_query);
    let mut below = sample.clone();
    below.unsigned.path_and_query = format!("/below{path_and_query}");
    let mut port = sample.clone();
    port.unsigned.origin.push_str(":8443");
    let mut plain = sample.clone();
    plain.unsigned.origin = plain.unsigned.origin.replacen("https://", "http://", 1);
    for (what, other, names, value) in [
        ("another path", &elsewhere, &PATHS[..], "/elsewhere"),
        ("a path with a prefix", &below, &PREFIXES[..], "/below"),
        ("another port", &port, &["x-forwarded-port", "x-original-port"][..], "8443"),
        (
            "HTTP without TLS",
            &plain,
            &["x-forwarded-proto", "x-forwarded-scheme", "x-forwarded-protocol", "x-scheme"][..],
            "http",
        ),
    ] {
        if other.unsigned.url() == sample.unsigned.url() {
            continue;
        }
        let mut request = other.genuine()?;
        request.path_and_query.clone_from(&sample.genuine()?.path_and_query);
        // Some schemes sign only a part of the URL.
        if sample.is_genuine(&request) {
            continue;
        }
        for name in names {
            let mut request = request.clone();
            request.set(name, value);
            let what = format!("a delivery that was signed for {what}, with {name}: {value}");
            target.refuses(&what, &request).await?;
        }
    }
    Ok(Passed)
}

const NO_URL: &str = "the URL is not signed";

fn add_query(request: &mut RawRequest, more: &str) {
    let mark = if request.path_and_query.contains('?') { '&' } else { '?' };
    request.path_and_query = format!("{}{mark}{more}", request.path_and_query);
}
