//! Titles, paths, parameters, security, and what the extension says.

use std::time::Duration;

use serde_json::json;
use webhook_runtime::{
    BatchLayout, Delivery, Field, Provider, Quota, Secret, SecretSource, SourceError, Tenant,
    UnknownEvent, WebhookEvent, Webhooks,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    inbox::InboxBuilder,
    openapi::OpenApi,
    providers::{ADYEN, GITHUB, META, SHOPIFY, SLACK, STRIPE, TELEGRAM, TWILIO},
    scheme::{Scheme, Timestamp},
    webhook,
};

use crate::{parameter, post};

/// Books an order
/// of the shop.
///
/// It is booked once, whatever comes.
#[webhook(path = "/orders/{shop}/{*rest}")]
async fn documented(_: &Delivery) {}

#[webhook(path = "/other", provider = STRIPE)]
async fn undocumented(_: &Delivery) {}

#[test]
fn the_doc_comment_is_summary_and_description() {
    let hooks: Webhooks = Webhooks::new().mount::<documented>().mount::<undocumented>();
    let document = hooks.openapi();
    let operation = post(&document, "/orders/{shop}/{rest}");
    assert_eq!(operation["summary"], "Books an order of the shop");
    let description = operation["description"].as_str().unwrap();
    assert!(description.starts_with("It is booked once, whatever comes.\n\nSent by"));
    assert_eq!(post(&document, "/other")["summary"], "Takes deliveries of stripe");
    assert_eq!(operation["operationId"], "documented");
    let parameters = &document["paths"]["/orders/{shop}/{rest}"]["parameters"];
    assert_eq!((&parameters[0]["name"], &parameters[1]["name"]), (&json!("shop"), &json!("rest")));
}

#[test]
fn title_servers_and_prefix_can_be_set() {
    let hooks: Webhooks =
        Webhooks::new().mount::<undocumented>().public_url("https://hooks.example.com/");
    assert_eq!(hooks.openapi()["servers"], json!([{"url": "https://hooks.example.com"}]));
    let document = OpenApi::new()
        .title("Shop")
        .version("2.1.0")
        .description("What the shop takes.")
        .server("https://one.example.com")
        .server("https://two.example.com/")
        .nest("/hooks")
        .document(&hooks);
    let info = json!({"title": "Shop", "version": "2.1.0", "description": "What the shop takes."});
    assert_eq!(document["info"], info);
    let servers = json!([{"url": "https://one.example.com"}, {"url": "https://two.example.com"}]);
    assert_eq!(document["servers"], servers);
    assert_eq!(post(&document, "/hooks/other")["operationId"], "undocumented");
    assert_eq!(Webhooks::<()>::new().openapi()["servers"], json!([{"url": "/"}]));
    let hooks: Webhooks = Webhooks::new().public_url("https://example.com/hooks");
    let document = OpenApi::new().nest("hooks").document(&hooks);
    assert_eq!(document["servers"], json!([{"url": "https://example.com"}]));
}

const ACME: Provider = Provider::new(
    "acme",
    Scheme::hmac_sha256()
        .header("x-acme-signature")
        .base64()
        .id_header("x-acme-id")
        .timestamp(Timestamp::header("x-acme-time").rfc3339())
        .require_headers(&[("x-acme-version", "2")])
        .signed("{id}.{timestamp}.{body}"),
)
.with_id(Field::header("x-acme-id"))
.with_event(Field::header("x-acme-event"))
.with_docs_url("https://acme.example.com/webhooks")
.with_response_timeout(Duration::from_secs(10))
.with_retry_period(Duration::from_secs(7200));

#[webhook(path = "/acme", provider = ACME, tolerance = Duration::from_secs(60))]
async fn acme(_: &Delivery) {}

#[test]
fn every_header_has_its_form() {
    let document = Webhooks::<()>::new().mount::<acme>().openapi();
    let operation = post(&document, "/acme");
    let signature = parameter(operation, "x-acme-signature");
    assert_eq!((&signature["in"], &signature["required"]), (&json!("header"), &json!(true)));
    assert_eq!(signature["schema"]["pattern"], "^[A-Za-z0-9+/]{43}=$");
    assert_eq!(parameter(operation, "x-acme-time")["schema"]["format"], "date-time");
    assert_eq!(parameter(operation, "x-acme-version")["schema"]["const"], "2");
    assert_eq!(parameter(operation, "x-acme-id")["required"], true, "it is signed");
    let event = parameter(operation, "x-acme-event");
    assert_eq!(event["required"], false);
    assert!(event["description"].as_str().unwrap().ends_with("It is not signed."));
}

#[test]
fn the_extension_says_what_is_signed() {
    let document = Webhooks::<()>::new().mount::<acme>().openapi();
    let extension = &post(&document, "/acme")["x-webhook"];
    assert_eq!(extension["provider"], "acme");
    assert_eq!(extension["documentation"], "https://acme.example.com/webhooks");
    assert_eq!(extension["signature"]["signed"], "{id}.{timestamp}.{body}");
    assert_eq!(extension["signature"]["pattern"], "x-acme-signature: …");
    let covers = json!({
        "body": true, "url": false, "method": false, "time": true,
        "headers": ["x-acme-id", "x-acme-time"],
    });
    assert_eq!(extension["covers"], covers);
    assert_eq!(extension["replayWindow"], "1 minute", "the tolerance of the endpoint");
    assert_eq!(extension["id"], json!({"header": "x-acme-id", "signed": true}));
    assert_eq!(extension["event"], json!({"header": "x-acme-event", "signed": false}));
    assert_eq!(extension["responseTimeout"], "10 seconds");
    assert_eq!(extension["retries"], "The provider may send again for 2 hours.");
    assert_eq!(extension["limits"]["maxBody"], 2 * 1024 * 1024);
}

#[webhook(path = "/github", provider = GITHUB)]
async fn github(_: &Delivery) {}

#[webhook(path = "/telegram", provider = TELEGRAM)]
async fn telegram(_: &Delivery) {}

#[webhook(path = "/shopify", provider = SHOPIFY)]
async fn shopify(_: &Delivery) {}

#[webhook(path = "/adyen", provider = ADYEN)]
async fn adyen(_: &Delivery) {}

const BASIC: Provider = Provider::new("basic", Scheme::basic_auth());
const BEARER: Provider =
    Provider::new("bearer", Scheme::token().header("authorization").prefix("Bearer "));
const QUERY: Provider = Provider::new("query", Scheme::token().query("code"));
const PAIRED: Provider =
    Provider::new("paired", Scheme::hmac_sha256().paired_headers(&["x-first", "x-second"]));

#[webhook(path = "/basic", provider = BASIC)]
async fn basic(_: &Delivery) {}

#[webhook(path = "/bearer", provider = BEARER)]
async fn bearer(_: &Delivery) {}

#[webhook(path = "/query", provider = QUERY)]
async fn query(_: &Delivery) {}

#[webhook(path = "/paired", provider = PAIRED)]
async fn paired(_: &Delivery) {}

#[test]
fn security_schemes_follow_the_scheme() {
    let hooks: Webhooks = Webhooks::new()
        .mount::<github>()
        .mount::<telegram>()
        .mount::<adyen>()
        .mount::<basic>()
        .mount::<bearer>()
        .mount::<query>()
        .mount::<paired>();
    let document = hooks.openapi();
    let schemes = &document["components"]["securitySchemes"];
    for (name, expected) in [
        ("github", json!(["apiKey", "header", "x-hub-signature-256", null])),
        ("telegram", json!(["apiKey", "header", "x-telegram-bot-api-secret-token", null])),
        ("basic", json!(["http", null, null, "basic"])),
        ("bearer", json!(["http", null, null, "bearer"])),
        ("query", json!(["apiKey", "query", "code", null])),
        ("paired.x-first", json!(["apiKey", "header", "x-first", null])),
    ] {
        let scheme = &schemes[name];
        let found = json!([scheme["type"], scheme["in"], scheme["name"], scheme["scheme"]]);
        assert_eq!(found, expected, "{name}");
    }
    assert_eq!(post(&document, "/github")["security"], json!([{"github": []}]));
    let either = json!([{"paired.x-first": []}, {"paired.x-second": []}]);
    assert_eq!(post(&document, "/paired")["security"], either);
    assert_eq!(parameter(post(&document, "/paired"), "x-second")["required"], false);
    assert_eq!(post(&document, "/adyen")["security"], json!([]), "the signature is in the body");
    assert_eq!(post(&document, "/basic").get("parameters"), None, "the scheme says all");
    assert_eq!(parameter(post(&document, "/query"), "code")["in"], "query");
}

#[test]
fn a_second_family_of_headers_is_named() {
    let document = Webhooks::<()>::new().mount::<shopify>().openapi();
    let operation = post(&document, "/shopify");
    let others = &operation["x-webhook"]["signature"]["otherHeaders"];
    assert_eq!(others["x-shopify-hmac-sha256"], "shopify-hmac-sha256");
    let signature = parameter(operation, "x-shopify-hmac-sha256");
    assert_eq!(signature["required"], false, "the other one may be there");
    assert!(signature["description"].as_str().unwrap().contains("`shopify-hmac-sha256`"));
    let either = json!([{"shopify": []}, {"shopify.shopify-hmac-sha256": []}]);
    assert_eq!(operation["security"], either);
}

struct Shops;

impl SecretSource for Shops {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        tenant.param("shop").map(|_| Vec::new()).ok_or(SourceError::NotFound)
    }
}

#[test]
fn tenants_are_in_the_path() {
    let document = Webhooks::<()>::new()
        .mount::<documented>()
        .secret_source::<documented>(Shops)
        .limit_per_peer(Quota::per_minute(60))
        .limit_on::<documented>(Quota::per_second(100).burst(200))
        .openapi();
    let path = "/orders/{shop}/{rest}";
    let parameters = &document["paths"][path]["parameters"];
    assert!(parameters[0]["description"].as_str().unwrap().contains("tenant"));
    let operation = post(&document, path);
    let limits = &operation["x-webhook"]["limits"];
    assert_eq!(limits["perPeer"], json!({"requests": 60, "period": "1 minute", "burst": 60}));
    assert_eq!(limits["perEndpoint"], json!({"requests": 100, "period": "1 second", "burst": 200}));
    assert!(operation["responses"]["429"]["headers"]["retry-after"].is_object());
    let unavailable = &operation["responses"]["503"]["content"]["application/problem+json"];
    assert!(unavailable["examples"]["source_unavailable"].is_object(), "{unavailable:#}");
}

#[webhook(path = "/meta", provider = META)]
async fn meta(_: &Delivery) {}

#[webhook(path = "/slack", provider = SLACK)]
async fn slack(_: &Delivery) {}

#[test]
fn handshakes_are_described() {
    let hooks: Webhooks = Webhooks::new().mount::<meta>().mount::<slack>();
    let document = hooks.openapi();
    let get = &document["paths"]["/meta"]["get"];
    assert_eq!(get["operationId"], "meta.get");
    assert_eq!(parameter(get, "hub.mode")["schema"]["const"], "subscribe");
    assert_eq!(parameter(get, "hub.verify_token")["in"], "query");
    assert_eq!(get["security"], json!([{"meta.verify_token": []}]));
    assert!(document["components"]["securitySchemes"]["meta.verify_token"].is_object());
    assert!(get["responses"]["200"]["content"]["text/plain"].is_object());
    assert!(get["responses"]["403"].is_object());
    assert!(post(&document, "/meta")["responses"]["403"].is_null(), "a delivery has no token");
    let handshakes = post(&document, "/slack")["x-webhook"]["handshakes"].as_array().unwrap();
    assert_eq!(handshakes[0]["proof"], "signature");
    assert_eq!(handshakes[0]["answer"], "the value at `/challenge`, as text");
}

const ASKED: Provider = Provider::new("asked", Scheme::hmac_sha256().header("x-signature"))
    .with_event(Field::pointer("/type"))
    .with_handshakes(META.handshakes());

#[derive(WebhookEvent)]
#[allow(dead_code, reason = "it is only described")]
enum Asked<'a> {
    #[event("get")]
    Get,
    #[event("method.get")]
    MethodGet,
    #[event("post")]
    Post,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/asked", provider = ASKED)]
async fn asked(_: Asked<'_>) {}

/// An event has the name of a method of its endpoint.
#[test]
fn operations_have_ids_of_their_own() {
    let document = Webhooks::<()>::new().mount::<asked>().mount::<meta>().openapi();
    let items = ["paths", "webhooks"].map(|part| document[part].as_object().unwrap().values());
    let operations =
        items.into_iter().flatten().flat_map(|item| item.as_object().unwrap().values());
    let mut ids: Vec<_> = operations.filter_map(|it| it["operationId"].as_str()).collect();
    assert!(ids.contains(&"asked.get") && ids.contains(&"asked.method.method.get"), "{ids:?}");
    assert!(ids.contains(&"asked.post") && ids.contains(&"meta.get"), "{ids:?}");
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{ids:?}");
}

#[webhook(path = "/stored", provider = STRIPE, inbox(max_attempts = 3))]
async fn stored(_: &Delivery) {}

#[tokio::test]
async fn the_inbox_is_described() {
    let inbox = InboxBuilder::default().open_in_memory().unwrap();
    let document = Webhooks::<()>::new().mount::<stored>().inbox(inbox.clone()).openapi();
    let operation = post(&document, "/stored");
    assert_eq!(operation["responses"]["200"], serde_json::Value::Null, "it is stored first");
    assert!(operation["responses"]["202"]["description"].as_str().unwrap().contains("stored"));
    let extension = &operation["x-webhook"];
    let duplicates = extension["duplicates"].as_str().unwrap();
    assert!(duplicates.contains("the same signed id is accepted"), "{duplicates}");
    assert!(duplicates.ends_with("for 7 days."), "{duplicates}");
    assert!(extension["retries"].as_str().unwrap().ends_with("up to 3 times."));
    // Without its inbox, the program would not start, and the document says what it can.
    let document = Webhooks::<()>::new().mount::<stored>().openapi();
    let retries = &post(&document, "/stored")["x-webhook"]["retries"];
    assert!(retries.as_str().unwrap().ends_with("runs again."), "{retries}");
    inbox.shutdown(Duration::from_secs(5)).await;
}

#[webhook(path = "/twilio", provider = TWILIO)]
async fn twilio(_: &Delivery) {}

#[test]
fn every_method_has_an_operation() {
    let document = Webhooks::<()>::new().mount::<twilio>().openapi();
    let path = &document["paths"]["/twilio"];
    assert_eq!(path["post"]["operationId"], "twilio");
    assert_eq!(path["get"]["operationId"], "twilio.get");
    assert_eq!(path["get"].get("requestBody"), None);
    assert_eq!(path["post"]["x-webhook"]["covers"]["url"], true);
}

const PARTS: Provider = Provider::new("parts", Scheme::hmac_sha256().header("x-signature"))
    .with_batch(BatchLayout::at("/list").with_inner("/event").with_id("/id").with_event("/kind"));

#[webhook(path = "/parts", provider = PARTS)]
async fn parts(_: serde_json::Value) {}

#[test]
fn places_in_a_batch_are_described() {
    let document = Webhooks::<()>::new().mount::<parts>().openapi();
    let operation = post(&document, "/parts");
    let batch = json!({
        "handled": "one by one", "array": "/list", "inner": "/event", "id": "/id", "event": "/kind",
    });
    assert_eq!(operation["x-webhook"]["batch"], batch);
    let content = &operation["requestBody"]["content"]["application/json"];
    let example = json!({"list": [{"event": {"id": "msg_1", "kind": "test"}}]});
    assert_eq!(content["examples"]["delivery"]["value"], example);
}

const BY_PUT: Provider =
    Provider::new("by-put", Scheme::hmac_sha256().header("x-signature")).with_methods("PUT");

#[webhook(path = "/put", provider = BY_PUT)]
async fn by_put(_: &Delivery) {}

#[test]
fn the_method_of_the_provider_is_in_the_sample() {
    let document = Webhooks::<()>::new().mount::<by_put>().openapi();
    let operations = [&document["paths"]["/put"]["put"], &document["webhooks"]["by_put"]["put"]];
    for operation in operations {
        let sample = operation["x-codeSamples"][0]["source"].as_str().unwrap();
        let start = "\ncurl -i -X PUT http://127.0.0.1:3000/put";
        assert!(sample.contains(start), "{sample}");
    }
}

#[test]
fn the_parameters_of_the_prefix_are_described() {
    let hooks: Webhooks = Webhooks::new().mount::<documented>();
    let document = OpenApi::new().nest("/{region}").document(&hooks);
    let parameters = &document["paths"]["/{region}/orders/{shop}/{rest}"]["parameters"];
    let names: Vec<_> = parameters.as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["region", "shop", "rest"]);
}

const NAMESAKE: Provider = Provider::new("meta", Scheme::hmac_sha256().header("x-signature"))
    .with_handshakes(&[Handshake::with_verify_token(
        RequestValue::Query("token"),
        &[Condition::Query("challenge")],
        HandshakeResponse::Text(RequestValue::Query("challenge")),
    )]);

#[webhook(path = "/namesake", provider = NAMESAKE)]
async fn namesake(_: &Delivery) {}

#[test]
fn providers_of_one_name_keep_their_own_verify_tokens() {
    let document = Webhooks::<()>::new().mount::<meta>().mount::<namesake>().openapi();
    let security = &document["paths"]["/namesake"]["get"]["security"][0];
    let name = security.as_object().unwrap().keys().next().unwrap();
    assert_eq!(document["components"]["securitySchemes"][name]["name"], "token");
}
