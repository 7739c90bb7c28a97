//! Handlers of stored deliveries get everything that the request had.

use std::collections::HashMap;

use axum::{
    Extension,
    extract::{Path, Request, State},
    middleware::{Next, from_fn},
};
use http::{HeaderMap, Method, Uri};
use serde::Deserialize;
use serde_json::json;
use webhook_runtime::{
    Delivery, Secret, UnknownEvent, WebhookEvent, Webhooks,
    inbox::DeliveryState as Stands,
    providers::{GITHUB, SLACK},
    webhook,
};

use crate::{Seen, records, status};

#[webhook(path = "/hooks/{team}", provider = GITHUB, inbox)]
#[allow(clippy::too_many_arguments)]
async fn github(
    State(seen): State<Seen>,
    Path(team): Path<String>,
    uri: Uri,
    method: Method,
    headers: HeaderMap,
    Extension(layer): Extension<&'static str>,
    delivery: Delivery,
    payload: serde_json::Value,
) {
    let agent = headers.get("user-agent").and_then(|value| value.to_str().ok());
    let kept = headers.get("cookie").is_some();
    let (path, query) = (uri.path(), uri.query());
    seen.note(format!("{method} {path} {team} {query:?} {agent:?} {kept} {layer}"));
    let (id, event, action) = (delivery.id(), delivery.event(), delivery.action());
    seen.note(format!("{id:?} {event:?} {action:?} {} {payload}", delivery.secret_name()));
    assert_eq!(delivery.body(), payload.to_string().as_bytes());
}

#[tokio::test]
async fn extractors_work_after_replay() {
    let seen = Seen::default();
    let layer = from_fn(|mut request: Request, next: Next| async move {
        assert!(request.extensions().get::<Delivery>().is_some());
        request.extensions_mut().insert("a layer's");
        next.run(request).await
    });
    let hooks = Webhooks::new()
        .mount::<github>()
        .secrets::<github>([Secret::new("s3cret").with_name("GITHUB_SECRET")])
        .verified_layer(layer)
        .test(seen.clone());
    let delivery = hooks.deliver::<github>().param("team", "a b").query("x=1").id("d1");
    let delivery = delivery.event("issues").header("user-agent", "GitHub-Hookshot/1");
    let delivery = delivery.header("cookie", "session=1").body(r#"{"action":"opened"}"#);
    assert_eq!(status(delivery).await, 202);
    assert_eq!(seen.take(), [""; 0]);

    let all = records(&hooks).await;
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].endpoint.as_str(), all[0].provider.as_str()), ("github", "github"));
    assert_eq!(
        (all[0].event.as_deref(), all[0].provider_id.as_deref()),
        (Some("issues"), Some("d1"))
    );
    assert_eq!(all[0].state, Stands::Pending);

    assert_eq!(hooks.drain().await, 1);
    assert_eq!(
        seen.take(),
        [
            r#"POST /hooks/a%20b a b Some("x=1") Some("GitHub-Hookshot/1") false a layer's"#,
            r#"Some("d1") Some("issues") Some("opened") GITHUB_SECRET {"action":"opened"}"#,
        ]
    );
    assert_eq!(records(&hooks).await[0].state, Stands::Completed);
    assert_eq!(hooks.drain().await, 0);
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("issues.opened")]
    Opened(Number),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[derive(Deserialize)]
struct Number {
    number: u64,
}

#[webhook(path = "/typed", provider = GITHUB, inbox)]
async fn typed(State(seen): State<Seen>, event: Event<'_>) {
    match event {
        Event::Opened(opened) => seen.note(format!("opened {}", opened.number)),
        Event::Other(other) => seen.note(format!("other {}", other.name())),
    }
}

#[webhook(path = "/slack", provider = SLACK, inbox)]
async fn form(State(seen): State<Seen>, command: HashMap<String, String>) {
    seen.note(format!("{} {}", command["command"], command["text"]));
}

#[tokio::test]
async fn payloads_decode_after_replay() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<typed>().mount::<form>().test(seen.clone());
    let opened = json!({ "action": "opened", "number": 7 });
    assert_eq!(status(hooks.deliver::<typed>().event("issues").json(&opened)).await, 202);
    assert_eq!(status(hooks.deliver::<typed>().event("star").json(&json!({}))).await, 202);
    let command = [("command", "/deploy"), ("text", "api & web")];
    // Slack insists on 200.
    assert_eq!(status(hooks.deliver::<form>().form(&command)).await, 200);
    assert_eq!(hooks.drain().await, 3);
    let mut lines = seen.take();
    lines.sort();
    assert_eq!(lines, ["/deploy api & web", "opened 7", "other star"]);
    // The challenge is answered, but not stored.
    let challenge = json!({ "type": "url_verification", "challenge": "abc" });
    let answer = hooks.deliver::<form>().json(&challenge).await;
    assert_eq!((answer.status().as_u16(), answer.text().as_str()), (200, "abc"));
    assert_eq!(records(&hooks).await.len(), 3);
}
