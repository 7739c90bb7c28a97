//! Ways to the handler that do not lead by the signature: other paths, methods, content types, and
//! what a request says of where it was sent to.

use http::Method;

use super::{Found, Target, Verdict::Passed, not_applicable};
use crate::{
    testing::request::{FORM, Wire},
    verify::handshake::Handshake,
};

/// What routers and proxies may take for the same path, and a check of the path may not.
pub(crate) async fn path_variants_are_no_bypass(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    for (how, wire) in draft.of_strangers()? {
        let (path, query) = wire.target.split_once('?').unwrap_or((&wire.target, ""));
        let mark = if query.is_empty() { "" } else { "?" };
        for other in spellings(path) {
            let target = format!("{other}{mark}{query}");
            if other == path || target.parse::<http::Uri>().is_err() {
                continue;
            }
            let what = format!("{how}, sent to {other}");
            subject.ignores(&what, &Wire { target, ..wire.clone() }).await?;
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

/// Another method in the place of the one that is verified, by name of a header, the query or the
/// body.
pub(crate) async fn method_overrides_are_no_bypass(subject: &Target) -> Found {
    const HEADERS: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];
    let draft = subject.draft().await?;
    for (how, wire) in draft.of_strangers()? {
        for method in [Method::GET, Method::PUT] {
            // Some providers ask by it whether anybody is there.
            if answers(subject, method.as_str()) {
                continue;
            }
            let wire = Wire { method: method.clone(), ..wire.clone() };
            for header in HEADERS {
                let mut wire = wire.clone();
                wire.set(header, "POST");
                subject.ignores(&format!("{how}, {method} with {header}: POST"), &wire).await?;
            }
            let mut asked = wire.clone();
            add_query(&mut asked, "_method=POST");
            subject.ignores(&format!("{how}, {method} with ?_method=POST"), &asked).await?;
            let mut form = Wire { body: "_method=POST".into(), ..wire };
            form.set("content-type", FORM);
            subject.ignores(&format!("{how}, {method} with a form that says POST"), &form).await?;
        }
        for header in HEADERS {
            let mut wire = wire.clone();
            wire.set(header, "GET");
            subject.refuses(&format!("{how}, POST with {header}: GET"), &wire).await?;
        }
    }
    Ok(Passed)
}

/// Whether the provider asks by a request of this method alone whether anybody is there.
pub(super) fn answers(subject: &Target, method: &str) -> bool {
    let is_asked = |handshake: &Handshake| {
        let example = handshake.example("c");
        example
            .is_some_and(|it| it.method == method && it.query.is_empty() && it.headers.is_empty())
    };
    subject.provider().handshakes().iter().any(is_asked)
}

/// Whoever verifies JSON alone lets forms, texts and bodies of no type pass.
pub(crate) async fn other_content_types_are_verified_too(subject: &Target) -> Found {
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
    let draft = subject.draft().await?;
    for (how, wire) in draft.of_strangers()? {
        for kind in TYPES {
            let mut wire = wire.clone();
            wire.headers.remove("content-type");
            if let Some(kind) = kind {
                wire.set("content-type", kind);
            }
            let what = match kind {
                Some(kind) => format!("{how}, of the content type {kind:?}"),
                None => format!("{how}, of no content type"),
            };
            subject.refuses_as(&what, &wire, &statuses).await?;
            let body = match kind {
                Some(FORM) => "payload=%7B%7D",
                Some(kind) if kind.starts_with("multipart") => MULTIPART,
                _ => continue,
            };
            let wire = Wire { body: body.into(), ..wire };
            subject.refuses_as(&format!("{what}, which it is"), &wire, &statuses).await?;
        }
    }
    Ok(Passed)
}

/// The query is a part of the URL that was signed.
pub(crate) async fn changed_query_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    if !subject.provider().scheme_info().signs_url {
        return not_applicable(NO_URL);
    }
    let genuine = draft.genuine()?;
    for more in ["x=1", "x", "a=0"] {
        let mut wire = genuine.clone();
        add_query(&mut wire, more);
        subject.refuses(&format!("a delivery with {more:?} more in its query"), &wire).await?;
    }
    if let Some((path, _)) = genuine.target.split_once('?') {
        let wire = Wire { target: path.to_owned(), ..genuine.clone() };
        subject.refuses("a delivery without its query", &wire).await?;
    }
    Ok(Passed)
}

/// Where a request was sent to before somebody rewrote it, anybody can say.
pub(crate) async fn rewritten_url_headers_are_not_trusted(subject: &Target) -> Found {
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
    let draft = subject.draft().await?;
    // A router that believes them finds another route, where nobody verifies.
    for (how, wire) in draft.of_strangers()? {
        for name in PATHS {
            for target in ["/", "/elsewhere", &*wire.target] {
                let mut wire = wire.clone();
                wire.set(name, target);
                subject.ignores(&format!("{how}, with {name}: {target}"), &wire).await?;
            }
        }
    }
    if !subject.provider().scheme_info().signs_url {
        return Ok(Passed);
    }
    let target = draft.letter.target.clone();
    let mut elsewhere = draft.clone();
    "/elsewhere".clone_into(&mut elsewhere.letter.target);
    let mut below = draft.clone();
    below.letter.target = format!("/below{target}");
    let mut port = draft.clone();
    port.letter.origin.push_str(":8443");
    let mut plain = draft.clone();
    plain.letter.origin = plain.letter.origin.replacen("https://", "http://", 1);
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
        if other.letter.url() == draft.letter.url() {
            continue;
        }
        let mut wire = other.genuine()?;
        wire.target.clone_from(&draft.genuine()?.target);
        // Not all of a URL is signed by everybody who signs some of it.
        if draft.is_believed(&wire) {
            continue;
        }
        for name in names {
            let mut wire = wire.clone();
            wire.set(name, value);
            let what = format!("a delivery that was signed for {what}, with {name}: {value}");
            subject.refuses(&what, &wire).await?;
        }
    }
    Ok(Passed)
}

const NO_URL: &str = "the URL is not signed";

fn add_query(wire: &mut Wire, more: &str) {
    let mark = if wire.target.contains('?') { '&' } else { '?' };
    wire.target = format!("{}{mark}{more}", wire.target);
}
