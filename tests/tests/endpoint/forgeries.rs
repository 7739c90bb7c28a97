//! 401: forged signatures.

use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use webhook_runtime::{providers::HMAC_SHA256_HEX, webhook};

use crate::{
    ORDER,
    common::{Answer, ask, delivery, router, set, sign, signature, status},
    order_paid,
};

/// Every kind of wrong signature, each as a header or none.
fn forgeries() -> Vec<(&'static str, Option<HeaderValue>)> {
    let genuine = signature(ORDER.as_bytes());
    let text = |text: String| Some(HeaderValue::try_from(text).expect("a header's value"));
    let other_digit = if genuine.ends_with('0') { "1" } else { "0" };
    vec![
        ("missing", None),
        ("empty", text(String::new())),
        ("truncated by a digit", text(genuine[..63].to_owned())),
        ("truncated by a byte", text(genuine[..62].to_owned())),
        ("extended by a byte", text(format!("{genuine}00"))),
        ("twice as long", text(genuine.repeat(2))),
        ("upper case", text(genuine.to_uppercase())),
        ("another digit", text(format!("{}{other_digit}", &genuine[..63]))),
        ("no hexadecimal", text("z".repeat(64))),
        ("another scheme's prefix", text(format!("sha256={genuine}"))),
        ("another notation", text(format!("0x{}", &genuine[2..]))),
        ("a list", text(format!("{genuine},{genuine}"))),
        ("quoted", text(format!("\"{genuine}\""))),
        ("space inside", text(format!("{} {}", &genuine[..32], &genuine[32..]))),
        ("not ASCII", Some(HeaderValue::from_bytes(&[0xe9; 64]).expect("a header's value"))),
        ("zeros", text("0".repeat(64))),
        ("of another body", text(signature(b"{}"))),
        ("of no body", text(signature(b""))),
        (
            "with another secret",
            Some(sign(&HMAC_SHA256_HEX, "guess", ORDER.as_bytes())["x-signature"].clone()),
        ),
        ("very long", text("a".repeat(100_000))),
    ]
}

#[tokio::test]
async fn every_forgery_gets_the_same_401() {
    let router = router::<order_paid>();
    let mut answers: Vec<(&str, Answer)> = Vec::new();
    for (what, header) in forgeries() {
        let mut request = delivery(ORDER);
        request.headers_mut().remove("x-signature");
        if let Some(value) = header {
            request.headers_mut().insert("x-signature", value);
        }
        answers.push((what, ask(&router, request).await));
    }
    // A repeated header is rejected even if both values are right: two readers could see two
    // values.
    for second in [signature(ORDER.as_bytes()), "0".repeat(64)] {
        let mut request = delivery(ORDER);
        let second = second.parse().expect("a header's value");
        request.headers_mut().append("x-signature", second);
        answers.push(("repeated", ask(&router, request).await));
    }
    // Bodies that later steps would reject.
    for body in ["", "not JSON", "{}", "\u{0}"] {
        let mut request = delivery(body);
        set(&mut request, "x-signature", &signature(ORDER.as_bytes()));
        answers.push(("of another body", ask(&router, request).await));
    }

    let (_, first) = answers[0].clone();
    for (what, answer) in answers {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
        assert_eq!(answer, first, "{what}");
    }
    assert_eq!(first.text(), r#"{"status":401,"title":"Unauthorized","type":"about:blank"}"#);
}

/// A payload that records that it was decoded.
struct Tripwire;

static TRIPPED: AtomicBool = AtomicBool::new(false);

impl<'de> Deserialize<'de> for Tripwire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        TRIPPED.store(true, Ordering::Relaxed);
        Value::deserialize(deserializer).map(|_| Self)
    }
}

#[tokio::test]
async fn payloads_are_decoded_after_verification() {
    #[webhook(path = "/webhook")]
    async fn tripwire(_: Tripwire) {}
    let router = router::<tripwire>();
    for body in ["not JSON", "{}"] {
        let mut request = delivery(body);
        set(&mut request, "x-signature", &signature(b"something else"));
        assert_eq!(status(&router, request).await, 401);
        assert!(!TRIPPED.load(Ordering::Relaxed), "{body}");
    }
    assert_eq!(status(&router, delivery("{}")).await, 200);
    assert!(TRIPPED.load(Ordering::Relaxed), "the tripwire works");
}
