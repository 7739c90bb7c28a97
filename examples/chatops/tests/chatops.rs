//! The example with Slack, over a socket. What it answers is tested beside its code.

use std::time::{Duration, Instant};

use example_harness::{Program, Response, request};
use webhook_runtime::{Secret, providers::SLACK, scheme::RequestToSign};

const CHATOPS: &str = env!("CARGO_BIN_EXE_chatops");
const SECRET: &str = "the signing secret";

fn deliver(path: &str, content_type: &str, body: &str) -> Response {
    let signed = SLACK.sign(&Secret::new(SECRET), &RequestToSign::new(body.as_bytes()));
    let signed = signed.expect("signed").headers;
    let mut headers = vec![("content-type", content_type)];
    headers
        .extend(signed.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("text"))));
    request("POST", path, &headers, body.as_bytes())
}

/// A command whose results go to a port of this machine where nobody listens.
fn command(command: &str, text: &str) -> Response {
    let form = format!(
        "command=%2F{command}&text={text}&user_id=U1&channel_id=C1&team_id=T1&trigger_id=1&\
         response_url=http%3A%2F%2F127.0.0.1%3A9%2F"
    );
    deliver("/slack/commands", "application/x-www-form-urlencoded", &form)
}

#[test]
fn slack_is_answered_within_its_patience() {
    let program = Program::start(CHATOPS, &[("SLACK_SIGNING_SECRET", SECRET)], "chatops");
    let challenge = r#"{"type":"url_verification","challenge":"3eZbrw1aB"}"#;
    let answer = deliver("/slack/events", "application/json", challenge);
    assert_eq!((answer.status, answer.body.as_str()), (200, "3eZbrw1aB"));
    let answer = command("ping", "");
    assert_eq!((answer.status, answer.body.as_str()), (200, "pong"));

    let asked = Instant::now();
    let answer = command("deploy", "api");
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());

    // Asked to stop, it finishes what it has answered already.
    let asked = Instant::now();
    program.signal("INT");
    assert!(program.wait().success());
    assert!(asked.elapsed() > Duration::from_secs(1), "{:?}", asked.elapsed());
}
