//! Failures in the trace: their text, and their place.

use std::time::Duration;

use serde::Deserialize;
use webhook_runtime::{
    Batch, Delivery, Rejection, Secret, UnknownEvent, Webhook, WebhookEvent, Webhooks,
    providers::{GITHUB, LINE},
    webhook,
};

use crate::{
    common::{self, PATH, SECRET, ask, delivery, post, router, set, sign, status, webhooks},
    warnings::Warnings,
};

#[webhook(path = "/webhook", provider = GITHUB)]
async fn github(_: &Delivery) -> anyhow::Result<()> {
    anyhow::bail!("no stock left")
}

/// A delivery of GitHub's, with an id.
fn from_github(body: &'static str) -> http::Request<axum::body::Body> {
    let mut request = post(PATH, sign(&GITHUB, SECRET, body.as_bytes()), body);
    set(&mut request, "content-type", "application/json");
    set(&mut request, "x-github-delivery", "d-1");
    set(&mut request, "x-github-event", "push");
    request
}

#[tokio::test]
async fn a_failure_names_endpoint_and_delivery() {
    let router = router::<github>();
    let (warnings, _guard) = Warnings::start();
    assert_eq!(status(&router, from_github("{}")).await, 500);
    assert_eq!(
        warnings.line(),
        r#"WARN the handler failed endpoint="github" delivery_id="d-1" status=500 reason="no stock left""#
    );
}

#[tokio::test]
async fn a_panic_says_its_message() {
    #[webhook(path = "/webhook", provider = GITHUB)]
    async fn clumsy(delivery: &Delivery) {
        let length = delivery.body().len();
        assert!(length == 2, "no room for {length} bytes");
        panic!("a bug");
    }
    let router = router::<clumsy>();
    let (warnings, _guard) = Warnings::start();
    for (body, message) in [("{}", "a bug"), ("[1]", "no room for 3 bytes")] {
        let answer = ask(&router, from_github(body)).await;
        assert_eq!(answer.status, 500);
        assert!(!answer.text().contains("bug"), "{}", answer.text());
        let line = warnings.line();
        assert!(line.starts_with("ERROR the handler failed endpoint=\"clumsy\""), "{line}");
        assert!(line.contains(r#"delivery_id="d-1""#), "{line}");
        assert!(line.contains(&format!("the handler panicked: {message}")), "{line}");
    }
}

#[derive(Deserialize)]
struct Order {
    #[allow(dead_code, reason = "only decoded")]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[allow(dead_code, reason = "only decoded")]
    price: u64,
}

#[tokio::test]
async fn a_body_that_does_not_fit_says_where() {
    #[webhook(path = "/webhook")]
    async fn paid(_: Order) {}
    let router = router::<paid>();
    let (warnings, _guard) = Warnings::start();
    let body = r#"{"items":[{"price":1},{"price":"a secret"}]}"#;
    assert_eq!(status(&router, delivery(body)).await, 422);
    assert_eq!(
        warnings.line(),
        "WARN refused the payload endpoint=\"paid\" status=422 reason=\"the body does not fit the \
         payload at items[1].price: invalid type: string, expected u64\""
    );
    assert_eq!(status(&router, delivery(r#"{"items":"#)).await, 400);
    let line = warnings.line();
    assert!(line.contains("the request is malformed: the body is not JSON: EOF"), "{line}");
}

#[tokio::test]
async fn an_event_that_does_not_fit_says_where() {
    #[derive(WebhookEvent)]
    enum Event<'a> {
        #[event("push")]
        Push(#[allow(dead_code, reason = "only decoded")] Order),
        #[event(other)]
        Other(#[allow(dead_code, reason = "only decoded")] UnknownEvent<'a>),
    }
    #[webhook(path = "/webhook", provider = GITHUB)]
    async fn events(_: Event<'_>) {}
    let router = router::<events>();
    let (warnings, _guard) = Warnings::start();
    assert_eq!(status(&router, from_github(r#"{"items":[{}]}"#)).await, 200);
    let line = warnings.line();
    assert!(line.contains(r#"endpoint="events" delivery_id="d-1" event="push""#), "{line}");
    assert!(line.contains("at items[0].price: missing field `price`"), "{line}");
}

#[tokio::test]
async fn a_failed_event_of_a_batch_says_its_text() {
    #[derive(Deserialize)]
    struct One {
        number: u32,
    }
    #[webhook(path = "/webhook", provider = LINE)]
    async fn one_by_one(one: One) -> Result<(), String> {
        assert!(one.number != 3, "three is too many");
        if one.number == 1 { Err("one is not enough".to_owned()) } else { Ok(()) }
    }
    let send = |body: &'static str| {
        let mut request = post(PATH, sign(&LINE, SECRET, body.as_bytes()), body);
        set(&mut request, "content-type", "application/json");
        request
    };
    let router = router::<one_by_one>();
    let (warnings, _guard) = Warnings::start();
    let body = r#"{"events":[{"number":1},{"number":2},{"number":3},{"number":"4"}]}"#;
    assert_eq!(status(&router, send(body)).await, 500);
    let lines = warnings.lines();
    assert_eq!(lines.len(), 4, "{lines:#?}");
    for (line, index, text) in [
        (&lines[0], "index=0 status=500", "one is not enough"),
        (&lines[1], "index=2 status=500", "the handler panicked: three is too many"),
        (&lines[2], "index=3 status=422", "number: invalid type: string, expected u32"),
        (&lines[3], "endpoint=\"one_by_one\"", "the batch failed"),
    ] {
        assert!(line.contains(index) && line.contains(text), "{text}: {line}");
    }
    // The only event of a batch responds for all.
    assert_eq!(status(&router, send(r#"{"events":[{"number":1}]}"#)).await, 500);
    assert!(warnings.line().contains("one is not enough"));
    // At most twenty failures are traced one by one.
    let many = format!(r#"{{"events":[{}]}}"#, [r#"{"number":1}"#; 100].join(","));
    assert_eq!(status(&router, send(many.leak())).await, 500);
    assert_eq!(warnings.lines().len(), 21);
}

#[tokio::test(start_paused = true)]
async fn a_background_handler_says_why_it_failed() {
    #[webhook(path = "/webhook", provider = GITHUB, respond_within = Duration::from_secs(2))]
    async fn slow(_: &Delivery) -> Result<(), &'static str> {
        tokio::time::sleep(Duration::from_secs(5)).await;
        Err("too late")
    }
    let hooks = webhooks::<slow>();
    let background = hooks.background_handlers();
    let router = hooks.into_router().expect("nothing is wrong with it");
    let (warnings, _guard) = Warnings::start();
    assert_eq!(status(&router, from_github("{}")).await, 202);
    background.wait().await;
    let lines = warnings.lines();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].starts_with("WARN the handler failed"), "{}", lines[0]);
    assert!(lines[0].contains("too late"), "{}", lines[0]);
    assert!(lines[1].starts_with("ERROR the handler failed after the early"), "{}", lines[1]);
    for line in lines {
        assert!(line.contains(r#"endpoint="slow" delivery_id="d-1""#), "{line}");
    }
}

/// A layer around the handler sees the response, and cannot hide the text.
#[tokio::test]
async fn layers_do_not_hide_a_failure() {
    async fn swallow(
        request: axum::extract::Request,
        next: axum::middleware::Next,
    ) -> http::StatusCode {
        let response = next.run(request).await;
        let seen = response.extensions().get::<Rejection>();
        assert_eq!(seen, Some(&Rejection::HandlerFailed));
        http::StatusCode::OK
    }
    let hooks = common::webhooks::<github>().verified_layer(axum::middleware::from_fn(swallow));
    let router = hooks.into_router().expect("nothing is wrong with it");
    let (warnings, _guard) = Warnings::start();
    assert_eq!(status(&router, from_github("{}")).await, 200);
    assert!(warnings.line().contains("no stock left"));
}

#[tokio::test]
async fn an_event_of_a_batch_that_does_not_fit_says_where() {
    #[webhook(path = "/webhook", provider = LINE)]
    async fn all(batch: Batch<'_, Item>) -> Result<(), Rejection> {
        batch.all().map(drop)
    }
    let body = r#"{"events":[{"price":1},{"price":"a secret"}]}"#;
    let mut request = post(PATH, sign(&LINE, SECRET, body.as_bytes()), body);
    set(&mut request, "content-type", "application/json");
    let router = router::<all>();
    let (warnings, _guard) = Warnings::start();
    assert_eq!(status(&router, request).await, 422);
    let line = warnings.line();
    assert!(line.contains("at [1].price: invalid type: string, expected u64"), "{line}");
}

/// Two handlers of one program, so that failures are those of their own deliveries.
#[tokio::test]
async fn failures_are_told_apart() {
    #[webhook(path = "/fails")]
    async fn fails(_: &Delivery) -> Result<(), String> {
        tokio::task::yield_now().await;
        Err("failed".to_owned())
    }
    #[webhook(path = "/works")]
    async fn works(_: &Delivery) -> Result<(), String> {
        tokio::task::yield_now().await;
        Ok(())
    }
    fn secret<H: Webhook<()>>(hooks: Webhooks) -> Webhooks {
        hooks.mount::<H>().secrets::<H>([Secret::new(SECRET)])
    }
    let hooks = secret::<works>(secret::<fails>(Webhooks::new()));
    let router = hooks.into_router().expect("nothing is wrong with it");
    let (warnings, _guard) = Warnings::start();
    let (one, two) = tokio::join!(
        status(&router, common::delivery_to("/fails", "{}")),
        status(&router, common::delivery_to("/works", "{}")),
    );
    assert_eq!((one, two), (500, 200));
    assert!(warnings.line().contains(r#"endpoint="fails""#));
}
