//! What an operator sees on standard error without a subscriber of `tracing`.

use std::process::{Command, Stdio};

use tokio::io::AsyncWriteExt as _;

use crate::{
    application::{Application, answer},
    common::SECRET,
    server::head,
};

/// A forged delivery whose body and signature must not be shown.
async fn forge(application: &Application) -> String {
    let (body, signature) = ("canary", "c".repeat(64));
    let mut stream = application.connect().await;
    let request = format!("{}{body}", head(body.len(), &signature));
    stream.write_all(request.as_bytes()).await.expect("it takes bytes");
    answer(&mut stream).await
}

async fn stderr_of(application: Application) -> String {
    application.signal("TERM");
    let (status, text) = application.ended().await;
    assert!(status.success(), "{status}");
    text
}

#[tokio::test]
async fn refused_and_failed_deliveries_have_a_line() {
    let application = Application::start();
    assert!(forge(&application).await.starts_with("HTTP/1.1 401"));
    assert!(application.deliver("fail").await.starts_with("HTTP/1.1 500"));
    assert!(application.deliver("fine").await.starts_with("HTTP/1.1 200"));
    application.get("/nowhere").await;
    let text = stderr_of(application).await;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[..2],
        [
            "401 hook: refused: signature does not match any configured secret",
            "500 hook: a delivery failed: no stock left\\u{1b}[2J",
        ]
    );
    assert!(lines[2].starts_with("stopping: nothing"), "{text}");
    assert_eq!(lines.len(), 3, "{text}");
    for hidden in [SECRET, "canary", "cccc"] {
        assert!(!text.contains(hidden), "{text}");
    }
}

#[tokio::test]
async fn a_flood_of_refusals_does_not_fill_the_log() {
    let application = Application::start();
    for _ in 0..200 {
        forge(&application).await;
    }
    let text = stderr_of(application).await;
    // Ten a second, on a machine that may be slow.
    let refused = text.lines().filter(|line| line.starts_with("401")).count();
    assert!((1..=150).contains(&refused), "{refused}");
}

#[tokio::test]
async fn nothing_is_printed_with_a_subscriber() {
    let application = Application::start_with(&[("SUBSCRIBER", "1")]);
    forge(&application).await;
    application.deliver("fail").await;
    assert_eq!(stderr_of(application).await, "");
}

/// `script` runs the application in a terminal of its own.
#[tokio::test]
async fn a_terminal_shows_every_response() {
    if Command::new("script").arg("--version").stdout(Stdio::null()).status().is_err() {
        return println!("not shown: there is no `script` here");
    }
    let mut command = Command::new("script");
    command.args(["--quiet", "--flush", "--return", "--command"]);
    command.args([env!("CARGO_BIN_EXE_application"), "/dev/null"]);
    let mut application = Application::spawn(command);
    application.next_line();
    forge(&application).await;
    let mut refused = application.next_line();
    // The endpoints come first, each with a sample.
    while refused.starts_with(' ') {
        refused = application.next_line();
    }
    assert_eq!(refused, "401 hook: refused: signature does not match any configured secret");
    application.deliver("fine").await;
    let taken = application.next_line();
    assert!(taken.starts_with("200 hook: a delivery, ") && taken.ends_with(" ms"), "{taken}");
    application.get("/health?token=canary").await;
    assert_eq!(application.next_line(), "200 GET /health");
    application.get("/nowhere").await;
    assert_eq!(application.next_line(), "404 GET /nowhere");
}
