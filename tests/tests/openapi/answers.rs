//! The answers in the document are those that the endpoint gives.

#![allow(dead_code, reason = "handlers decode more than they read")]

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use webhook_runtime::{
    Delivery, Webhooks,
    providers::{ADYEN, AIRTABLE, LINE},
    webhook,
};

use crate::{
    payloads::{Order, orders},
    post,
};

const PROBLEM: &str = "application/problem+json";

fn statuses(operation: &Value) -> Vec<&str> {
    operation["responses"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[webhook(path = "/raw")]
async fn raw(_: &Delivery) {}

#[test]
fn answers_depend_on_the_endpoint() {
    let hooks: Webhooks = Webhooks::new().mount::<orders>().mount::<raw>();
    let document = hooks.openapi();
    let with_payload = statuses(post(&document, "/orders"));
    assert_eq!(
        with_payload,
        ["200", "400", "401", "405", "408", "413", "415", "422", "500", "503"]
    );
    let without = statuses(post(&document, "/raw"));
    assert_eq!(without, ["200", "400", "401", "405", "408", "413", "415", "500", "503"]);
}

#[webhook(path = "/soon", respond_within = Duration::from_millis(1500))]
async fn soon(_: &Delivery) {}

#[webhook(path = "/each", provider = LINE, respond_within = Duration::from_secs(2))]
async fn each(_: Order<'_>) {}

#[test]
fn an_early_answer_is_described() {
    let hooks: Webhooks = Webhooks::new().mount::<soon>().mount::<each>();
    let document = hooks.openapi();
    let soon = post(&document, "/soon");
    let early = soon["responses"]["202"]["description"].as_str().unwrap();
    assert_eq!(early, "The handler takes longer than 1500 milliseconds, and goes on.");
    assert_eq!(soon["x-webhook"]["respondWithin"], "1500 milliseconds");
    let failed = &post(&document, "/each")["responses"]["default"]["content"][PROBLEM];
    assert_eq!(failed["examples"]["batch_failed"]["value"]["items"][0]["index"], 0);
}

#[webhook(path = "/airtable", provider = AIRTABLE)]
async fn airtable(_: &Delivery) {}

#[webhook(path = "/adyen", provider = ADYEN)]
async fn adyen(_: &Delivery) {}

#[test]
fn bodies_of_answers_are_those_of_the_provider() {
    let hooks: Webhooks = Webhooks::new().mount::<airtable>().mount::<adyen>();
    let document = hooks.openapi();
    let empty = &post(&document, "/airtable")["responses"];
    assert!(empty["401"].get("content").is_none() && empty["200"].get("content").is_none());
    let accepted = &post(&document, "/adyen")["responses"]["200"]["content"]["text/plain"];
    assert_eq!(accepted["example"], "[accepted]");
}

#[derive(Deserialize)]
struct Strict {
    id: u64,
}

#[webhook(path = "/strict", max_body = 64)]
async fn strict(_: Strict) {}

/// Sends what is refused, and finds the answer in the document.
#[tokio::test]
async fn refusals_are_answered_as_the_document_says() {
    let document = Webhooks::<()>::new().mount::<strict>().openapi();
    let responses = &post(&document, "/strict")["responses"];
    let hooks = Webhooks::new().mount::<strict>().test(());
    for (name, response) in [
        ("signature_mismatch", hooks.deliver::<strict>().forged().await),
        ("payload_mismatch", hooks.deliver::<strict>().json(&json!({})).await),
        ("too_large", hooks.deliver::<strict>().json(&json!({"id": "x".repeat(99)})).await),
    ] {
        let status = response.status().as_u16().to_string();
        let described = &responses[&status];
        assert!(described.is_object(), "{name}: {status}");
        let sent: Value = serde_json::from_slice(response.body()).unwrap();
        let examples = described["content"][PROBLEM]["examples"].as_object().unwrap();
        let is_like = |example: &Value| {
            let keys = |value: &Value| -> Vec<String> {
                value.as_object().unwrap().keys().cloned().collect()
            };
            keys(&example["value"]) == keys(&sent) && example["value"]["status"] == sent["status"]
        };
        assert!(examples.values().any(is_like), "{name}: {sent}, {examples:#?}");
    }
}
