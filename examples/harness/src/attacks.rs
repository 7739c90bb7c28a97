//! Attacks on an example as it runs: secrets that anybody can guess, and forged requests. What is
//! common to the `tests/attacks.rs` of all examples; `docs/attacks.md` has the list.

use http::HeaderMap;
use webhook_runtime::{Provider, Secret, scheme::RequestToSign};

use crate::{fails_to_start, request};

/// A secret that must not be printed.
pub const CANARY: &str = "canary-7c1e";

/// The same for Stripe.
pub const STRIPE_CANARY: &str = "whsec_canary-7c1e";

/// The same for Standard Webhooks, whose secrets are base64.
pub const STANDARD_CANARY: &str = "whsec_czNjcmV0czNjcmV0czNjcmV0czNjcmV0";

/// Values of a variable that are no secret.
pub const UNSET_OR_BLANK: &[Option<&str>] = &[
    None,
    Some(""),
    Some(" "),
    Some("   "),
    Some("\n"),
    Some("\r\n"),
    Some("\t \n"),
    Some("\u{a0}"),
    Some("\u{3000}"),
];

/// The values of [`UNSET_OR_BLANK`] that are set.
pub const BLANK: &[Option<&str>] = UNSET_OR_BLANK.split_at(1).1;

/// A prefix of a secret, and nothing behind it.
pub const PREFIX_ONLY: &[Option<&str>] = &[Some("whsec_"), Some("whsec_ ")];

/// Checks that an example starts with none of these values in a variable. It must name the variable
/// and print no secret.
///
/// A secret that is empty, or was never set, is one that everybody knows (CVE-2026-41432,
/// CVE-2026-123870, librefang#3492). In a rotation, a blank one counts as much (hermes-agent#102069).
///
/// # Panics
/// If the example starts, or prints the wrong thing.
pub fn refuses_to_start(
    program: &str,
    others: &[(&str, &str)],
    variable: &str,
    values: &[Option<&str>],
) {
    for value in values {
        let others = others.iter().copied().filter(|(name, _)| *name != variable);
        let variables: Vec<_> = others.chain(value.map(|value| (variable, value))).collect();
        let output = fails_to_start(program, &variables);
        let printed = String::from_utf8_lossy(&output.stderr);
        assert!(printed.contains(variable), "{variable} {value:?}: {printed}");
        for secret in [CANARY, STANDARD_CANARY, "czNj"] {
            assert!(!printed.contains(secret), "{variable} {value:?}: {printed}");
        }
        assert!(output.stdout.is_empty(), "{variable} {value:?}: it never listened");
    }
}

/// The body of the response to every forged request, the same for all endpoints of all examples.
const REFUSAL: &str = r#"{"status":401,"title":"Unauthorized","type":"about:blank"}"#;

/// Sends forged requests of many kinds to a path of a running example, and then a genuine one. All
/// forged ones must get the same response, and the genuine one must be accepted.
///
/// # Panics
/// If a response is another one.
pub fn refuses_strangers(path: &str, provider: &Provider, secret: &str) {
    let mut sent = 0;
    for body in ["{}", "", "{", "[[[[[[[[", "null", "\0", "a=b", &"x".repeat(100_000)] {
        let header = provider.scheme_info().signature_header;
        let body = body.as_bytes();
        for wrong in ["", " ", "\t", "undefined", "another secret", "test", CANARY] {
            // The right secret, but the signature of another body.
            let signed = if wrong == CANARY {
                provider.sign(&Secret::new(secret), &RequestToSign::new(b"another body"))
            } else {
                provider.sign(&Secret::from_key(wrong), &RequestToSign::new(body))
            };
            let Ok(signed) = signed else { continue };
            let all = texts(&signed.headers);
            let unsigned: Vec<_> =
                all.iter().copied().filter(|(name, _)| *name != header).collect();
            let junk = unsigned.iter().copied().chain([(header, "xxxxxxxx")]).collect();
            for headers in [&all, &unsigned, &junk] {
                let response = request("POST", path, headers, body);
                assert_eq!(response.status, 401, "{path}: {response:?}");
                assert_eq!(response.body, REFUSAL, "{path}: {response:?}");
                sent += 1;
            }
        }
    }
    // A genuine request is accepted, even where its body is not understood.
    let signed = provider.sign(&Secret::new(secret), &RequestToSign::new(b"{}"));
    let signed = signed.expect("signed").headers;
    let response = request("POST", path, &texts(&signed), b"{}");
    assert!(response.status != 401 && response.status < 500, "{path}: {response:?}");
    println!("{sent} forged requests to {path}, each refused by the same response");
}

/// The signed headers, and the content type of JSON.
fn texts(signed: &HeaderMap) -> Vec<(&str, &str)> {
    let texts = signed.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("text")));
    texts.chain([("content-type", "application/json")]).collect()
}
