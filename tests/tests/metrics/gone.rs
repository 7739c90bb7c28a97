//! Requests that end without a response: each is counted once, and nothing of it stays in a gauge.

use std::{net::IpAddr, time::Duration};

use axum::{Router, body::Body, extract::Request};
use tokio::time::timeout;
use webhook_runtime::{Delivery, Inbox, Secret, Webhooks, webhook};
use webhook_test_store::Database;

use crate::{
    common::{End, SECRET, Script, delivery_to, status, webhooks},
    recorder::{install, until, value, with},
};

/// The requests to an endpoint that were counted: the outcome, the reason, and how many.
fn counted(endpoint: &str) -> Vec<(String, f64)> {
    let all = with(&format!("webhook_requests_total{{endpoint={endpoint},"));
    let outcome = |name: &str| {
        let (_, labels) = name.split_once("outcome=").expect("a label");
        labels.trim_end_matches('}').replace("reason=", "")
    };
    all.into_iter().map(|(name, count)| (outcome(&name), count)).collect()
}

fn expected(all: &[(&str, f64)]) -> Vec<(String, f64)> {
    all.iter().map(|(outcome, count)| ((*outcome).to_owned(), *count)).collect()
}

/// Sends a request, and drops it in the middle.
async fn drop_soon(router: &Router, request: Request) {
    let dropped = timeout(Duration::from_millis(100), status(router, request)).await;
    assert!(dropped.is_err(), "it has a response: {dropped:?}");
}

fn unfinished(uri: &str) -> Request {
    let mut request = delivery_to(uri, "{}");
    *request.body_mut() = Body::from(Script::new(["{"], End::Silence));
    request
}

#[webhook(path = "/gone")]
async fn gone(delivery: &Delivery) {
    if &delivery.body()[..] == b"\"waits\"" {
        std::future::pending::<()>().await;
    }
}

#[tokio::test]
async fn dropped_requests_are_counted_once() {
    install();
    let router = webhooks::<gone>().into_router().unwrap();
    drop_soon(&router, unfinished("/gone")).await;
    assert_eq!(counted("gone"), expected(&[("refused,no_response", 1.0)]));
    drop_soon(&router, delivery_to("/gone", "\"waits\"")).await;
    assert_eq!(status(&router, delivery_to("/gone", "{}")).await, 200);
    let all = [("accepted,", 1.0), ("failed,no_response", 1.0), ("refused,no_response", 1.0)];
    assert_eq!(counted("gone"), expected(&all));
    let times = "webhook_request_duration_seconds{endpoint=gone,provider=hmac-sha256-hex}";
    assert_eq!(value(times), Some(3.0), "each is timed");
}

#[webhook(path = "/early", respond_within = Duration::from_millis(50))]
async fn early(_: &Delivery) {
    tokio::time::sleep(Duration::from_millis(300)).await;
    panic!("on purpose, after the response");
}

/// A handler that goes on in the background does not count its request again.
#[tokio::test]
async fn early_responses_are_counted_once() {
    install();
    let hooks = webhooks::<early>();
    let background = hooks.background_handlers();
    let router = hooks.into_router().unwrap();
    assert_eq!(status(&router, delivery_to("/early", "{}")).await, 202);
    background.wait().await;
    assert_eq!(counted("early"), expected(&[("accepted,", 1.0)]));
}

#[webhook(path = "/broken")]
async fn broken(_: &Delivery) {}

/// Something in the program panics that is not a handler.
#[tokio::test]
async fn panics_around_the_handler_are_counted_once() {
    install();
    let peer_ip = |_: &http::request::Parts| -> Option<IpAddr> { panic!("on purpose") };
    let router = webhooks::<broken>().peer_ip(peer_ip).into_router().unwrap();
    let asked = tokio::spawn(async move { status(&router, delivery_to("/broken", "{}")).await });
    assert!(asked.await.is_err(), "it panics");
    assert_eq!(counted("broken"), expected(&[("refused,no_response", 1.0)]));
}

#[webhook(path = "/stored-late", inbox)]
async fn stored_late(_: &Delivery) {}

/// A delivery is stored although its sender does not wait for it.
#[tokio::test]
async fn what_is_stored_for_nobody_is_counted_by_both() {
    install();
    let database = Database::default();
    let held = database.hold().await;
    let hooks = Webhooks::new().mount::<stored_late>().inbox(Inbox::with_store(database.connect()));
    let router = hooks.secrets::<stored_late>([Secret::new(SECRET)]).into_router().unwrap();
    drop_soon(&router, delivery_to("/stored-late", "{}")).await;
    drop(held);
    let acknowledged = "webhook_inbox_acknowledged_total{endpoint=stored_late}";
    until("it is stored", || value(acknowledged) == Some(1.0)).await;
    assert_eq!(counted("stored_late"), expected(&[("failed,no_response", 1.0)]));
    assert_eq!(status(&router, delivery_to("/stored-late", "{}")).await, 202);
    let both = [("duplicate,", 1.0), ("failed,no_response", 1.0)];
    assert_eq!(counted("stored_late"), expected(&both));
}
