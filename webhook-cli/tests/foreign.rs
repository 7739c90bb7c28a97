//! `webhook test` against receivers of other languages: no correct one is blamed, each flaw is named.

mod fleet;
mod receiver;

use fleet::{Language, Received, Standing};
use serde_json::Value;

const SECRET: &str = "the-secret-of-this-test";
const STANDARD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Runs `webhook test` against a receiver, and returns the report and the exit code.
fn test(language: Language, traits: &str, more: &[&str]) -> Option<Received> {
    let style = traits.split(' ').next().unwrap_or_default();
    let (provider, secret) = match style {
        "standard" => ("standard-webhooks", STANDARD),
        other => (other, SECRET),
    };
    let standing = Standing::start(language, traits, secret)?;
    let effects = standing.url("effects");
    let own = ["--effects", &effects];
    Some(standing.test(provider, secret, &[&own[..], more].concat()))
}

/// Runs each line in one of a few threads: most of the time is spent waiting.
fn in_threads<T: Sync>(lines: &[T], run: impl Fn(&T) + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(line) =
                    lines.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    run(line);
                }
            });
        }
    });
}

/// Correct receivers with manners of their own: how they speak HTTP, what they say, when they handle.
#[test]
fn correct_receivers_are_not_blamed() {
    use Language::{Node, Python};
    let fleet = [
        (Python, "github dedupe single http10"),
        (Python, "stripe dedupe chatty"),
        (Python, "slack"),
        (Python, "standard dedupe"),
        (Node, "github small chatty"),
        (Node, "stripe dedupe"),
        (Node, "slack dedupe"),
    ];
    in_threads(&fleet, |(language, traits)| {
        let Some(received) = test(*language, traits, &[]) else { return };
        assert_eq!(received.code, Some(0), "{language:?} {traits}: {}", received.failures());
        assert!(received.count("passed") >= 38, "{traits}: {}", received.report);
        assert_eq!(received.count("failed"), 0);
    });
}

/// Some cases of receivers that take their time.
#[test]
fn slow_receivers_are_waited_for() {
    use Language::{Node, Python};
    const CASES: [&str; 8] = [
        "genuine_delivery_is_accepted",
        "replay_gets_the_same_response",
        "tampered_body_is_refused",
        "many_forgeries_are_all_refused",
        "forged_delivery_is_refused",
        "sender_headers_are_not_trusted",
        "binary_body_causes_no_5xx",
        "hostile_json_causes_no_5xx",
    ];
    let named: Vec<&str> = CASES.iter().flat_map(|case| ["--case", case]).collect();
    let fleet = [
        (Python, "github queue dedupe"),
        (Python, "github throttle"),
        (Node, "stripe late dedupe"),
        (Node, "slack late"),
    ];
    in_threads(&fleet, |(language, traits)| {
        let Some(received) = test(*language, traits, &named) else { return };
        assert_eq!(received.code, Some(0), "{language:?} {traits}: {}", received.failures());
        assert_eq!(received.count("passed"), CASES.len(), "{traits}: {}", received.report);
    });
}

/// Each flaw, and the case that names it.
#[test]
fn each_flaw_is_named() {
    use Language::{Node, Python};
    let fleet = [
        (Python, "github twice", "genuine_delivery_is_accepted"),
        (Python, "github never", "genuine_delivery_is_accepted"),
        (Python, "github handle-first", "forged_delivery_is_refused"),
        (Python, "github handle-first queue", "forged_delivery_is_refused"),
        (Python, "github reserialize", "raw_bytes_are_verified"),
        (Python, "github slashes", "raw_bytes_are_verified"),
        (Node, "github reserialize", "signature_of_rewritten_json_is_refused"),
        (Python, "github dedupe conflict", "replay_gets_the_same_response"),
        (Python, "standard unsigned-id", "unsigned_ids_make_no_new_delivery"),
        (Python, "standard unsigned-id queue", "unsigned_ids_make_no_new_delivery"),
        (Python, "github remember", "tampered_body_is_refused"),
        (Python, "github trim", "longer_and_shorter_bodies_are_refused"),
        (Python, "github 64k", "all_of_a_large_body_is_verified"),
        (Python, "github text", "invalid_utf8_is_not_repaired"),
        (Node, "github text", "invalid_utf8_is_not_repaired"),
        (Python, "github parse-first", "forgery_is_refused_before_parsing"),
        (Python, "github fail-open", "many_forgeries_are_all_refused"),
        (Python, "github empty-secret", "empty_secret_is_refused"),
        (Python, "github debug-header", "verification_cannot_be_switched_off"),
        (Python, "github user-agent", "sender_headers_are_not_trusted"),
        (Python, "github ping", "test_events_are_verified_too"),
        (Python, "github missing", "missing_headers_are_refused"),
        (Python, "github crash-short", "malformed_signatures_are_refused"),
        (Python, "github beginning", "altered_signatures_are_refused"),
        (Python, "github prefix", "truncated_signatures_are_refused"),
        (Node, "slack loose", "truncated_signatures_are_refused"),
        (Python, "github contains", "extended_signatures_are_refused"),
        (Python, "github no-prefix", "signature_without_its_prefix_is_refused"),
        (Python, "github algorithm", "other_algorithms_are_refused"),
        (Python, "standard versions", "other_versions_are_refused"),
        (Python, "standard first-of-list", "good_signature_among_others_is_accepted"),
        (Python, "stripe no-window", "stale_delivery_is_refused"),
        (Python, "standard no-future", "delivery_from_the_future_is_refused"),
        (Python, "slack floats", "malformed_timestamps_are_refused"),
        (Node, "stripe lenient", "malformed_timestamps_are_refused"),
        (Python, "github put", "other_methods_are_refused"),
        (Python, "github any-path", "path_variants_are_no_bypass"),
        (Python, "stripe oracle", "refusals_are_identical"),
        (Python, "github unwrap", "hostile_json_causes_no_5xx"),
        (Node, "github levels", "deep_nesting_is_survived"),
        (Python, "github endless", "endless_bodies_are_cut_off"),
        (Node, "github endless", "endless_bodies_are_cut_off"),
    ];
    in_threads(&fleet, |(language, traits, case)| {
        let Some(received) = test(*language, traits, &["--case", case]) else { return };
        assert_eq!(received.code, Some(1), "{language:?} {traits}: {}", received.report);
        assert_eq!(received.outcome(case), "failed", "{traits}");
        assert!(!received.report.contains(SECRET), "{traits}: {}", received.report);
    });
}

/// Without a count, a page that anybody gets is no handled delivery.
#[test]
fn pages_are_no_bypass() {
    let Some(standing) = Standing::start(Language::Node, "github", SECRET) else { return };
    let cases = ["other_methods_are_refused", "path_variants_are_no_bypass"];
    let named: Vec<&str> = cases.iter().flat_map(|case| ["--case", case]).collect();
    let received = standing.test("github", SECRET, &named);
    assert_eq!(received.code, Some(0), "{}", received.failures());
    let Some(standing) = Standing::start(Language::Python, "github any-path put", SECRET) else {
        return;
    };
    assert_eq!(standing.test("github", SECRET, &named).count("failed"), 2);
}

/// The case that ends a receiver is named, and the rest is not run.
#[test]
fn the_killer_is_named() {
    let fleet = [
        (Language::Python, "github kill-deep", "hostile_json_causes_no_5xx"),
        (Language::Node, "github levels fatal", "deep_nesting_is_survived"),
    ];
    in_threads(&fleet, |(language, traits, killer)| {
        let cases = [*killer, "endless_bodies_are_cut_off"];
        let named: Vec<&str> = cases.iter().flat_map(|case| ["--case", case]).collect();
        let Some(received) = test(*language, traits, &named) else { return };
        assert_eq!(received.code, Some(1), "{}", received.report);
        assert!(received.said(killer).starts_with("the receiver does not answer any more"));
        assert_eq!(received.outcome("endless_bodies_are_cut_off"), "not applicable");
        let said = received.said("endless_bodies_are_cut_off");
        assert_eq!(said, format!("not run: the receiver has not answered since {killer}"));
    });
}

/// A receiver that is started again goes on: only the case fails.
#[test]
fn a_receiver_that_comes_back_goes_on() {
    let Some(mut standing) = Standing::start(Language::Python, "github kill-deep", SECRET) else {
        return;
    };
    standing.restarts();
    let cases = ["hostile_json_causes_no_5xx", "forged_delivery_is_refused"];
    let named: Vec<&str> = cases.iter().flat_map(|case| ["--case", case]).collect();
    let received = standing.test("github", SECRET, &named);
    let said = received.said("hostile_json_causes_no_5xx");
    assert!(said.starts_with("the receiver ended, and was started again"), "{said}");
    assert_eq!(received.outcome("forged_delivery_is_refused"), "passed");
}

/// Twilio signs the public URL and the fields of a form.
#[test]
fn signed_urls_are_public_ones() {
    const PUBLIC: &str = "https://hooks.example.com/twilio/in";
    let Some(standing) = Standing::start_at(Language::Node, "twilio", SECRET, PUBLIC) else {
        return;
    };
    let received = standing.test("twilio", SECRET, &["--public-url", PUBLIC]);
    assert_eq!(received.code, Some(0), "{}", received.failures());
    assert!(received.count("passed") > 30, "{}", received.report);
    let report: Value = serde_json::from_str(&received.report).expect("JSON");
    assert_eq!(report["provider"], "twilio");
}
