//! What nobody reads does not fail a delivery: each ready-made payload survives that any other field
//! of a real body is missing, `null` or new, and each of its lists a `null` item.

use serde::de::IgnoredAny;
use serde_json::{Value, json};
use webhook_runtime::payloads::{
    discord, github, linear, paddle, shopify, slack, standard_webhooks, stripe, whatsapp,
};

use crate::{
    decode,
    mutations::{Payload, Report},
    read, vector,
};

/// The name of a payload type, with its fields that a body cannot do without, its bodies, and the
/// objects in them that are maps.
macro_rules! payload {
    ($payload:ty, $required:expr, $bodies:expr $(,)?) => {
        payload!($payload, $required, $bodies, &[])
    };
    ($payload:ty, $required:expr, $bodies:expr, $maps:expr $(,)?) => {
        Payload {
            name: stringify!($payload),
            decode: |body| {
                let payload: Result<$payload, _> = serde::Deserialize::deserialize(body);
                payload.map(drop).map_err(|error| error.to_string())
            },
            decode_text: |body| {
                let payload: Result<$payload, _> = serde_json::from_str(body);
                payload.map(drop).map_err(|error| error.to_string())
            },
            show: |body| {
                let payload: Result<$payload, _> = serde::Deserialize::deserialize(body);
                payload.map(|payload| format!("{payload:?}")).ok()
            },
            required: $required,
            maps: $maps,
            bodies: $bodies,
        }
    };
}

/// The payloads of GitHub, by the name of the event.
pub(crate) fn github() -> Vec<(&'static str, Payload)> {
    let bodies = |event: &str| lines(&format!("fixtures/payloads/github/{event}.jsonl"));
    vec![
        (
            "push",
            payload!(
                github::Push<'_>,
                &[
                    "/ref",
                    "/before",
                    "/after",
                    "/repository",
                    "/repository/id",
                    "/repository/full_name",
                ],
                bodies("push")
            ),
        ),
        (
            "pull_request",
            payload!(
                github::PullRequestEvent<'_>,
                &[
                    "/action",
                    "/pull_request",
                    "/pull_request/id",
                    "/pull_request/number",
                    "/pull_request/head/repo/id",
                    "/pull_request/head/repo/full_name",
                    "/pull_request/base/repo/id",
                    "/pull_request/base/repo/full_name",
                    "/repository",
                    "/repository/id",
                    "/repository/full_name",
                ],
                bodies("pull_request")
            ),
        ),
        (
            "issues",
            payload!(
                github::IssuesEvent<'_>,
                &[
                    "/action",
                    "/issue",
                    "/issue/id",
                    "/issue/number",
                    "/repository",
                    "/repository/id",
                    "/repository/full_name",
                ],
                bodies("issues")
            ),
        ),
        (
            "ping",
            payload!(
                github::Ping<'_>,
                &["/repository/id", "/repository/full_name"],
                bodies("ping")
            ),
        ),
        (
            "release",
            payload!(
                github::ReleaseEvent<'_>,
                &[
                    "/action",
                    "/release",
                    "/release/id",
                    "/release/tag_name",
                    "/repository",
                    "/repository/id",
                    "/repository/full_name",
                ],
                bodies("release")
            ),
        ),
        (
            "workflow_run",
            payload!(
                github::WorkflowRunEvent<'_>,
                &[
                    "/action",
                    "/workflow_run",
                    "/workflow_run/id",
                    "/repository",
                    "/repository/id",
                    "/repository/full_name",
                ],
                bodies("workflow_run")
            ),
        ),
    ]
}

fn others() -> Vec<Payload> {
    let orders = lines("fixtures/payloads/shopify/orders.jsonl");
    let mut orders: Vec<_> = orders.into_iter().map(|mut line| line["body"].take()).collect();
    let every_list_has_an_item = json!({
        "line_items": [{ "id": 1, "product_id": 2 }],
        "shipping_lines": [{ "title": "Post", "code": "post", "price": "1.00" }],
        "discount_codes": [{ "code": "TENOFF", "amount": "1.00", "type": "percentage" }],
    });
    orders.push(every_list_has_an_item);
    let message = json!({
        "token": "deprecated", "team_id": "T1", "enterprise_id": "E1", "api_app_id": "A1",
        "event": {
            "type": "message", "subtype": "thread_broadcast", "channel": "C1",
            "channel_type": "channel", "user": "U1", "bot_id": "B1", "text": "hi",
            "ts": "1700000000.000100", "thread_ts": "1600000000.000100",
            "event_ts": "1700000000.000100", "blocks": [{ "type": "rich_text", "elements": [] }],
        },
        "type": "event_callback", "event_id": "Ev1", "event_time": 1_700_000_000,
        "is_ext_shared_channel": true,
        "authorizations": [{
            "enterprise_id": "E1", "team_id": "T1", "user_id": "U9", "is_bot": true,
            "is_enterprise_install": false,
        }],
    });
    let command = vector("public/slack/doc-example");
    let command = form_urlencoded::parse(command.as_bytes());
    let command = command.map(|(name, text)| (name.into_owned(), Value::from(text.into_owned())));
    let callbacks = vec![decode(&vector("public/slack/accept-1")), message];
    vec![
        payload!(shopify::Order<'_>, &[], orders),
        payload!(slack::EventCallback<'_, IgnoredAny>, &["/event"], callbacks.clone()),
        payload!(slack::EventCallback<'_, slack::Message<'_>>, &["/event"], callbacks.clone()),
        payload!(slack::EventCallback<'_, slack::AppMention<'_>>, &["/event"], callbacks),
        payload!(slack::SlashCommand<'_>, &["/command"], vec![command.collect()]),
        payload!(
            standard_webhooks::Event<'_, IgnoredAny>,
            &["/type", "/data"],
            crate::standard_webhooks::events()
        ),
        payload!(
            stripe::Event<'_, IgnoredAny>,
            &["/id", "/type", "/data", "/data/object"],
            stripe_events()
        ),
    ]
}

/// The objects by id in an interaction of Discord.
const RESOLVED: &[&str] = &[
    "/data/resolved/users",
    "/data/resolved/members",
    "/data/resolved/roles",
    "/data/resolved/channels",
    "/data/resolved/messages",
    "/data/resolved/attachments",
];

/// The payloads whose bodies are those of their tests.
fn described() -> Vec<Payload> {
    vec![
        payload!(
            discord::Interaction<'_, discord::Command<'_>>,
            &[
                "/id",
                "/type",
                "/data",
                "/data/name",
                "/data/options/*/name",
                "/data/options/*/options/*/name",
                "/data/options/*/options/*/options/*/name",
                "/data/resolved/users/*/id",
                "/data/resolved/members/*/user/id",
                "/data/resolved/messages/*/author/id",
                "/member/user/id",
                "/user/id",
                "/message/author/id",
            ],
            vec![crate::discord::command()],
            RESOLVED
        ),
        payload!(
            discord::Interaction<'_, discord::Component<'_>>,
            &[
                "/id",
                "/type",
                "/data",
                "/data/custom_id",
                "/data/resolved/users/*/id",
                "/data/resolved/members/*/user/id",
                "/data/resolved/messages/*/author/id",
                "/member/user/id",
                "/user/id",
                "/message/author/id",
            ],
            vec![crate::discord::component()],
            RESOLVED
        ),
        payload!(
            discord::Interaction<'_, discord::Modal<'_>>,
            &[
                "/id",
                "/type",
                "/data",
                "/data/custom_id",
                "/data/resolved/users/*/id",
                "/data/resolved/members/*/user/id",
                "/data/resolved/messages/*/author/id",
                "/member/user/id",
                "/user/id",
                "/message/author/id",
            ],
            vec![crate::discord::modal()],
            RESOLVED
        ),
        payload!(
            linear::Event<'_, IgnoredAny>,
            &["/action", "/type", "/data"],
            vec![decode(&vector("public/linear/accept-1")), crate::linear::comment()]
        ),
        payload!(
            linear::Event<'_, linear::Issue<'_>>,
            &["/action", "/type", "/data", "/data/id"],
            vec![decode(&vector("public/linear/accept-1")), crate::linear::issue()]
        ),
        payload!(
            linear::Event<'_, linear::Comment<'_>>,
            &["/action", "/type", "/data", "/data/id"],
            vec![crate::linear::comment()]
        ),
        payload!(
            paddle::Event<'_, paddle::Transaction<'_>>,
            &["/event_id", "/event_type", "/data", "/data/id"],
            vec![crate::paddle::transaction()]
        ),
        payload!(
            paddle::Event<'_, paddle::Subscription<'_>>,
            &["/event_id", "/event_type", "/data", "/data/id"],
            vec![crate::paddle::subscription()]
        ),
        payload!(
            paddle::Event<'_, paddle::Customer<'_>>,
            &["/event_id", "/event_type", "/data", "/data/id"],
            vec![crate::paddle::customer()]
        ),
        payload!(
            whatsapp::Entry<'_>,
            &[
                "/changes/*/field",
                "/changes/*/value/messages/*/id",
                "/changes/*/value/messages/*/type",
                "/changes/*/value/statuses/*/id",
                "/changes/*/value/statuses/*/status",
            ],
            crate::whatsapp::entries()
        ),
    ]
}

/// Stripe's own event, and others around the objects that it publishes.
fn stripe_events() -> Vec<Value> {
    let mut fixtures = lines("fixtures/payloads/stripe/fixtures.jsonl").into_iter();
    let event = fixtures.next().expect("the event is the first");
    assert_eq!(event["object"], "event");
    let around = fixtures.map(|object| {
        let mut event = event.clone();
        event["type"] = json!(format!("{}.updated", object["object"].as_str().expect("a name")));
        event["account"] = json!("acct_1");
        event["request"] = json!({ "id": "req_1", "idempotency_key": "key" });
        event["data"] = json!({ "object": object, "previous_attributes": { "metadata": {} } });
        event
    });
    let mut events: Vec<_> = around.collect();
    let mut old = event.clone();
    old["request"] = json!("req_1");
    events.extend([event, old]);
    events
}

fn lines(file: &str) -> Vec<Value> {
    read(file).lines().map(decode).collect()
}

#[test]
fn payloads_survive_missing_null_and_new_fields() {
    let mut all = Report::default();
    let github = github().into_iter().map(|(_, payload)| payload);
    for payload in github.chain(others()).chain(described()) {
        let report = payload.spoil();
        println!("{}: {} spoilt bodies of {}", payload.name, report.tried, payload.bodies.len());
        assert!(report.tried > 100 && !payload.bodies.is_empty(), "{}", payload.name);
        all.join(payload.name, report);
    }
    println!("{} in all", all.tried);
    all.assert_all_survived();
}

/// A subscription of Shopify's may ask for these fields and no others.
#[test]
fn shopify_orders_may_be_cut_down_to_any_field() {
    for body in lines("fixtures/payloads/shopify/orders.jsonl") {
        let body = body["body"].as_object().expect("an object");
        for (name, value) in body {
            let cut = json!({ name: value }).to_string();
            let _: shopify::Order<'_> = decode(&cut);
        }
    }
    assert_eq!(decode::<shopify::Order<'_>>("{}").id, None);
}
