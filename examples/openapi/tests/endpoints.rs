//! The example over a socket: the page, the document, and a delivery that is sent as the document says.

#[cfg(unix)]
use std::process::{Command, Stdio};

use example_harness::{Program, request};
use serde_json::Value;

const OPENAPI: &str = env!("CARGO_BIN_EXE_openapi");

fn start() -> Program {
    Program::start(OPENAPI, &[("SECRET", "s3cret")], "webhooks")
}

#[test]
fn the_page_and_its_files_are_served() {
    let program = start();
    for (path, content_type, part) in [
        ("/", "text/html; charset=utf-8", "<script type=\"module\" src=\"/reference.js\">"),
        ("/reference.js", "text/javascript", "fetch('/openapi.json')"),
        ("/reference.css", "text/css", "prefers-color-scheme: dark"),
        ("/openapi.json", "application/json", "\"openapi\": \"3.1.0\""),
    ] {
        let response = request("GET", path, &[], b"");
        assert_eq!(response.status, 200, "{path}");
        assert!(response.has(&format!("content-type: {content_type}")), "{response:?}");
        assert!(response.has("x-content-type-options: nosniff"), "{path}");
        let policy = response.headers.iter().find(|it| it.starts_with("content-security-policy"));
        assert!(policy.is_some_and(|it| it.contains("default-src 'none'")), "{path}");
        assert!(response.body.contains(part), "{path}: {part}");
    }
    drop(program);
}

/// Nothing is loaded from elsewhere, and no text of the document becomes markup.
#[test]
fn the_page_needs_nothing_from_elsewhere() {
    for text in [
        include_str!("../assets/reference.html"),
        include_str!("../assets/reference.js"),
        include_str!("../assets/reference.css"),
    ] {
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "//cdn",
            "src=\"http",
        ] {
            assert!(!text.contains(word), "{word}");
        }
    }
}

#[test]
fn the_document_describes_every_endpoint() {
    let program = start();
    let document = request("GET", "/openapi.json", &[], b"").body;
    let document: Value = serde_json::from_str(&document).expect("JSON");
    for (path, method, summary) in [
        ("/orders", "post", "Books a paid order"),
        ("/github", "post", "Follows a repository"),
        ("/line", "post", "Answers in a chat"),
        ("/files/{account}", "post", "Follows the files of an account"),
        ("/files/{account}", "get", "Handshake of dropbox"),
    ] {
        assert_eq!(document["paths"][path][method]["summary"], summary, "{method} {path}");
    }
    assert_eq!(document["info"]["title"], "Shop");
    drop(program);
}

/// The commands of the document, run by a shell with the secret.
#[test]
#[cfg(unix)]
fn the_commands_are_accepted() {
    for (name, argument) in [("curl", "--version"), ("openssl", "version")] {
        if Command::new(name).arg(argument).stdout(Stdio::null()).status().is_err() {
            println!("left out: {name} is not installed");
            return;
        }
    }
    let program = start();
    let document = request("GET", "/openapi.json", &[], b"").body;
    let document: Value = serde_json::from_str(&document).expect("JSON");
    for (path, status) in [
        ("/orders", "200"),
        ("/github", "200"),
        ("/line", "200"),
        // Without a schema, the example is an empty object.
        ("/files/{account}", "422"),
    ] {
        let command = document["paths"][path]["post"]["x-codeSamples"][0]["source"].as_str();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", command.expect("a command")])
            .env("SECRET", "s3cret")
            .env("NO_PROXY", "*");
        let output = shell.stdin(Stdio::null()).output().expect("it runs");
        let answer = String::from_utf8_lossy(&output.stdout);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
    }
    drop(program);
}
