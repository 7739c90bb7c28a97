//! The ready-made payloads decode what providers send.
//!
//! Where the bodies come from says `fixtures/thin/README.md`. A body that is written here is of this
//! project's making, in the shape that the provider documents.

mod common;

use std::{
    borrow::Cow::{self, Borrowed, Owned},
    fs,
    path::Path,
};

use axum::body::Body;
use base64ct::{Base64, Encoding as _};
use common::{PATH, SECRET, ask, post, set, sign};
use http::Request;
use serde::Deserialize;
use serde_json::{Value, json};
use webhook_runtime::{
    Provider, Secret, Webhook, Webhooks,
    providers::{GITHUB, SLACK},
    thin::{github, shopify, slack, standard_webhooks, stripe},
    webhook,
};

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the payload of a handler does with JSON.
fn decode<'a, T: Deserialize<'a>>(body: &'a str) -> T {
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body:.300}"))
}

/// The body of a vector.
fn vector(name: &str) -> String {
    let lines = read("vectors/signatures.jsonl");
    let line = lines.lines().map(decode::<Value>).find(|line| line["name"] == name);
    let body = line.unwrap_or_else(|| panic!("no vector {name}"));
    let body = Base64::decode_vec(body["body_base64"].as_str().expect("a body")).expect("base64");
    String::from_utf8(body).expect("text")
}

// ---- GitHub ----

/// A word of an example has an arm.
macro_rules! assert_known {
    ($words:ident: $word:expr) => {
        assert!(!matches!($word, github::$words::Unknown(_)), "{:?}", $word)
    };
}

/// Every example of an event decodes, and then holds what is asserted of it.
macro_rules! examples {
    ($($test:ident: $count:literal $event:literal as $payload:ident $check:expr;)+) => {$(
        #[test]
        fn $test() {
            let file = read(concat!("fixtures/thin/github/", $event, ".jsonl"));
            let mut count = 0;
            for body in file.lines() {
                let check: fn(github::$payload<'_>, &Value) = $check;
                check(decode(body), &decode(body));
                count += 1;
            }
            assert_eq!(count, $count);
        }
    )+};
}

examples! {
    pushes: 7 "push" as Push |push, json| {
        assert_eq!(push.reference, json["ref"].as_str().expect("text"));
        assert_eq!(push.after, json["after"].as_str().expect("text"));
        assert_eq!(push.deleted, push.head_commit.is_none());
        assert_eq!(push.commits.len(), json["commits"].as_array().expect("a list").len());
        assert_eq!(push.repository.full_name, "Codertocat/Hello-World");
        assert_eq!(push.pusher.name, "Codertocat");
        for commit in &push.commits {
            assert_eq!(commit.added.len() + commit.removed.len() + commit.modified.len(), 1);
            assert_eq!(commit.author.username.as_deref(), Some("Codertocat"));
        }
        assert_user(push.sender.as_ref(), &json["sender"]);
    };
    pull_requests: 29 "pull_request" as PullRequestEvent |event, json| {
        assert_known!(PullRequestAction: event.action);
        assert_eq!(event.action.as_str(), json["action"]);
        let (pull_request, json) = (event.pull_request, &json["pull_request"]);
        assert_eq!(pull_request.number, event.number);
        assert_eq!(pull_request.state.as_str(), json["state"]);
        assert_eq!(pull_request.title, json["title"].as_str().expect("text"));
        assert_eq!(pull_request.body.as_deref(), json["body"].as_str());
        assert_eq!(pull_request.head.reference, json["head"]["ref"].as_str().expect("text"));
        assert_eq!(pull_request.additions, json["additions"].as_u64());
        assert_eq!(pull_request.draft, json["draft"] == true);
        assert_eq!(pull_request.labels.len(), json["labels"].as_array().expect("a list").len());
        assert_user(pull_request.user.as_ref(), &json["user"]);
    };
    issues: 29 "issues" as IssuesEvent |event, json| {
        assert_known!(IssuesAction: event.action);
        assert_eq!(event.action.as_str(), json["action"]);
        assert_eq!(event.label.is_some(), json["label"].is_object());
        let (issue, json) = (event.issue, &json["issue"]);
        assert_eq!(issue.number, json["number"].as_u64().expect("a number"));
        assert_eq!(issue.title, json["title"].as_str().expect("text"));
        assert_eq!(issue.state.as_ref().map(github::State::as_str), json["state"].as_str());
        assert_eq!(issue.closed_at.as_deref(), json["closed_at"].as_str());
        assert_eq!(issue.assignees.len(), json["assignees"].as_array().expect("a list").len());
        assert_eq!(issue.milestone.is_some(), json["milestone"].is_object());
        assert_user(issue.user.as_ref(), &json["user"]);
    };
    pings: 4 "ping" as Ping |ping, json| {
        assert_eq!(ping.zen.as_deref(), Some("Anything added dilutes everything else."));
        let hook = ping.hook.expect("a webhook");
        assert_eq!(Some(hook.id), json["hook"]["id"].as_u64());
        assert_eq!(ping.hook_id, json["hook_id"].as_u64());
        assert_eq!(hook.kind, json["hook"]["type"].as_str().expect("text"));
        assert_eq!(hook.config.url.as_deref(), json["hook"]["config"]["url"].as_str());
        assert!(!hook.events.is_empty());
    };
    releases: 13 "release" as ReleaseEvent |event, json| {
        assert_known!(ReleaseAction: event.action);
        assert_eq!(event.action.as_str(), json["action"]);
        assert_eq!(event.release.tag_name, "0.0.1");
        assert_eq!(event.release.name.as_deref(), json["release"]["name"].as_str());
        assert_eq!(event.release.prerelease, json["release"]["prerelease"] == true);
        assert_user(event.release.author.as_ref(), &json["release"]["author"]);
    };
    workflow_runs: 5 "workflow_run" as WorkflowRunEvent |event, json| {
        assert_known!(WorkflowRunAction: event.action);
        let (run, json) = (event.workflow_run, &json["workflow_run"]);
        assert_known!(RunStatus: run.status);
        assert_eq!(run.status.as_str(), json["status"]);
        assert_eq!(
            run.conclusion.as_ref().map(github::Conclusion::as_str),
            json["conclusion"].as_str()
        );
        assert_eq!(run.run_number, json["run_number"].as_u64().expect("a number"));
        assert_eq!(run.head_sha, json["head_sha"].as_str().expect("text"));
        assert_eq!(event.workflow.map(|workflow| workflow.id), Some(run.workflow_id));
    };
}

fn assert_user(user: Option<&github::User<'_>>, json: &Value) {
    assert_eq!(user.map(|user| &*user.login), json["login"].as_str());
    assert_eq!(user.map(|user| user.id), json["id"].as_u64());
    assert_eq!(
        user.and_then(|user| user.kind.as_ref()).map(github::UserKind::as_str),
        json["type"].as_str()
    );
}

/// GitHub's schema says so of these; the examples have a value for them.
#[test]
fn what_may_be_null_or_missing_is_no_mistake() {
    let mut json: Value =
        decode(read("fixtures/thin/github/pull_request.jsonl").lines().next().expect("an example"));
    for pointer in ["user", "assignees", "milestone", "body", "merge_commit_sha"] {
        json["pull_request"][pointer] = Value::Null;
    }
    json["pull_request"]["head"]["repo"] = Value::Null;
    json["pull_request"]["head"]["user"] = Value::Null;
    for missing in ["merged", "additions", "draft", "assignees"] {
        json["pull_request"].as_object_mut().expect("an object").remove(missing);
    }
    json.as_object_mut().expect("an object").remove("sender");
    let body = json.to_string();
    let event: github::PullRequestEvent<'_> = decode(&body);
    assert_eq!(event.pull_request.user, None);
    assert_eq!(event.pull_request.assignees, []);
    assert_eq!(event.pull_request.head.repo, None);
    assert_eq!(event.pull_request.merged, None);
    assert_eq!(event.sender, None);

    json["pull_request"]["assignees"] = Value::Null;
    assert_eq!(
        decode::<github::PullRequestEvent<'_>>(&json.to_string()).pull_request.assignees,
        []
    );
}

#[test]
fn a_value_of_the_wrong_type_is_refused() {
    let file = read("fixtures/thin/github/issues.jsonl");
    let issue: Value = decode(file.lines().next().expect("an example"));
    for (pointer, wrong) in [
        ("/action", json!(7)),
        ("/issue/number", json!("7")),
        ("/issue/number", json!(-7)),
        ("/issue/title", Value::Null),
        ("/issue/state", json!({})),
        ("/issue/labels", json!("bug")),
        ("/issue/assignees", json!({})),
        ("/repository/full_name", json!(["a"])),
        ("/sender/id", json!(1.5)),
    ] {
        let mut body = issue.clone();
        *body.pointer_mut(pointer).expect("it is there") = wrong;
        let body = body.to_string();
        let error = serde_json::from_str::<github::IssuesEvent<'_>>(&body).expect_err(pointer);
        assert!(error.is_data(), "{pointer}: {error}");
    }
}

// ---- words ----

/// Every word that an enum knows has an arm, and comes out of it as it went in; every other word
/// is kept.
macro_rules! round_trips {
    ($($module:ident::{$($name:ident)+})+) => {
        #[test]
        fn words_come_out_as_they_went_in() {
            $($(
                assert!(!$module::$name::KNOWN.is_empty());
                for &word in $module::$name::KNOWN {
                    let body = Value::from(word).to_string();
                    let decoded: $module::$name<'_> = decode(&body);
                    assert_eq!(decoded.as_str(), word);
                    assert!(!matches!(decoded, $module::$name::Unknown(_)), "{decoded:?}");
                    assert_eq!(decoded, $module::$name::from(word));
                }
                let decoded: $module::$name<'_> = decode(r#""never_heard_of""#);
                assert_eq!(decoded, $module::$name::Unknown(Borrowed("never_heard_of")));
                assert!(matches!(decoded, $module::$name::Unknown(Borrowed(_))));
                assert_eq!(decoded.as_str(), "never_heard_of");
            )+)+
        }
    };
}

round_trips! {
    github::{
        PullRequestAction State IssuesAction StateReason ReleaseAction WorkflowRunAction RunStatus
        Conclusion UserKind Visibility
    }
    shopify::{FinancialStatus FulfillmentStatus CancelReason}
    slack::{MessageSubtype ChannelType}
}

#[test]
fn a_word_may_have_escapes() {
    assert_eq!(decode::<github::State<'_>>(r#""\u006fpen""#), github::State::Open);
    let unknown = decode::<github::State<'_>>(r#""half\topen""#);
    assert_eq!(unknown.as_str(), "half\topen");
}

#[test]
fn an_unknown_action_is_no_mistake() {
    let file = read("fixtures/thin/github/issues.jsonl");
    let example = file.lines().next().expect("an example");
    let action = decode::<github::IssuesEvent<'_>>(example).action;
    let body = example.replacen(
        &format!(r#""action":"{}""#, action.as_str()),
        r#""action":"exploded""#,
        1,
    );
    let event: github::IssuesEvent<'_> = decode(&body);
    assert_eq!(event.action, github::IssuesAction::Unknown(Borrowed("exploded")));
}

// ---- borrowing ----

#[test]
fn text_stays_where_it_arrived() {
    let file = read("fixtures/thin/github/push.jsonl");
    let body = file.lines().find(|body| body.contains(r#""commits":[{"#)).expect("with commits");
    let push: github::Push<'_> = decode(body);
    let commit = &push.commits[0];
    let files = [&commit.added, &commit.removed, &commit.modified].into_iter().flatten();
    let plain = [&push.reference, &push.after, &push.repository.name, &commit.id];
    for text in files.chain(plain) {
        assert!(matches!(text, Borrowed(_)), "{text}");
    }
    let optional = [&commit.author.email, &commit.author.username];
    assert!(optional.iter().all(|text| matches!(text, Some(Borrowed(_)))), "{optional:?}");

    let body = r#"{"type":"a\tb","timestamp":"c\td","data":null}"#;
    let event: standard_webhooks::Event<'_, ()> = decode(body);
    assert!(matches!(event.kind, Owned(_)), "it has an escape");
    assert_eq!((&*event.kind, event.timestamp.as_deref()), ("a\tb", Some("c\td")));
}

// ---- Shopify ----

#[test]
fn orders() {
    let file = read("fixtures/thin/shopify/orders.jsonl");
    let mut count = 0;
    for line in file.lines() {
        let body = decode::<Value>(line)["body"].to_string();
        let (order, json): (shopify::Order<'_>, Value) = (decode(&body), decode(&body));
        assert_eq!(order.id, json["id"].as_u64().expect("a number"));
        assert_eq!((&*order.name, order.order_number), ("#9999", 1234));
        assert_eq!(order.financial_status, Some(shopify::FinancialStatus::Voided));
        assert_eq!(order.cancel_reason, Some(shopify::CancelReason::Customer));
        assert_eq!(order.total_price, json["total_price"].as_str().expect("money is text"));
        assert_eq!(order.email.as_deref(), Some("jon@example.com"));
        let (first, json) = (&order.line_items[0], &json["line_items"]);
        assert_eq!(order.line_items.len(), json.as_array().expect("a list").len());
        assert_eq!(first.title, json[0]["title"].as_str().expect("text"));
        assert_eq!(first.price, json[0]["price"].as_str().expect("money is text"));
        assert_eq!(order.shipping_lines[0].price, "10.00");
        let customer = order.customer.expect("a customer");
        assert_eq!(customer.first_name.as_deref(), Some("John"));
        let address = order.shipping_address.expect("an address");
        assert_eq!(address.country_code.as_deref(), Some("US"));
        count += 1;
    }
    assert_eq!(count, 9);
}

#[test]
fn money_is_kept_to_the_last_digit_and_is_no_number() {
    let order = |total: &str| {
        format!(
            r##"{{"id":1,"name":"#1001","order_number":1001,"currency":"KWD","total_price":{total},
                "created_at":"2026-01-02T03:04:05+00:00"}}"##
        )
    };
    let body = order(r#""12345678901234567890.10""#);
    let decoded: shopify::Order<'_> = decode(&body);
    assert!(matches!(decoded.total_price, Borrowed("12345678901234567890.10")));
    let body = order("404.95");
    assert!(serde_json::from_str::<shopify::Order<'_>>(&body).is_err());
}

// ---- Stripe ----

#[derive(Deserialize, Debug, PartialEq)]
struct PaymentIntent<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    amount: u64,
}

#[test]
fn an_event_of_stripe_is_generic_over_its_object() {
    let body = vector("public/stripe/accept-1");
    let event: stripe::Event<'_, PaymentIntent<'_>> = decode(&body);
    assert_eq!(event.id, "evt_1avykMMaVBo");
    assert_eq!(event.kind, "payment_intent.succeeded");
    assert_eq!((event.created, event.livemode), (1_760_000_000, false));
    assert_eq!(event.api_version.as_deref(), Some("2025-09-30"));
    assert_eq!((event.account, event.request), (None, None));
    assert_eq!(event.data.object, PaymentIntent { id: Borrowed("pi_1"), amount: 2000 });
    assert!(matches!(event.data.object.id, Borrowed(_)));
    assert_eq!(event.data.previous_attributes, None);
}

#[test]
fn an_event_of_stripe_says_who_asked_and_what_was_before() {
    #[derive(Deserialize)]
    struct Before {
        amount: Option<u64>,
    }
    let body = r#"{"id":"evt_2","object":"event","account":"acct_1","api_version":null,"created":2,
        "livemode":true,"pending_webhooks":1,"type":"payment_intent.updated",
        "data":{"object":{"id":"pi_2","amount":3},"previous_attributes":{"amount":2}},
        "request":{"id":"req_3","idempotency_key":null}}"#;
    let event: stripe::Event<'_, PaymentIntent<'_>> = decode(body);
    assert!(matches!(event.account, Some(Borrowed("acct_1"))));
    assert_eq!(event.api_version, None);
    let request = event.request.expect("a request");
    assert_eq!((request.id.as_deref(), request.idempotency_key), (Some("req_3"), None));
    assert!(event.data.previous_attributes.is_some(), "whatever was in it");

    let event: stripe::Event<'_, PaymentIntent<'_>, Before> = decode(body);
    assert_eq!(event.data.previous_attributes.expect("it is there").amount, Some(2));

    let body = body.replace(r#""created":2"#, r#""created":"2""#);
    assert!(serde_json::from_str::<stripe::Event<'_, PaymentIntent<'_>>>(&body).is_err());
}

// ---- Standard Webhooks ----

#[test]
fn an_event_of_standard_webhooks_is_generic_over_its_data() {
    #[derive(Deserialize)]
    struct Order<'a> {
        amount: u64,
        #[serde(borrow)]
        note: Cow<'a, str>,
    }
    let body = vector("public/standard-webhooks/accept-1");
    let event: standard_webhooks::Event<'_, Order<'_>> = decode(&body);
    assert_eq!((&*event.kind, event.timestamp), ("order.created", None));
    assert_eq!(event.data.amount, 1999);
    assert!(matches!(event.data.note, Borrowed("café — 日本語 🚀")));

    let body = r#"{"type":"a.b","timestamp":"2026-01-02T03:04:05.678Z","data":[1]}"#;
    let event: standard_webhooks::Event<'_, Vec<u8>> = decode(body);
    assert!(matches!(event.timestamp, Some(Borrowed("2026-01-02T03:04:05.678Z"))));
    for wrong in [r#"{"type":"a.b"}"#, r#"{"data":[]}"#, r#"{"type":1,"data":[]}"#] {
        assert!(serde_json::from_str::<standard_webhooks::Event<'_, Vec<u8>>>(wrong).is_err());
    }
}

// ---- Slack ----

#[test]
fn an_event_of_slack_is_generic_over_what_happened() {
    #[derive(Deserialize)]
    struct Said<'a> {
        #[serde(borrow)]
        text: Cow<'a, str>,
    }
    let body = vector("public/slack/accept-1");
    let callback: slack::EventCallback<'_, Said<'_>> = decode(&body);
    assert_eq!((&*callback.team_id, &*callback.api_app_id), ("T1", "A1"));
    assert_eq!((&*callback.event_id, callback.event_time), ("Ev08MFMKH6", 1_760_000_000));
    assert!(matches!(callback.event.text, Borrowed("hi ☕")));
    assert_eq!(callback.authorizations, []);
}

fn callback(event: &Value) -> String {
    json!({
        "token": "deprecated", "team_id": "T1", "context_team_id": "T1", "api_app_id": "A1",
        "event": event, "type": "event_callback", "event_id": "Ev1", "event_time": 1_700_000_000,
        "is_ext_shared_channel": true,
        "authorizations": [
            {"enterprise_id": null, "team_id": "T1", "user_id": "U9", "is_bot": true,
             "is_enterprise_install": false},
        ],
    })
    .to_string()
}

#[test]
fn messages() {
    let body = callback(&json!({
        "type": "message", "channel": "C1", "channel_type": "channel", "user": "U1",
        "text": "a <@U9> & \"b\"", "ts": "1700000000.000100", "thread_ts": "1600000000.000100",
        "event_ts": "1700000000.000100", "blocks": [{"type": "rich_text"}],
    }));
    let delivered: slack::EventCallback<'_, slack::Message<'_>> = decode(&body);
    assert!(delivered.is_ext_shared_channel);
    assert!(delivered.authorizations[0].is_bot);
    assert_eq!(delivered.authorizations[0].enterprise_id, None);
    let message = delivered.event;
    assert_eq!((message.subtype, message.bot_id), (None, None));
    assert_eq!(message.channel_type, Some(slack::ChannelType::Channel));
    assert!(matches!(message.text, Some(Owned(text)) if text == "a <@U9> & \"b\""));
    assert!(matches!(message.thread_ts, Some(Borrowed("1600000000.000100"))));

    let body = callback(&json!({
        "type": "message", "subtype": "message_deleted", "hidden": true, "channel": "C1",
        "ts": "2.0", "deleted_ts": "1.0", "event_ts": "2.0",
    }));
    let message = decode::<slack::EventCallback<'_, slack::Message<'_>>>(&body).event;
    assert_eq!(message.subtype, Some(slack::MessageSubtype::MessageDeleted));
    assert_eq!((message.user, message.text), (None, None));
}

#[test]
fn mentions() {
    let body = callback(&json!({
        "type": "app_mention", "channel": "C1", "user": "U1", "text": "<@U9> hello",
        "ts": "1.0", "event_ts": "1.0",
    }));
    let mention = decode::<slack::EventCallback<'_, slack::AppMention<'_>>>(&body).event;
    assert!(matches!(mention.text, Borrowed("<@U9> hello")));
    assert!(matches!(mention.user, Some(Borrowed("U1"))));
}

// ---- from a form, and through an endpoint ----

/// An endpoint of this provider, and a genuine request to it.
async fn answer<H: Webhook<()>>(
    provider: &Provider,
    content_type: &str,
    body: String,
) -> common::Answer {
    let webhooks = Webhooks::new().mount::<H>().secrets::<H>([Secret::new(SECRET)]);
    let headers = sign(provider, SECRET, body.as_bytes());
    let mut request: Request<Body> = post(PATH, headers, body);
    set(&mut request, "content-type", content_type);
    ask(&webhooks.into_router().expect("nothing is wrong with it"), request).await
}

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_slash_command_is_a_form() {
    #[webhook(path = "/webhook", provider = SLACK)]
    async fn command(command: slack::SlashCommand<'_>) -> String {
        assert!(matches!(command.user_id, Borrowed("U2CERLKJA")), "it has no escape");
        assert!(matches!(command.team_domain, Some(Borrowed("testteamnow"))), "it has no escape");
        assert!(!command.is_enterprise_install);
        let url =
            "https://hooks.slack.com/commands/T1DC2JH3J/397700885554/96rGlfmibIGlgcZRskXaIFfN";
        assert_eq!(command.response_url.expose(), url);
        let shown = format!("{command:?}");
        for hidden in ["96rGl", "803a0bc8", "hooks.slack.com", "xyzz0Wbap"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        format!("{} {:?} {}", command.command, command.text, command.channel_id)
    }
    let body = vector("public/slack/doc-example");
    let answer = answer::<command>(&SLACK, FORM, body).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, r#"/webhook-collect "" G8PSS9T3V"#));
}

#[tokio::test]
async fn the_fields_of_a_slash_command_are_read_by_their_types() {
    #[webhook(path = "/webhook", provider = SLACK)]
    async fn command(command: slack::SlashCommand<'_>) -> String {
        format!(
            "{} {:?} {} {:?}",
            command.text, command.enterprise_id, command.is_enterprise_install, command.trigger_id
        )
    }
    let plain = "command=%2Fa&text=b+c%21&user_id=U1&channel_id=C1&team_id=T1&api_app_id=A1\
                 &response_url=d&trigger_id=e&enterprise_id=E1&is_enterprise_install=";
    let body = format!("{plain}true");
    let right = answer::<command>(&SLACK, FORM, body).await;
    assert_eq!(right.text(), r#"b c! Some("E1") true Hidden(..)"#);

    let body = format!("{plain}perhaps");
    let wrong = answer::<command>(&SLACK, FORM, body).await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.problem()["path"].as_str()),
        (422, Some("is_enterprise_install"))
    );
}

#[tokio::test]
async fn what_does_not_fit_is_told_with_its_path() {
    #[webhook(path = "/webhook", provider = GITHUB)]
    async fn issues(event: github::IssuesEvent<'_>) -> String {
        event.action.as_str().to_owned()
    }
    let file = read("fixtures/thin/github/issues.jsonl");
    let example = file.lines().next().expect("an example");
    let right = answer::<issues>(&GITHUB, "application/json", example.to_owned()).await;
    assert_eq!(Some(right.text()), decode::<Value>(example)["action"].as_str());

    let mut json: Value = decode(example);
    json["issue"]["user"]["login"] = json!(7);
    let wrong = answer::<issues>(&GITHUB, "application/json", json.to_string()).await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.problem()["path"].as_str()),
        (422, Some("issue.user.login"))
    );
}
