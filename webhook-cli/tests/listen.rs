//! `webhook listen` and `webhook replay` as programs, with a sender in front and a receiver behind.

mod receiver;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, ChildStdout, Stdio},
};

use receiver::{Receiver, command, secret, webhook};
use serde_json::Value;

/// `webhook listen`, while it runs.
struct Listener {
    child: Child,
    origin: String,
    lines: Option<BufReader<ChildStdout>>,
}

impl Listener {
    fn start(provider: &str, more: &[&str]) -> Self {
        let own = ["listen", "--port", "0", "--output", "json"];
        let told = ["--provider", provider, "--secret-env", "TEST_SECRET"];
        let mut child = command(&[&own[..], &told, more].concat(), &secret(provider))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut first = String::new();
        let mut errors = BufReader::new(child.stderr.take().expect("a pipe"));
        errors.read_line(&mut first).expect("a line");
        let origin = first.trim().strip_prefix("listening on ").expect("an address").to_owned();
        let lines = child.stdout.take().map(BufReader::new);
        Self { child, origin, lines }
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.as_mut().expect("a pipe").read_line(&mut line).expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }

    fn send(&self, provider: &str, path: &str, more: &[&str]) -> Option<i32> {
        let to = format!("{}/{path}", self.origin);
        let own = ["send", provider, "--to", &to, "--secret-env", "TEST_SECRET"];
        webhook(&[&own[..], more].concat(), &secret(provider)).status.code()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn directory(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    directory
}

#[test]
fn deliveries_are_judged_and_forwarded_unchanged() {
    let receiver = Receiver::start();
    let mut listener = Listener::start("github", &["--forward-to", &receiver.url("github")]);
    let data = "{ \"odd\" :\t[1.0, \"\u{e9}\\/\"] }\n";
    let more = ["--data", data, "--header", "X-GitHub-Delivery: 7"];
    assert_eq!(listener.send("github", "any", &more), Some(0));
    let line = listener.line();
    assert_eq!((&line["provider"], &line["verdict"]), (&"github".into(), &"genuine".into()));
    assert_eq!((&line["event"], &line["id"]), (&"push".into(), &"7".into()));
    assert_eq!((&line["status"], &line["bytes"]), (&200.into(), &data.len().into()));
    let arrived = receiver.arrived();
    assert_eq!(arrived[0].body, data.as_bytes());
    assert_eq!(arrived[0].headers["x-github-delivery"], "7");
    assert_eq!(arrived[0].path, "/github");

    // A refused one is forwarded as well, and the answer of the target goes back.
    assert_eq!(listener.send("github", "any", &["--forge", "body"]), Some(1));
    let line = listener.line();
    assert_eq!((&line["verdict"], &line["status"]), (&"refused".into(), &401.into()));
    assert_eq!(receiver.arrived().len(), 2);
}

#[test]
fn without_a_target_the_verdict_is_the_answer() {
    let mut listener = Listener::start("stripe", &[]);
    assert_eq!(listener.send("stripe", "", &[]), Some(0));
    assert_eq!(listener.line()["event"], "payment_intent.succeeded");
    assert_eq!(listener.send("stripe", "", &["--age", "1h"]), Some(1));
    let line = listener.line();
    assert_eq!((&line["cause"], &line["status"]), (&"timestamp-too-old".into(), &Value::Null));
}

/// Nobody else answers the challenge.
#[test]
fn without_a_target_handshakes_are_answered() {
    let mut listener = Listener::start("slack", &[]);
    assert_eq!(listener.send("slack", "", &["--handshake"]), Some(0));
    let line = listener.line();
    assert_eq!((&line["handshake"], &line["verdict"]), (&true.into(), &Value::Null));
    // A forged challenge is a refused delivery.
    let forged = listener.send("slack", "", &["--handshake", "--forge", "secret"]);
    assert_eq!(forged, Some(1));
    let line = listener.line();
    assert_eq!((&line["handshake"], &line["verdict"]), (&false.into(), &"refused".into()));

    let mut listener = Listener::start("meta", &["--verify-token-env", "TEST_SECRET"]);
    assert_eq!(listener.send("meta", "", &["--handshake"]), Some(0));
    assert_eq!(listener.line()["handshake"], true);
    let mut listener = Listener::start("meta", &["--verify-token-env", "PATH"]);
    assert_eq!(listener.send("meta", "", &["--handshake"]), Some(1));
    assert_eq!(listener.line()["error"], "the verify token is missing or wrong");
}

#[test]
fn with_a_target_handshakes_are_forwarded() {
    let receiver = Receiver::start();
    let mut listener = Listener::start("slack", &["--forward-to", &receiver.url("slack")]);
    assert_eq!(listener.send("slack", "any", &["--handshake"]), Some(0));
    let line = listener.line();
    assert_eq!((&line["handshake"], &line["status"]), (&true.into(), &200.into()));
    assert_eq!(receiver.arrived().len(), 1);
}

#[test]
fn a_missing_target_is_said() {
    let mut listener = Listener::start("github", &["--forward-to", "http://127.0.0.1:9"]);
    assert_eq!(listener.send("github", "x", &[]), Some(1));
    let line = listener.line();
    assert!(line["error"].as_str().is_some_and(|text| text.contains("127.0.0.1:9/x")), "{line}");
}

#[test]
fn recordings_are_exact_and_replayed() {
    let recorded = directory("recorded");
    let shown = recorded.display().to_string();
    let mut listener = Listener::start("stripe", &["--record", &shown]);
    let data = "{\"id\":\"evt_1\",\r\n\"type\":\"a\"}\r\n";
    for _ in 0..2 {
        let more = ["--data", data, "--header", "Cookie: canary"];
        assert_eq!(listener.send("stripe", "stripe?x=1", &more), Some(0));
        let file = listener.line()["file"].as_str().expect("a file").to_owned();
        let text = fs::read_to_string(&file).expect("a recording");
        assert!(
            text.starts_with("POST /stripe?x=1 HTTP/1.1\r\n") && text.ends_with(data),
            "{text}"
        );
        assert!(text.contains("cookie: ***") && !text.contains("canary"), "{text}");
        assert!(!text.contains(&secret("stripe")), "{text}");
    }
    let verified = webhook(
        &["verify", "stripe", "--request", &first(&recorded), "--secret-env", "TEST_SECRET"],
        &secret("stripe"),
    );
    assert_eq!(verified.status.code(), Some(0));

    let receiver = Receiver::start();
    let to = receiver.url("");
    let replayed = webhook(&["replay", &shown, "--to", &to], "");
    assert_eq!(replayed.status.code(), Some(0));
    let arrived = receiver.arrived();
    assert_eq!((arrived.len(), &*arrived[0].path), (2, "/stripe"));
    assert_eq!(arrived[0].body, data.as_bytes());

    let replayed = webhook(&["replay", &shown, "--to", &to, "--skip", "1", "--output", "json"], "");
    let line: Value = serde_json::from_slice(&replayed.stdout).expect("one line of JSON");
    assert_eq!(line["status"], 200);
}

/// A recording of another provider is not signed as one of this.
#[test]
fn only_own_recordings_are_signed_anew() {
    let file = directory("other").with_extension("http");
    let signed =
        webhook(&["sign", "github", "--secret-env", "TEST_SECRET", "--as", "http"], "s3cret");
    fs::write(&file, &signed.stdout).expect("a file");
    let receiver = Receiver::start();
    let (file, to) = (file.display().to_string(), receiver.url("stripe"));
    let own = ["replay", &file, "--to", &to, "--resign", "stripe", "--secret-env", "TEST_SECRET"];
    let replayed = webhook(&own, &secret("stripe"));
    assert_eq!(replayed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&replayed.stdout).contains("no request of stripe"));
    assert!(receiver.arrived().is_empty());
}

#[test]
fn shells_complete_providers() {
    for shell in ["bash", "zsh", "fish"] {
        let script = webhook(&["completions", shell], "");
        assert!(String::from_utf8_lossy(&script.stdout).contains("standard-webhooks"), "{shell}");
    }
}

fn first(directory: &std::path::Path) -> String {
    let mut files: Vec<_> =
        fs::read_dir(directory).expect("files").map(|it| it.expect("a file").path()).collect();
    files.sort();
    files[0].display().to_string()
}

#[test]
fn a_stale_recording_is_signed_anew() {
    let old = directory("stale").with_extension("http");
    let signed = webhook(
        &["sign", "stripe", "--secret-env", "TEST_SECRET", "--age", "1d", "--as", "http"],
        &secret("stripe"),
    );
    fs::write(&old, &signed.stdout).expect("a file");
    let receiver = Receiver::start();
    let (file, to) = (old.display().to_string(), receiver.url("stripe"));
    let replay = |more: &[&str]| {
        webhook(&[&["replay", &file, "--to", &to][..], more].concat(), &secret("stripe"))
    };
    assert_eq!(replay(&[]).status.code(), Some(1));
    let anew = replay(&["--resign", "stripe", "--secret-env", "TEST_SECRET"]);
    assert_eq!(anew.status.code(), Some(0), "{}", String::from_utf8_lossy(&anew.stderr));
    let arrived = receiver.arrived();
    assert_eq!(arrived[0].body, arrived[1].body);
}

/// A broken pipe is no error.
#[test]
fn a_listener_without_a_reader_ends() {
    let mut listener = Listener::start("github", &[]);
    drop(listener.lines.take());
    listener.send("github", "x", &[]);
    assert_eq!(listener.child.wait().expect("it ends").code(), Some(0));
}

#[cfg(unix)]
#[test]
fn an_interrupted_listener_ends_with_130() {
    let mut listener = Listener::start("github", &[]);
    let id = listener.child.id().to_string();
    let killed = std::process::Command::new("kill").args(["-INT", &id]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    assert_eq!(listener.child.wait().expect("it ends").code(), Some(130));
}
