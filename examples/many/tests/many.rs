//! The example with many providers: what it tells at start. What it answers is tested beside its
//! code.

use example_harness::{Program, fails_to_start, request};
use webhook_runtime::{Secret, providers::LINE, scheme::RequestToSign};

const MANY: &str = env!("CARGO_BIN_EXE_many");

#[test]
fn what_is_mounted_is_told_at_start() {
    let secrets = [
        ("GITHUB_SECRET", "a"),
        ("STRIPE_SECRET", "b"),
        ("LINE_CHANNEL_SECRET", "c"),
        ("STANDARD_SECRET", "whsec_czNjcmV0czNjcmV0czNjcmV0czNjcmV0"),
        ("SHOPS", "acme=hers"),
    ];
    let program = Program::start(MANY, &secrets, "webhooks");
    for line in [
        "  POST /github  on_github  (github)",
        "  POST /stripe  on_stripe  (stripe)",
        "  POST /shopify/{shop}  on_shopify  (shopify)",
        "  POST /line  on_line  (line)",
        "  POST /standard  on_standard  (standard-webhooks)",
    ] {
        assert_eq!(program.line(), line);
    }

    let body = br#"{"events":[{"type":"follow"},{"type":"message"}]}"#;
    let signed = LINE.sign(&Secret::new("c"), &RequestToSign::new(body)).expect("signed").headers;
    let signature = signed["x-line-signature"].to_str().expect("base64");
    assert_eq!(request("POST", "/line", &[("x-line-signature", signature)], body).status, 200);
    assert_eq!([program.line(), program.line()], ["line: follow", "line: message"]);
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    let output = fails_to_start(MANY, &[("GITHUB_SECRET", "a")]);
    let told = String::from_utf8_lossy(&output.stderr);
    for name in ["STRIPE_SECRET", "LINE_CHANNEL_SECRET", "STANDARD_SECRET"] {
        assert!(told.contains(name), "{told}");
    }
    assert!(!told.contains("GITHUB_SECRET"), "{told}");
}
