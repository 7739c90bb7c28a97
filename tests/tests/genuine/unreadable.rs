//! Texts cut in the middle of an emoji, and numbers that no type holds: JSON by its grammar
//! (RFC 8259, section 8.2), <https://github.com/fazer-ai/agents/issues/218>.

use axum::extract::Request;
use serde::Deserialize;
use serde_json::Value;
use webhook_runtime::{
    Delivery, Provider, Secret,
    providers::{ADYEN, GITHUB, LINE, LINEAR, MAILGUN, MICROSOFT_GRAPH},
    scheme::RequestToSign,
    webhook,
};

use crate::{
    common::{PATH, SECRET, ask, post, set, status},
    router, router_with,
};

/// A key for schemes that take hex.
const KEY: &str = "5eb63bbbe01eeed093cb22bb8f5acdc3";

#[webhook(path = "/webhook", provider = MICROSOFT_GRAPH)]
async fn graph(_: &Delivery) {}

#[webhook(path = "/webhook", provider = ADYEN)]
async fn adyen(_: &Delivery) {}

#[webhook(path = "/webhook", provider = MAILGUN)]
async fn mailgun(_: &Delivery) {}

#[webhook(path = "/webhook", provider = LINEAR)]
async fn linear(_: &Delivery) {}

/// A signed request. What is unreadable is put into the signed JSON as text, since no tree holds it.
fn signed(provider: &Provider, json: &str, unreadable: &str) -> Request {
    let secret = Secret::new(KEY);
    let to_sign = json.replace("\"HERE\"", "\"here\"");
    let mut parts = provider.sign(&secret, &RequestToSign::new(to_sign.as_bytes())).expect(json);
    let body = String::from_utf8_lossy(&parts.body).replace("\"here\"", unreadable);
    if provider.scheme_info().signs_body {
        parts = provider.sign(&secret, &RequestToSign::new(body.as_bytes())).expect(json);
        return json_request(parts.headers, parts.body.into_owned());
    }
    json_request(parts.headers, body.into_bytes())
}

fn json_request(headers: http::HeaderMap, body: Vec<u8>) -> Request {
    let mut request = post(PATH, headers, body);
    set(&mut request, "content-type", "application/json");
    request
}

const UNREADABLE: [&str; 5] =
    [r#""cut \ud83d""#, r#""\ude00""#, "1e999", "-1E+400", r#"{"\ud83d":["\udfff",1e999]}"#];

/// Unread fields decide nothing, also before the body is believed.
#[tokio::test]
async fn unread_fields_refuse_nothing() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("later");
    let linear_body = format!(r#"{{"webhookTimestamp":{},"x":"HERE"}}"#, now.as_millis());
    for unreadable in UNREADABLE {
        for (router, provider, json) in [
            (
                router_with::<graph>(KEY),
                &MICROSOFT_GRAPH,
                r#"{"value":[{"id":"1","changeType":"updated","resourceData":{"subject":"HERE"}}]}"#,
            ),
            (
                router_with::<adyen>(KEY),
                &ADYEN,
                r#"{"notificationItems":[{"NotificationRequestItem":{"pspReference":"1","reason":"HERE"}}]}"#,
            ),
            (router_with::<mailgun>(KEY), &MAILGUN, r#"{"event-data":{"event":"a","x":"HERE"}}"#),
            (router_with::<linear>(KEY), &LINEAR, &linear_body),
        ] {
            let request = signed(provider, json, unreadable);
            assert_eq!(status(&router, request).await, 200, "{}: {unreadable}", provider.name());
            // The forged twin: another secret.
            let forged = router_with::<graph>("another");
            let request = signed(&MICROSOFT_GRAPH, r#"{"value":[{"x":"HERE"}]}"#, unreadable);
            assert_eq!(status(&forged, request).await, 401);
        }
    }
}

#[derive(Deserialize)]
struct Message {
    text: String,
    #[serde(default)]
    number: Option<f64>,
}

#[webhook(path = "/webhook", provider = GITHUB)]
async fn read(message: Message) -> String {
    format!("{} {:?}", message.text, message.number)
}

#[webhook(path = "/webhook", provider = GITHUB)]
async fn tree(tree: Value) -> String {
    tree["text"].to_string()
}

#[tokio::test]
async fn fields_that_are_read_have_a_replacement() {
    let request = |json: &str| {
        let signed = GITHUB.sign(&Secret::new(SECRET), &RequestToSign::new(json.as_bytes()));
        json_request(signed.expect("signed").headers, json.as_bytes().to_vec())
    };
    let json = r#"{"text":"cut \ud83d, whole \ud83d\ude00","number":1}"#;
    let answer = ask(&router::<read>(), request(json)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text()),
        (200, "cut \u{fffd}, whole \u{1f600} Some(1.0)")
    );
    let answer = ask(&router::<tree>(), request(json)).await;
    assert_eq!(answer.text(), "\"cut \u{fffd}, whole \u{1f600}\"");
    // As the JSON in a form.
    let form = "payload=%7B%22text%22%3A%22%5Cud83d%22%7D";
    let mut in_form = request(form);
    set(&mut in_form, "content-type", "application/x-www-form-urlencoded");
    assert_eq!(ask(&router::<read>(), in_form).await.text(), "\u{fffd} None");
    // No number stands for one that no type holds.
    let answer = ask(&router::<read>(), request(r#"{"text":"a","number":1e999}"#)).await;
    assert_eq!(answer.status.as_u16(), 422);
    assert_eq!(answer.problem()["path"], "number", "{}", answer.text());
    let answer = ask(&router::<read>(), request(r#"{"text":"a","number":1e999"#)).await;
    assert_eq!(answer.status.as_u16(), 400, "no JSON");
}

#[webhook(path = "/webhook", provider = LINE)]
async fn line(message: Message) -> String {
    message.text
}

/// One event that cannot be read does not fail the others.
#[tokio::test]
async fn a_batch_survives_one_of_them() {
    let request = |json: &str| {
        let signed = LINE.sign(&Secret::new(SECRET), &RequestToSign::new(json.as_bytes()));
        json_request(signed.expect("signed").headers, json.as_bytes().to_vec())
    };
    let json = r#"{"events":[{"text":"a"},{"text":"\ud83d"},{"text":"b"}]}"#;
    assert_eq!(status(&router::<line>(), request(json)).await, 200);
    let json = r#"{"events":[{"text":"a"},{"text":"b","number":1e999},{"text":"c"}]}"#;
    let answer = ask(&router::<line>(), request(json)).await;
    assert_eq!(answer.status.as_u16(), 422);
    let failed = answer.problem();
    assert_eq!(failed.to_string().matches("\"index\":").count(), 1, "{failed}");
    assert!(failed.to_string().contains("\"index\":1"), "{failed}");
}
