//! The schemas of payloads: JSON, forms, batches, events, and types without a schema.

#![allow(dead_code, reason = "handlers decode more than they read")]

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use webhook_runtime::{
    Batch, Delivery, UnknownEvent, WebhookEvent, Webhooks,
    providers::{DROPBOX_SIGN, GITHUB, LINE, MANDRILL, MICROSOFT_GRAPH, STRIPE, TWILIO},
    webhook,
};

use crate::{FORM, JSON, body, parameter, post, resolved};

/// An order of the shop.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Order<'a> {
    pub(crate) id: u64,
    #[serde(borrow)]
    pub(crate) note: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(crate) struct NoSchema {
    pub(crate) id: u64,
}

#[webhook(path = "/orders")]
pub(crate) async fn orders(order: Order<'_>) {
    let _ = (order.id, order.note);
}

#[webhook(path = "/plain")]
async fn without_schema(_: NoSchema) {}

#[webhook(path = "/raw")]
async fn raw(_: &Delivery) {}

#[webhook(path = "/any")]
async fn any_json(_: Value) {}

#[test]
fn a_type_with_a_schema_has_it() {
    let document = Webhooks::<()>::new().mount::<orders>().openapi();
    let schema = body(post(&document, "/orders"), JSON);
    assert_eq!(*schema, json!({"$ref": "#/components/schemas/Order"}));
    let order = resolved(&document, schema);
    assert_eq!(order["properties"]["id"]["type"], "integer");
    assert_eq!(order["required"], json!(["id"]));
    assert_eq!(order["description"], "An order of the shop.");
}

#[test]
fn a_type_without_a_schema_has_none() {
    let hooks: Webhooks =
        Webhooks::new().mount::<without_schema>().mount::<raw>().mount::<any_json>();
    let document = hooks.openapi();
    assert_eq!(*body(post(&document, "/plain"), JSON), json!({}));
    assert_eq!(*body(post(&document, "/raw"), JSON), json!({}));
    assert_eq!(document["components"]["schemas"].as_object().unwrap().len(), 1, "the problem");
}

/// The names of types are no paths: two functions have a type of one name, in one module.
#[test]
fn types_of_one_name_stay_apart() {
    mod one {
        pub(super) fn mount(hooks: super::Webhooks) -> super::Webhooks {
            #[derive(serde::Deserialize, schemars::JsonSchema)]
            struct Item {
                first: u8,
            }
            #[super::webhook(path = "/one")]
            async fn first(_: Item) {}
            hooks.mount::<first>()
        }

        pub(super) fn mount_too(hooks: super::Webhooks) -> super::Webhooks {
            #[derive(serde::Deserialize, schemars::JsonSchema)]
            struct Item {
                second: u8,
            }
            #[super::webhook(path = "/two")]
            async fn second(_: Item) {}
            hooks.mount::<second>()
        }
    }
    let hooks = one::mount_too(one::mount(Webhooks::new()));
    let document = hooks.openapi();
    let fields = |path: &str| {
        let schema = resolved(&document, body(post(&document, path), JSON));
        schema["required"].clone()
    };
    assert_eq!(fields("/one"), json!(["first"]));
    assert_eq!(fields("/two"), json!(["second"]));
}

#[webhook(path = "/twilio", provider = TWILIO)]
async fn message(_: Order<'_>) {}

#[webhook(path = "/mandrill", provider = MANDRILL)]
async fn mail(_: Batch<'_, Order<'_>>) {}

#[webhook(path = "/github", provider = GITHUB)]
async fn push(_: Order<'_>) {}

#[webhook(path = "/sign", provider = DROPBOX_SIGN)]
async fn signed(_: Order<'_>) {}

#[test]
fn json_in_multipart_forms_is_described() {
    let document = Webhooks::<()>::new().mount::<signed>().openapi();
    let operation = post(&document, "/sign");
    let content = operation["requestBody"]["content"].as_object().expect("content types");
    assert_eq!(content.keys().collect::<Vec<_>>(), ["multipart/form-data"]);
    let field = &body(operation, "multipart/form-data")["properties"]["json"];
    assert_eq!(field["contentSchema"]["$ref"], "#/components/schemas/Order");
    let answer = &operation["responses"]["200"]["content"]["text/plain"]["schema"];
    assert_eq!(answer["const"], "Hello API Event Received");
}

#[test]
fn forms_are_described_where_the_provider_sends_them() {
    let hooks: Webhooks = Webhooks::new().mount::<message>().mount::<mail>().mount::<push>();
    let document = hooks.openapi();
    let twilio = post(&document, "/twilio");
    assert_eq!(*body(twilio, FORM), json!({"$ref": "#/components/schemas/Order"}));
    assert_eq!(*body(twilio, JSON), Value::Null, "it signs forms only");
    let field = &body(post(&document, "/mandrill"), FORM)["properties"]["mandrill_events"];
    assert_eq!(field["contentMediaType"], JSON);
    assert_eq!(field["contentSchema"]["items"]["$ref"], "#/components/schemas/Order");
    let github = post(&document, "/github");
    assert_eq!(body(github, JSON)["$ref"], "#/components/schemas/Order");
    let payload = &body(github, FORM)["properties"]["payload"];
    assert_eq!(payload["contentSchema"]["$ref"], "#/components/schemas/Order");
}

#[webhook(path = "/each", provider = LINE)]
pub(crate) async fn each(_: Order<'_>) {}

#[webhook(path = "/all", provider = LINE)]
async fn all(_: Batch<'_, Order<'_>>) {}

#[webhook(path = "/wrapped", provider = MICROSOFT_GRAPH)]
async fn wrapped(_: Order<'_>) {}

#[test]
fn batches_are_lists_of_payloads() {
    let hooks: Webhooks = Webhooks::new().mount::<each>().mount::<all>().mount::<wrapped>();
    let document = hooks.openapi();
    for (path, handled) in [("/each", "one by one"), ("/all", "all together")] {
        let operation = post(&document, path);
        let events = &body(operation, JSON)["properties"]["events"];
        assert_eq!(events["type"], "array", "{path}");
        assert_eq!(events["items"]["$ref"], "#/components/schemas/Order", "{path}");
        assert_eq!(operation["x-webhook"]["batch"]["handled"], handled);
    }
    let value = &body(post(&document, "/wrapped"), JSON)["properties"]["value"];
    assert_eq!(value["items"]["$ref"], "#/components/schemas/Order");
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Issue {
    number: u64,
}

#[derive(WebhookEvent)]
pub(crate) enum Issues<'a> {
    #[event("issues.opened")]
    Opened(Issue),
    /// A label was added.
    ///
    /// Or another one.
    #[event("issues.labeled")]
    Labeled(NoSchema),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[derive(WebhookEvent)]
pub(crate) enum Github<'a> {
    /// Somebody has pushed.
    #[event("push")]
    Push(Order<'a>),
    #[event("issues")]
    Issues(Issues<'a>),
    #[event("ping", "star.created")]
    Nothing,
    #[event("watch")]
    Raw(&'a Delivery),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/github", provider = GITHUB)]
pub(crate) async fn github(_: Github<'_>) {}

#[test]
fn every_event_has_its_name_and_schema() {
    let document = Webhooks::<()>::new().mount::<github>().openapi();
    let operation = post(&document, "/github");
    let names = ["push", "issues.opened", "issues.labeled", "ping", "star.created", "watch"];
    assert_eq!(operation["x-webhook"]["events"], json!(names));
    let variants = body(operation, JSON)["anyOf"].as_array().unwrap();
    let titles: Vec<_> = variants.iter().map(|it| it["title"].as_str().unwrap()).collect();
    assert_eq!(titles[..6], names);
    assert_eq!(titles[6..], ["any other event"]);
    let push = json!({
        "title": "push",
        "description": "Somebody has pushed.",
        "allOf": [{"$ref": "#/components/schemas/Order"}],
    });
    assert_eq!(variants[0], push, "the name is in a header");
    assert_eq!(variants[1]["allOf"][0]["$ref"], "#/components/schemas/Issue");
    assert_eq!(variants[1]["allOf"][1]["properties"]["action"]["const"], "opened");
    assert_eq!(variants[2]["allOf"].as_array().unwrap().len(), 1, "only the action");
}

#[test]
fn each_event_is_sent_under_its_name() {
    let document = Webhooks::<()>::new().mount::<github>().openapi();
    let sent = document["webhooks"].as_object().unwrap();
    assert_eq!(sent.len(), 6, "{:?}", sent.keys());
    let push = &sent["github.push"]["post"];
    assert_eq!(push["summary"], "Somebody has pushed");
    assert_eq!(parameter(push, "x-github-event")["schema"]["const"], "push");
    let labeled = &sent["github.issues.labeled"]["post"];
    assert_eq!(labeled["summary"], "A label was added");
    assert!(labeled["description"].as_str().unwrap().starts_with("Or another one.\n\n"));
    assert_eq!(parameter(labeled, "x-github-event")["schema"]["const"], "issues");
    let example = &labeled["requestBody"]["content"][JSON]["examples"]["issues.labeled"]["value"];
    assert_eq!(*example, json!({"action": "labeled"}));
}

#[derive(WebhookEvent)]
#[event(strict)]
pub(crate) enum Stripe<'a> {
    #[event("invoice.paid", "invoice.voided")]
    Invoice(Order<'a>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/stripe", provider = STRIPE)]
pub(crate) async fn stripe(_: Stripe<'_>) {}

#[test]
fn a_name_in_the_body_is_part_of_the_schema() {
    let document = Webhooks::<()>::new().mount::<stripe>().openapi();
    let variants = body(post(&document, "/stripe"), JSON)["anyOf"].as_array().unwrap();
    assert_eq!(variants[1]["allOf"][1]["properties"]["type"]["const"], "invoice.voided");
    let paid = &document["webhooks"]["stripe.invoice.paid"]["post"];
    let example = &paid["requestBody"]["content"][JSON]["examples"]["invoice.paid"]["value"];
    assert_eq!(example["type"], "invoice.paid");
}

/// A type that takes a parameter may have a schema for one argument and none for another.
#[derive(Deserialize, JsonSchema)]
struct Envelope<T> {
    data: T,
}

#[webhook(path = "/with")]
async fn with_schema(_: Envelope<Issue>) {}

#[webhook(path = "/without")]
async fn with_none(_: Envelope<NoSchema>) {}

#[test]
fn generic_types_have_schemas_by_their_arguments() {
    let hooks: Webhooks = Webhooks::new().mount::<with_schema>().mount::<with_none>();
    let document = hooks.openapi();
    let with = resolved(&document, body(post(&document, "/with"), JSON));
    assert_eq!(with["properties"]["data"]["$ref"], "#/components/schemas/Issue");
    assert_eq!(*body(post(&document, "/without"), JSON), json!({}));
}

/// An endpoint for every kind of payload, each on a path of its own.
pub(crate) fn every_kind(hooks: Webhooks) -> Webhooks {
    hooks
        .mount::<orders>()
        .mount::<without_schema>()
        .mount::<raw>()
        .mount::<message>()
        .mount::<mail>()
        .mount::<each>()
        .mount::<all>()
        .mount::<wrapped>()
        .mount::<github>()
        .mount::<stripe>()
        .mount::<with_schema>()
}
