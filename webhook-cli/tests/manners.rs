//! `webhook test` against further manners and flaws of receivers in Python.

mod fleet;
mod receiver;

use fleet::{Language, Received, Standing};

const SECRET: &str = "the-secret-of-this-test";
const STANDARD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Runs some cases against a receiver.
fn test(provider: &str, traits: &str, cases: &[&str]) -> Option<Received> {
    let secret = if provider == "standard-webhooks" { STANDARD } else { SECRET };
    let standing = Standing::start(Language::Python, traits, secret)?;
    let effects = standing.url("effects");
    let named = cases.iter().flat_map(|case| ["--case", case]);
    let arguments: Vec<&str> = ["--effects", &effects].into_iter().chain(named).collect();
    Some(standing.test(provider, secret, &arguments))
}

#[test]
fn manners_are_not_blamed() {
    const TWICE: [&str; 2] =
        ["bad_header_after_good_one_is_refused", "good_header_after_bad_one_is_refused"];
    for (provider, traits, cases) in [
        ("github", "github first", &TWICE[..]),
        ("github", "github last", &TWICE),
        ("slack", "slack first", &TWICE),
        ("slack", "slack last", &TWICE),
        ("standard-webhooks", "standard first dedupe", &TWICE),
        ("standard-webhooks", "standard last dedupe", &TWICE),
        // Its refusal comes when the body has ended.
        ("github", "github drain", &["endless_bodies_are_cut_off"]),
        ("github", "github throttle busy", &["many_forgeries_are_all_refused"]),
        ("zoom", "zoom untimed", &["malformed_timestamps_are_refused"]),
    ] {
        let Some(received) = test(provider, traits, cases) else { return };
        assert_eq!(received.code, Some(0), "{traits}: {}", received.failures());
        assert_eq!(received.count("passed"), cases.len(), "{traits}: {}", received.report);
    }
}

/// No receiver has to deduplicate, but one that promises it has to keep its word.
#[test]
fn copies_are_handled_once_where_that_is_promised() {
    const CASE: &str = "replays_are_handled_once";
    for (traits, provider, code, outcome) in [
        ("github dedupe", "github", 0, "passed"),
        ("github queue dedupe", "github", 0, "passed"),
        ("github", "github", 1, "failed"),
        ("standard dedupe", "standard-webhooks", 0, "passed"),
        ("standard", "standard-webhooks", 1, "failed"),
    ] {
        let secret = if provider == "standard-webhooks" { STANDARD } else { SECRET };
        let Some(standing) = Standing::start(Language::Python, traits, secret) else { return };
        let effects = standing.url("effects");
        let arguments = ["--effects", &effects, "--deduplicates", "--case", CASE];
        let received = standing.test(provider, secret, &arguments);
        assert_eq!(received.code, Some(code), "{traits}: {}", received.report);
        assert_eq!(received.outcome(CASE), outcome, "{traits}");
        let unasked = test(provider, traits, &[CASE]).expect("it is installed");
        assert_eq!(unasked.outcome(CASE), "not applicable", "{traits}");
    }
}

#[test]
fn flaws_are_named() {
    for (provider, traits, case) in [
        ("github", "github either", "good_header_after_bad_one_is_refused"),
        ("github", "github digest", "other_algorithms_are_refused"),
        ("github", "github none", "malformed_signatures_are_refused"),
        ("stripe", "stripe every", "empty_signature_is_refused"),
        ("github", "github compose", "signature_of_rewritten_json_is_refused"),
        ("github", "github drop-bytes", "invalid_utf8_is_not_repaired"),
        ("github", "github 500k", "all_of_a_large_body_is_verified"),
        ("standard-webhooks", "standard any-case", "altered_signatures_are_refused"),
        ("github", "github local-host", "sender_headers_are_not_trusted"),
        ("github", "github leak-secret", "refusals_are_identical"),
        ("github", "github leak-stack", "refusals_are_identical"),
    ] {
        let Some(received) = test(provider, traits, &[case]) else { return };
        assert_eq!(received.code, Some(1), "{traits}: {}", received.report);
        assert_eq!(received.outcome(case), "failed", "{traits}");
        assert!(!received.report.contains(SECRET), "{traits}: {}", received.report);
    }
}
