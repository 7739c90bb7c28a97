//! The quickstart example as its users meet it: a process, a socket, signals and an exit code.

use example_harness::{Connection, Program, Response, fails_to_start, request, wait_until_closed};
use webhook_runtime::{
    Secret,
    providers::HMAC_SHA256_HEX,
    scheme::{RequestToSign, VerifyError},
};

const QUICKSTART: &str = env!("CARGO_BIN_EXE_quickstart");
const SECRET: &str = "the secret of this test";
const ORDER: &str = r#"{"id":7,"note":"with \"care\""}"#;

fn start() -> Program {
    let program = Program::start(QUICKSTART, &[("SECRET", SECRET)], "webhooks");
    assert_eq!(program.line(), "  POST /webhook  order_paid  (hmac-sha256-hex)");
    program
}

/// The signature of `body`, as the example expects it.
fn signature(body: &[u8]) -> String {
    let headers = HMAC_SHA256_HEX
        .sign(&Secret::new(SECRET), &RequestToSign::new(body))
        .expect("signed")
        .headers;
    headers["x-signature"].to_str().expect("hexadecimal").to_owned()
}

/// Sends a genuine delivery.
fn deliver(body: &[u8]) -> Response {
    let signature = signature(body);
    let headers = [("x-signature", signature.as_str()), ("content-type", "application/json")];
    request("POST", "/webhook", &headers, body)
}

/// Sends a delivery with a signature of the right form that no secret made.
fn forge() -> Response {
    let signature = "0".repeat(64);
    request("POST", "/webhook", &[("x-signature", &signature)], ORDER.as_bytes())
}

fn problem(answer: &Response) -> serde_json::Value {
    assert!(answer.has("content-type: application/problem+json"), "{answer:?}");
    serde_json::from_str(&answer.body).expect("JSON")
}

#[test]
fn a_genuine_delivery_is_handled() {
    let program = start();
    let answer = deliver(ORDER.as_bytes());
    assert_eq!((answer.status, answer.body.as_str()), (200, "OK"));
    assert_eq!(program.line(), "order 7 paid: with \"care\"");
}

#[test]
fn refusals_reach_the_sender() {
    let _program = start();

    let unsigned = request("POST", "/webhook", &[], ORDER.as_bytes());
    let forged = forge();
    assert_eq!((unsigned.status, forged.status), (401, 401));
    assert_eq!(unsigned.body, forged.body);

    let get = request("GET", "/webhook", &[], b"");
    assert_eq!(get.status, 405);
    assert!(get.has("allow: POST"), "{get:?}");

    let elsewhere = request("POST", "/", &[], b"");
    assert_eq!(elsewhere.status, 404);

    let malformed = deliver(b"{");
    assert_eq!(malformed.status, 400);

    let misfit = deliver(br#"{"id":7,"note":null}"#);
    assert_eq!(misfit.status, 422);
    assert_eq!(problem(&misfit)["path"], "note");

    // And none of it did any harm.
    assert_eq!(deliver(ORDER.as_bytes()).status, 200);
}

/// The response does not say it.
#[test]
fn the_terminal_shows_the_reason_of_a_refusal() {
    let program = start();
    assert_eq!(request("POST", "/webhook", &[], ORDER.as_bytes()).status, 401);
    assert!(program.error_with("refused").contains("x-signature"));
    assert_eq!(forge().status, 401);
    assert!(program.error_with("refused").contains(&VerifyError::InvalidSignature.to_string()));
}

const TOO_LARGE: usize = 3 * 1024 * 1024;

/// The sender learns it before it has sent anything.
#[test]
fn a_body_declared_too_large_is_refused_at_once() {
    let _program = start();
    let length = TOO_LARGE.to_string();
    let signature = "0".repeat(64);
    let headers = [
        ("content-length", length.as_str()),
        ("connection", "close"),
        ("x-signature", signature.as_str()),
    ];
    assert_eq!(Connection::open("POST", "/webhook", &headers).response().status, 413);
    // As curl asks before a large body: the answer stands in for the invitation to send.
    let asking = [&headers[..], &[("expect", "100-continue")]].concat();
    assert_eq!(Connection::open("POST", "/webhook", &asking).response().status, 413);
}

/// A sender that declares nothing sends on for a while before it looks for an answer. If the
/// connection were closed on it with bytes unread, it would find a reset instead.
#[test]
fn oversized_chunked_bodies_get_an_answer() {
    let _program = start();
    let signature = "0".repeat(64);
    let headers = [
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
        ("x-signature", signature.as_str()),
    ];
    let mut connection = Connection::open("POST", "/webhook", &headers);
    // The limit is 2 MiB: the last piece is more than it, and more comes behind.
    let piece = vec![b'x'; 64 * 1024];
    for _ in 0..33 {
        connection.send(format!("{:x}\r\n", piece.len()).as_bytes());
        connection.send(&piece);
        connection.send(b"\r\n");
    }
    connection.send(b"0\r\n\r\n");
    assert_eq!(connection.response().status, 413);
}

#[cfg(unix)]
#[test]
fn running_deliveries_finish_before_exit() {
    for signal in ["TERM", "INT"] {
        let program = start();
        let (length, signature) = (ORDER.len().to_string(), signature(ORDER.as_bytes()));
        let headers = [
            ("content-length", length.as_str()),
            ("content-type", "application/json"),
            ("x-signature", signature.as_str()),
            ("expect", "100-continue"),
        ];
        let mut running = Connection::open("POST", "/webhook", &headers);
        // The invitation to send shows that the delivery runs.
        running.expect("HTTP/1.1 100 Continue\r\n\r\n");
        program.signal(signal);
        wait_until_closed();
        running.send(ORDER.as_bytes());
        let answer = running.response();
        assert_eq!((answer.status, answer.body.as_str()), (200, "OK"), "{signal}");
        assert_eq!(program.line(), "order 7 paid: with \"care\"", "{signal}");
        assert_eq!(program.wait().code(), Some(0), "{signal}");
    }
}

#[test]
fn without_its_secret_it_does_not_start() {
    let padded = format!("{SECRET} ");
    for (variables, problem) in [
        (&[][..], "the environment variable SECRET is not set"),
        (&[("SECRET", "")], "the secret SECRET is blank"),
        (&[("SECRET", " \t")], "the secret SECRET is blank"),
        (&[("SECRET", &padded)], "the secret SECRET begins or ends with white space"),
    ] {
        let output = fails_to_start(QUICKSTART, variables);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(problem), "{error}");
        assert!(!error.contains(SECRET), "{error}");
        assert!(output.stdout.is_empty(), "it never said that it listens");
    }
}
