//! The GitHub bot as GitHub meets it, with payloads that GitHub's own code signed.

use std::{fs, path::PathBuf};

use example_harness::{Program, Response, fails_to_start, request};
use serde_json::Value;

const BOT: &str = env!("CARGO_BIN_EXE_github");

/// One delivery of the fixtures.
struct Fixture {
    manifest: Value,
    body: Vec<u8>,
}

fn read(file: &str) -> Vec<u8> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/github");
    fs::read(directory.join(file)).expect("a fixture")
}

impl Fixture {
    fn new(file: &str) -> Self {
        let manifest: Value = serde_json::from_slice(&read("manifest.json")).expect("JSON");
        let all = manifest["deliveries"].as_array().expect("a list");
        let manifest = all.iter().find(|entry| entry["file"] == file).expect("the file");
        Self { manifest: manifest.clone(), body: read(file) }
    }

    fn text(&self, name: &str) -> &str {
        self.manifest[name].as_str().expect("text")
    }

    /// Sends it as GitHub does.
    fn deliver(&self) -> Response {
        let headers = [
            ("content-type", self.text("content_type")),
            ("x-github-event", self.text("event")),
            ("x-github-delivery", self.text("delivery")),
            ("x-hub-signature-256", self.text("signature")),
        ];
        request("POST", "/github", &headers, &self.body)
    }
}

fn home() -> String {
    request("GET", "/", &[], b"").body
}

#[test]
fn the_bot_tells_the_news() {
    let ping = Fixture::new("ping.json");
    // The secret of the fixtures is the one being replaced.
    let secrets = [("GITHUB_SECRET", "a newer one"), ("GITHUB_SECRET_OLD", ping.text("secret"))];
    let program = Program::start(BOT, &secrets, "bot");
    assert_eq!(home(), "");

    let expected = [
        ("ping.json", "connected: Anything added dilutes everything else."),
        ("push.json", "Codertocat/Hello-World refs/heads/master: Initial commit"),
        ("push.form", "Codertocat/Hello-World refs/heads/master: Initial commit"),
        ("push.small.json", "Codertocat/Hello-World refs/tags/simple-tag: deleted"),
        ("issues.opened.json", "Codertocat/Hello-World #1: Spelling error in the README file"),
    ];
    for (file, line) in expected {
        let answer = Fixture::new(file).deliver();
        assert_eq!((answer.status, answer.body.as_str()), (200, "OK"), "{file}");
        assert_eq!(program.line(), line, "{file}");
    }
    assert_eq!(home(), expected.map(|(_, line)| line).join("\n"));

    // What the bot does not know is genuine all the same, and nothing is lost of it.
    assert_eq!(Fixture::new("star.created.json").deliver().status, 200);
    assert_eq!(program.line(), r#"passed over: Some("star") Some("created")"#);
}

#[test]
fn the_bot_believes_nobody_else() {
    let push = Fixture::new("push.json");
    let _program = Program::start(BOT, &[("GITHUB_SECRET", push.text("secret"))], "bot");
    let mut changed = Fixture::new("push.json");
    changed.body[1000] ^= 1;
    assert_eq!(changed.deliver().status, 401);
    assert_eq!(request("POST", "/github", &[], &push.body).status, 401);
    assert_eq!(request("GET", "/github", &[], b"").status, 405);
    assert_eq!(home(), "");
    assert_eq!(push.deliver().status, 200);
}

#[test]
fn without_its_secret_the_bot_does_not_start() {
    let output = fails_to_start(BOT, &[("GITHUB_SECRET_OLD", "an old one")]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains("`github`: the environment variable GITHUB_SECRET is not set"),
        "{error}"
    );
}
