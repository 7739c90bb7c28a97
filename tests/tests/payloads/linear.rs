//! Linear.

use std::borrow::Cow::{self, Borrowed};

use serde::Deserialize;
use serde_json::{Value, json};
use webhook_runtime::{Delivery, Webhooks, payloads::linear, providers::LINEAR, webhook};

use crate::{decode, vector};

fn event(kind: &str, data: &Value) -> Value {
    json!({
        "action": "update", "type": kind, "data": data,
        "actor": {
            "id": "u1", "type": "user", "name": "Jo Brown", "email": "jo@example.com",
            "url": "https://linear.app/acme/profiles/jo", "service": "github",
        },
        "updatedFrom": { "stateId": "s0", "updatedAt": "2026-01-01T00:00:00.000Z" },
        "url": "https://linear.app/acme/issue/ENG-42", "createdAt": "2026-01-02T03:04:05.678Z",
        "organizationId": "o1", "webhookId": "w1", "webhookTimestamp": 1_767_323_045_678_u64,
    })
}

fn user() -> Value {
    json!({
        "id": "u1", "name": "Jo Brown", "email": "jo@example.com",
        "url": "https://linear.app/acme/profiles/jo", "avatarUrl": null,
    })
}

/// An issue that moved to another state.
pub(crate) fn issue() -> Value {
    event(
        "Issue",
        &json!({
            "id": "i1", "identifier": "ENG-42", "number": 42, "title": "Fix ü", "description": "Soon",
            "url": "https://linear.app/acme/issue/ENG-42", "priority": 2, "priorityLabel": "High",
            "estimate": 2.5, "dueDate": "2026-01-31", "sortOrder": -7.25, "labelIds": ["l1"],
            "state": { "id": "s1", "name": "Doing", "type": "started", "color": "#f2c94c" },
            "team": { "id": "t1", "key": "ENG", "name": "Engineering" },
            "project": { "id": "p1", "name": "Spring", "url": "https://linear.app/acme/project/p1" },
            "cycle": {
                "id": "c1", "number": 3, "name": "Third", "startsAt": "2026-01-01T00:00:00.000Z",
                "endsAt": "2026-01-14T00:00:00.000Z",
            },
            "labels": [{ "id": "l1", "name": "Bug", "color": "#eb5757", "parentId": null }],
            "assignee": user(), "creator": user(), "parentId": "i0", "trashed": false,
            "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-02T03:04:05.678Z",
            "startedAt": "2026-01-02T03:04:05.678Z", "completedAt": "2026-01-03T00:00:00.000Z",
            "canceledAt": "2026-01-03T00:00:00.000Z", "archivedAt": "2026-01-03T00:00:00.000Z",
        }),
    )
}

/// A comment on an issue.
pub(crate) fn comment() -> Value {
    event(
        "Comment",
        &json!({
            "id": "m1", "body": "**Done**", "issueId": "i1", "userId": "u1", "user": user(),
            "issue": {
                "id": "i1", "identifier": "ENG-42", "title": "Fix ü", "teamId": "t1",
                "url": "https://linear.app/acme/issue/ENG-42",
                "team": { "id": "t1", "key": "ENG", "name": "Engineering" },
            },
            "parentId": "m0", "createdAt": "2026-01-02T03:04:05.678Z",
            "updatedAt": "2026-01-02T03:04:05.678Z", "editedAt": "2026-01-02T03:04:06.678Z",
            "resolvedAt": "2026-01-02T03:04:07.678Z", "reactionData": [],
        }),
    )
}

#[test]
fn issues() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Before<'a> {
        #[serde(borrow)]
        state_id: Option<Cow<'a, str>>,
    }
    let body = issue().to_string();
    let event: linear::Event<'_, linear::Issue<'_>, Before<'_>> = decode(&body);
    assert_eq!((event.action, &*event.kind), (linear::Action::Update, "Issue"));
    assert_eq!(event.updated_from, Some(Before { state_id: Some(Borrowed("s0")) }));
    assert_eq!(event.webhook_timestamp, Some(1_767_323_045_678));
    assert_eq!(event.actor.and_then(|actor| actor.kind), Some(linear::ActorKind::User));
    let issue = event.data;
    assert!(matches!(issue.identifier, Some(Borrowed("ENG-42"))));
    assert_eq!((issue.number, issue.estimate), (Some(42), Some(2.5)));
    assert_eq!(issue.priority, Some(linear::Priority::High));
    let state = issue.state.expect("a state");
    assert_eq!(
        (state.kind, state.name.as_deref()),
        (Some(linear::StateKind::Started), Some("Doing"))
    );
    assert_eq!(issue.labels[0].name.as_deref(), Some("Bug"));
    assert_eq!(issue.assignee.and_then(|user| user.email).as_deref(), Some("jo@example.com"));
    assert_eq!(
        issue.cycle.and_then(|cycle| cycle.ends_at).as_deref(),
        Some("2026-01-14T00:00:00.000Z")
    );
}

#[test]
fn comments() {
    let body = comment().to_string();
    let event: linear::Event<'_, linear::Comment<'_>> = decode(&body);
    assert!(event.updated_from.is_some(), "whatever was in it");
    let issue = event.data.issue.expect("an issue");
    assert_eq!(
        (event.data.body.as_deref(), issue.title.as_deref()),
        (Some("**Done**"), Some("Fix ü"))
    );
    assert_eq!(issue.team.and_then(|team| team.key).as_deref(), Some("ENG"));
}

#[test]
fn events_are_generic() {
    let body = vector("public/linear/accept-1");
    let event: linear::Event<'_, Value> = decode(&body);
    assert_eq!((event.action, &*event.kind), (linear::Action::Create, "Issue"));
    assert_eq!(event.data["title"], "Fix ü");
    assert!(event.updated_from.is_none());
}

/// Linear names the event in a header as well, which it does not sign.
#[tokio::test]
async fn the_signed_type_decides_and_not_the_header() {
    #[webhook(path = "/webhook", provider = LINEAR)]
    async fn hook(delivery: &Delivery) -> Result<String, webhook_runtime::Rejection> {
        let event: linear::Event<'_, linear::Comment<'_>> = delivery.decode()?;
        Ok(format!("{} {:?} {:?}", event.kind, delivery.event(), delivery.action()))
    }
    let hooks = Webhooks::new().mount::<hook>().test(());
    let now = hooks.clock().now().duration_since(std::time::UNIX_EPOCH).expect("a time");
    let mut body = comment();
    body["webhookTimestamp"] = json!(u64::try_from(now.as_millis()).expect("a time"));
    let delivery = hooks.deliver::<hook>().body(body.to_string()).header("linear-event", "Issue");
    let answer = delivery.await;
    assert_eq!(answer.text(), r#"Comment Some("Comment") Some("update")"#);
}
