//! The example with actix-web as it runs, over a socket.

use std::time::{Duration, SystemTime};

use example_harness::{
    Connection, Program, Response,
    attacks::{PREFIX_ONLY, UNSET_OR_BLANK, refuses_to_start},
    request,
};
use webhook_runtime::{Secret, providers::STRIPE, scheme::RequestToSign};

const ACTIX: &str = env!("CARGO_BIN_EXE_actix");
const SECRET: &str = "whsec_1";
const EVENT: &[u8] = br#"{"id":"evt_1","type":"payment_intent.succeeded"}"#;

fn start() -> Program {
    Program::start(ACTIX, &[("STRIPE_SECRET", SECRET)], "actix")
}

/// The signature of a body, made at this time.
fn signature(secret: &str, body: &[u8], at: SystemTime) -> String {
    let to_sign = RequestToSign::new(body).at(at);
    let signed = STRIPE.sign(&Secret::new(secret), &to_sign).expect("signed").headers;
    signed["stripe-signature"].to_str().expect("text").to_owned()
}

fn send(signatures: &[&str], body: &[u8]) -> Response {
    let headers: Vec<_> = signatures.iter().map(|one| ("stripe-signature", *one)).collect();
    request("POST", "/stripe", &headers, body)
}

#[test]
fn a_genuine_delivery_is_accepted() {
    let program = start();
    let genuine = signature(SECRET, EVENT, SystemTime::now());
    let response = send(&[&genuine], EVENT);
    assert_eq!((response.status, &*response.body), (200, "OK"));
    assert_eq!(program.line(), format!("genuine: {}", String::from_utf8_lossy(EVENT)));
    drop(program);
}

/// All refusals look the same from outside.
#[test]
fn what_is_not_genuine_is_refused_without_a_reason() {
    let program = start();
    let now = SystemTime::now();
    let genuine = signature(SECRET, EVENT, now);
    let stale = signature(SECRET, EVENT, now - Duration::from_secs(3600));
    let forged = signature("whsec_2", EVENT, now);
    let of_another = signature(SECRET, b"{}", now);
    let refused: [(&[&str], &str); 6] = [
        (&[], "missing"),
        (&["t=1,v1=00"], ""),
        (&[&forged], "does not match"),
        (&[&of_another], "does not match"),
        (&[&stale], "too long ago"),
        (&[&forged, &genuine], ""),
    ];
    for (signatures, reason) in refused {
        let response = send(signatures, EVENT);
        assert_eq!((response.status, &*response.body), (401, ""), "{signatures:?}");
        let told = program.error_with("refused: ");
        assert!(told.contains(reason), "{signatures:?}: {told}");
    }
    assert_eq!(send(&[&genuine], EVENT).status, 200, "it goes on");
    drop(program);
}

#[test]
fn a_body_that_is_too_long_is_cut_off() {
    let program = start();
    let body = vec![b' '; 2 * 1024 * 1024 + 1];
    let genuine = signature(SECRET, &body, SystemTime::now());
    assert_eq!(send(&[&genuine], &body).status, 413);
    // The same without a length that says so.
    let headers = [
        ("stripe-signature", &*genuine),
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
    ];
    let mut connection = Connection::open("POST", "/stripe", &headers);
    connection.send(format!("{:x}\r\n", body.len()).as_bytes());
    connection.send(&body);
    connection.send(b"\r\n0\r\n\r\n");
    assert_eq!(connection.response().status, 413);
    let longest = &body[1..];
    let genuine = signature(SECRET, longest, SystemTime::now());
    assert_eq!(send(&[&genuine], longest).status, 200);
    drop(program);
}

#[test]
fn a_body_that_never_ends_is_given_up() {
    let program = start();
    let length = EVENT.len().to_string();
    let headers = [("content-length", &*length), ("connection", "close")];
    let mut connection = Connection::open("POST", "/stripe", &headers);
    connection.send(b"{");
    assert_eq!(connection.response().status, 408);
    drop(program);
}

#[test]
fn blank_secrets_prevent_the_start() {
    refuses_to_start(ACTIX, &[], "STRIPE_SECRET", UNSET_OR_BLANK);
    refuses_to_start(ACTIX, &[], "STRIPE_SECRET", PREFIX_ONLY);
}
