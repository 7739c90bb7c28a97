//! Event names in a header, and events without a variant.

use std::fs;

use bytes::Bytes;
use webhook_runtime::{Delivery, UnknownEvent, WebhookEvent, providers::GITHUB, webhook};

use crate::{
    Issues, Push,
    common::{Answer, ask, router, set},
    delivery, of_github, tell, told,
};

#[derive(WebhookEvent)]
pub(crate) enum Github<'a> {
    #[event("push")]
    Push(Push<'a>),
    #[event("issues.opened")]
    Opened(Issues),
    #[event("issues")]
    Issues(&'a Delivery),
    #[event("ping", "star.created", "release.published")]
    Seen,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/webhook", provider = GITHUB)]
async fn github(event: Github<'_>) -> String {
    match event {
        Github::Push(push) => format!("push to {}: {}", push.reference, push.commits.len()),
        Github::Opened(opened) => format!("opened {}", opened.issue.number),
        Github::Issues(delivery) => {
            assert_eq!(delivery.event().as_deref(), Some("issues"));
            "issues of any action".to_owned()
        }
        Github::Seen => "seen".to_owned(),
        Github::Other(other) => tell(&other),
    }
}

/// A payload from GitHub's examples.
fn fixture(file: &str) -> Bytes {
    let path = format!("{}/fixtures/github/{file}", env!("CARGO_MANIFEST_DIR"));
    fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}")).into()
}

#[tokio::test]
async fn github_events_select_their_variants() {
    let router = router::<github>();
    for (file, event, expected) in [
        ("push.json", "push", "push to refs/heads/master: 1"),
        ("issues.opened.json", "issues", "opened 1"),
        ("ping.json", "ping", "seen"),
        ("star.created.json", "star", "seen"),
        ("release.published.json", "release", "seen"),
        (
            "issue_comment.created.json",
            "issue_comment",
            "other: issue_comment Some(\"created\") 13993 bytes",
        ),
        (
            "security_advisory.published.json",
            "security_advisory",
            "other: security_advisory Some(\"published\") 1098 bytes",
        ),
    ] {
        assert_eq!(told(&router, of_github(event, fixture(file))).await, expected, "{file}");
    }
}

#[tokio::test]
async fn the_most_specific_name_wins() {
    let router = router::<github>();
    let issues = |action: &str| format!(r#"{{"issue":{{"number":7}},"action":{action}}}"#);
    for (action, expected) in [
        (r#""opened""#, "opened 7"),
        (r#""open\u0065d""#, "opened 7"),
        (r#""closed""#, "issues of any action"),
        (r#""opened ""#, "issues of any action"),
        (r#""opened.""#, "issues of any action"),
        (r#""""#, "issues of any action"),
        ("null", "issues of any action"),
        ("{}", "issues of any action"),
    ] {
        assert_eq!(told(&router, of_github("issues", issues(action))).await, expected, "{action}");
    }
    // Only some of its actions have a variant.
    let star = told(&router, of_github("star", r#"{"action":"deleted"}"#)).await;
    assert_eq!(star, "other: star Some(\"deleted\") 20 bytes");
    // An action belongs to its event only.
    let pushed = told(&router, of_github("push.issues", r#"{"action":"opened"}"#)).await;
    assert_eq!(pushed, "other: push.issues Some(\"opened\") 19 bytes");
}

/// GitHub signs the action, but not the name, which an attacker can change.
#[tokio::test]
async fn a_dotted_name_is_not_an_action() {
    let router = router::<github>();
    for body in [r#"{"action":"deleted","issue":{"number":7}}"#, r#"{"issue":{"number":7}}"#] {
        let told = told(&router, of_github("issues.opened", body)).await;
        assert!(told.starts_with("other: issues.opened"), "{told}");
    }
}

#[tokio::test]
async fn unit_variants_accept_any_body() {
    let router = router::<github>();
    for body in [&b"{}"[..], b"", b"not JSON", b"{\"zen\":", b"\xff\xfe"] {
        assert_eq!(told(&router, of_github("ping", body)).await, "seen", "{body:?}");
    }
    let mut xml = of_github("ping", "<ping/>");
    set(&mut xml, "content-type", "application/xml");
    assert_eq!(told(&router, xml).await, "seen");
}

#[tokio::test]
async fn unknown_events_accept_any_body() {
    let router = router::<github>();
    for body in [&b"{}"[..], b"", b"not JSON", b"\xff\xfe"] {
        let expected = format!("other: team None {} bytes", body.len());
        assert_eq!(told(&router, of_github("team", body)).await, expected);
    }
}

#[tokio::test]
async fn mismatched_events_fall_back_to_other() {
    let router = router::<github>();
    for body in [
        r#"{"commits":[]}"#,
        r#"{"ref":7,"commits":[]}"#,
        r#"{"ref":"main","commits":[{"message":null}]}"#,
        "[]",
        "null",
    ] {
        let expected = format!("other: push None {} bytes, does not fit", body.len());
        assert_eq!(told(&router, of_github("push", body)).await, expected);
    }
}

#[tokio::test]
async fn invalid_json_is_rejected() {
    let router = router::<github>();
    for body in [&b""[..], b"{", b"{\"ref\":\"main\",\"commits\":[]", b"push", b"\xff"] {
        let answer = ask(&router, of_github("push", body)).await;
        assert_eq!(answer.status, 400, "{body:?}");
    }
    let mut xml = of_github("push", "<push/>");
    set(&mut xml, "content-type", "application/xml");
    assert_eq!(ask(&router, xml).await.status, 415);
}

#[tokio::test]
async fn forms_decode_like_the_json_inside() {
    let router = router::<github>();
    let mut form = of_github("push", fixture("push.form"));
    set(&mut form, "content-type", "application/x-www-form-urlencoded");
    assert_eq!(told(&router, form).await, "push to refs/heads/master: 1");

    let body = "payload=%7B%22issue%22%3A%7B%22number%22%3A7%7D%2C%22action%22%3A%22opened%22%7D";
    let mut form = of_github("issues", body);
    set(&mut form, "content-type", "application/x-www-form-urlencoded");
    assert_eq!(told(&router, form).await, "opened 7");
}

#[tokio::test]
async fn events_without_a_name_are_unknown() {
    let router = router::<github>();
    let nameless = told(&router, delivery(&GITHUB, &[], r#"{"action":"opened"}"#)).await;
    assert_eq!(nameless, "other:  Some(\"opened\") 19 bytes");
    let empty = told(&router, of_github("", "{}")).await;
    assert_eq!(empty, "other:  None 2 bytes");
}

#[tokio::test]
async fn long_names_are_unknown_events() {
    let router = router::<github>();
    for name in ["issues.".repeat(15_000), "x".repeat(100_000), ".".repeat(100_000)] {
        let told = told(&router, of_github(&name, r#"{"action":"opened"}"#)).await;
        assert_eq!(told, format!("other: {name} Some(\"opened\") 19 bytes"));
    }
    let action = "opened".repeat(20_000);
    let body = format!(r#"{{"action":"{action}"}}"#);
    let told = told(&router, of_github("star", body.clone())).await;
    assert_eq!(told, format!("other: star Some(\"{action}\") {} bytes", body.len()));
}

#[derive(WebhookEvent)]
#[event(strict)]
enum Strict<'a> {
    #[event("push")]
    Push(Push<'a>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/webhook", provider = GITHUB)]
async fn strict(event: Strict<'_>) -> String {
    match event {
        Strict::Push(push) => push.commits.into_iter().map(|commit| commit.message).collect(),
        Strict::Other(other) => tell(&other),
    }
}

#[tokio::test]
async fn strict_enums_reject_only_mismatches() {
    let router = router::<strict>();
    let body = r#"{"ref":"main","commits":[{"message":"a"},{"message":7}]}"#;
    let answer: Answer = ask(&router, of_github("push", body)).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.problem()["path"], "commits[1].message");
    assert_eq!(told(&router, of_github("team", "not JSON")).await, "other: team None 8 bytes");
    let body = r#"{"ref":"main","commits":[{"message":"a"},{"message":"b"}]}"#;
    assert_eq!(told(&router, of_github("push", body)).await, "ab");
}
