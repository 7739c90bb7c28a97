//! `webhook send` and `webhook sign` as programs, against a receiver that verifies as endpoints do.

mod receiver;

use std::process::Output;

use base64ct::{Base64, Encoding as _};
use receiver::{Receiver, secret, signers, webhook};
use serde_json::Value;

fn send(receiver: &Receiver, provider: &str, more: &[&str]) -> Output {
    let to = receiver.url(provider);
    let arguments = ["send", provider, "--to", &to, "--secret-env", "TEST_SECRET"];
    webhook(&[&arguments[..], more].concat(), &secret(provider))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_provider_that_can_sign_is_accepted() {
    let receiver = Receiver::start();
    for provider in signers() {
        let sent = send(&receiver, provider.name(), &[]);
        let name = provider.name();
        assert_eq!(
            sent.status.code(),
            Some(0),
            "{name}: {}{}",
            text(&sent.stdout),
            text(&sent.stderr)
        );
    }
}

#[test]
fn every_forgery_is_refused() {
    let receiver = Receiver::start();
    for provider in signers() {
        let mut refused = 0;
        for forge in ["secret", "body", "signature", "header", "time", "id", "url"] {
            let sent = send(&receiver, provider.name(), &["--forge", forge]);
            let shown = format!("{} {forge}: {}", provider.name(), text(&sent.stdout));
            match sent.status.code() {
                Some(1) => refused += 1,
                // There is no such thing to forge.
                Some(2) => assert!(text(&sent.stderr).contains("nothing to forge"), "{shown}"),
                other => panic!("{shown}: {other:?}"),
            }
        }
        assert!(refused > 0, "{}", provider.name());
    }
}

#[test]
fn old_deliveries_are_refused_where_a_time_is_signed() {
    let receiver = Receiver::start();
    for more in [&["--age", "10m"][..], &["--age", "-10m"], &["--forge", "old"]] {
        assert_eq!(send(&receiver, "stripe", more).status.code(), Some(1), "{more:?}");
    }
    assert_eq!(send(&receiver, "stripe", &["--age", "1m"]).status.code(), Some(0));
    assert_eq!(send(&receiver, "github", &["--age", "10m"]).status.code(), Some(0));
}

#[test]
fn events_ids_values_and_headers_are_sent() {
    let receiver = Receiver::start();
    let more = [
        "--event",
        "invoice.paid",
        "--id",
        "evt_7",
        "--set",
        "/data/object/amount=5",
        "--header",
        "X-Trace: 1",
        "--output",
        "json",
    ];
    let sent = send(&receiver, "stripe", &more);
    let sent: Value = serde_json::from_slice(&sent.stdout).expect("JSON");
    let body: Value = serde_json::from_str(sent["body"].as_str().expect("text")).expect("JSON");
    assert_eq!((&body["type"], &body["id"]), (&"invoice.paid".into(), &"evt_7".into()));
    assert_eq!(body["data"]["object"]["amount"], 5);
    assert_eq!(sent["status"], 200);
    let header = |wanted: &str| {
        let headers = sent["headers"].as_array().expect("a list");
        headers.iter().any(|header| header[0] == wanted)
    };
    assert!(header("X-Trace") && header("stripe-signature"));
}

#[test]
fn many_are_counted() {
    let receiver = Receiver::start();
    let sent = send(&receiver, "github", &["--repeat", "5", "--rate", "100"]);
    assert_eq!(sent.status.code(), Some(0));
    let shown = text(&sent.stdout);
    assert!(shown.contains("200     5") && shown.contains("5 sent in"), "{shown}");
    let sent = send(&receiver, "github", &["--repeat", "3", "--output", "json"]);
    assert_eq!(text(&sent.stdout).lines().count(), 3);
}

#[test]
fn a_secret_is_not_shown() {
    let receiver = Receiver::start();
    for provider in signers() {
        let sent = send(&receiver, provider.name(), &[]);
        let secret = secret(provider.name());
        let shown = text(&sent.stdout) + &text(&sent.stderr);
        assert!(!shown.contains(&secret), "{}", provider.name());
        if let Some((_, password)) = secret.split_once(':') {
            assert!(!shown.contains(password) && !shown.contains("dXNlcjp"), "{shown}");
        }
    }
}

/// A verify token is in the query of a handshake, and a secret in that of Event Grid.
#[test]
fn a_secret_in_the_query_is_not_shown() {
    let receiver = Receiver::start();
    let token = "a token+with/signs&of=queries";
    let shown = |sent: &Output| text(&sent.stdout) + &text(&sent.stderr);
    let hidden = |shown: &str| {
        ["with/signs", "with%2Fsigns", "token+with", "token%2Bwith"]
            .iter()
            .all(|part| !shown.contains(part))
    };
    let to = receiver.url("meta");
    let handshake = ["send", "meta", "--to", &to, "--secret-env", "TEST_SECRET", "--handshake"];
    for more in [&[][..], &["--output", "json"]] {
        let shown = shown(&webhook(&[&handshake[..], more].concat(), token));
        assert!(hidden(&shown) && shown.contains("hub.verify_token=***"), "{shown}");
    }
    for to in [&*receiver.url("azure-eventgrid"), "http://127.0.0.1:9/"] {
        let arguments = ["send", "azure-eventgrid", "--to", to, "--secret-env", "TEST_SECRET"];
        let shown = shown(&webhook(&arguments, token));
        assert!(hidden(&shown), "{shown}");
    }
    let arrived = receiver.arrived();
    let query = &arrived.last().expect("a delivery").query;
    assert_eq!(query, "code=a%20token+with/signs%26of=queries");
}

#[test]
fn an_unsigned_handshake_has_nothing_to_forge() {
    let receiver = Receiver::start();
    for more in [&["--handshake", "--forge", "secret"][..], &["--handshake", "--age", "1h"]] {
        let sent = send(&receiver, "meta", more);
        assert_eq!(sent.status.code(), Some(2), "{more:?}");
        assert!(text(&sent.stderr).contains("is not signed"), "{}", text(&sent.stderr));
    }
}

/// A name that somebody else chose does not steer the terminal.
#[test]
fn errors_show_no_control_characters() {
    let file = "no\u{1b}[31mfile";
    let arguments = ["verify", "github", "--request", file, "--secret-env", "TEST_SECRET"];
    let failed = webhook(&arguments, "s3cret");
    assert_eq!(failed.status.code(), Some(2));
    let said = text(&failed.stderr);
    assert!(said.contains(r"no\u{1b}[31mfile") && !said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn two_options_cannot_read_standard_input() {
    let arguments = ["verify", "github", "--request", "-", "--secret-file", "-"];
    let failed = receiver::webhook_reading(&arguments, "", b"POST / HTTP/1.1\r\n\r\n");
    assert_eq!(failed.status.code(), Some(2));
    assert!(text(&failed.stderr).contains("standard input"), "{}", text(&failed.stderr));
}

/// A receiver that answers 200 to everything answers no challenge.
#[test]
fn a_challenge_has_to_be_in_the_answer() {
    use std::io::{Read as _, Write as _};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let to = format!("http://{}/", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK");
        }
    });
    let arguments = ["send", "slack", "--to", &to, "--secret-env", "TEST_SECRET", "--handshake"];
    let sent = webhook(&arguments, "s3cret");
    assert_eq!(sent.status.code(), Some(1));
    assert!(text(&sent.stderr).contains("does not contain the challenge"));
}

#[test]
fn a_missing_receiver_is_the_environment() {
    let arguments =
        ["send", "github", "--to", "http://127.0.0.1:9/", "--secret-env", "TEST_SECRET"];
    assert_eq!(webhook(&arguments, "s3cret").status.code(), Some(3));
}

/// A signed request verifies, in each form.
#[test]
fn signed_requests_verify() {
    for form in ["http", "curl"] {
        let signed = webhook(
            &["sign", "stripe", "--secret-env", "TEST_SECRET", "--as", form],
            "whsec_s3cret",
        );
        assert_eq!(signed.status.code(), Some(0));
        let arguments = ["verify", "stripe", "--request", "-", "--secret-env", "TEST_SECRET"];
        let verified = receiver::webhook_reading(&arguments, "whsec_s3cret", &signed.stdout);
        assert_eq!(verified.status.code(), Some(0), "{form}: {}", text(&verified.stdout));
    }
}

#[test]
fn handshakes_are_sent() {
    let receiver = Receiver::start();
    let sent = send(&receiver, "slack", &["--handshake"]);
    assert_eq!(sent.status.code(), Some(0), "{}{}", text(&sent.stdout), text(&sent.stderr));
    let shown = text(&sent.stdout);
    assert!(shown.contains("url_verification"), "{shown}");
    assert_eq!(send(&receiver, "stripe", &["--handshake"]).status.code(), Some(2));
}

/// Braintree and Dropbox Sign label a form of their own, whatever the payload is.
#[test]
fn an_example_has_one_content_type_and_names_the_parts_of_a_secret() {
    for name in ["braintree", "dropbox-sign", "pandadoc"] {
        let shown = text(&webhook(&["providers", name], "").stdout);
        assert_eq!(shown.matches("content-type:").count(), 1, "{shown}");
    }
    let shown = text(&webhook(&["providers", "braintree"], "").stdout);
    assert!(shown.contains("secret         public_key:private_key"), "{shown}");
}

#[test]
fn an_xml_sample_has_its_event_and_takes_no_values() {
    let signed = |more: &[&str]| {
        let arguments = ["sign", "braintree", "--secret-env", "TEST_SECRET"];
        webhook(&[&arguments[..], more].concat(), "public:private")
    };
    let output = signed(&["--event", "check", "--output", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let fields = form_urlencoded::parse(json["body"].as_str().expect("text").as_bytes());
    let payload = fields.into_owned().find(|(name, _)| name == "bt_payload").expect("a payload").1;
    let xml = Base64::decode_vec(&payload).expect("base64");
    assert!(text(&xml).contains("<kind>check</kind>"), "{}", text(&xml));
    let output = signed(&["--set", "/kind=check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("XML"), "{}", text(&output.stderr));
}
