//! Layers around endpoints and handlers: what they see, and what they cannot change.

mod common;

use std::sync::{Arc, Mutex};

use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use common::{PATH, SECRET, ask, delivery, delivery_to, post, set, sign, status, webhooks};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt as _;
use webhook_runtime::{
    Delivery, Rejection, Secret, StartProblem, Webhooks, providers::LINE, scheme::VerifyError,
    webhook,
};

/// Everything that layers and handlers saw, in order.
type Seen = Arc<Mutex<Vec<String>>>;

fn note(seen: &Seen, line: impl Into<String>) {
    seen.lock().expect("nobody panics holding it").push(line.into());
}

fn take(seen: &Seen) -> Vec<String> {
    std::mem::take(&mut seen.lock().expect("nobody panics holding it"))
}

#[webhook(path = "/webhook")]
async fn paid(
    Extension(seen): Extension<Seen>,
    headers: HeaderMap,
    method: Method,
    delivery: Delivery,
    payload: &Delivery,
) -> &'static str {
    let added = headers.get("x-added").and_then(|value| value.to_str().ok());
    let own = headers.get("content-type").and_then(|value| value.to_str().ok());
    assert_eq!(delivery.body(), payload.body());
    let body = String::from_utf8_lossy(delivery.body());
    note(&seen, format!("handler {method} {body} {added:?} {own:?}"));
    "OK"
}

#[webhook(path = "/other")]
async fn other(Extension(seen): Extension<Seen>, _: &Delivery) {
    note(&seen, "other");
}

/// A layer that records what passes, under a name.
async fn noted(
    State((seen, name)): State<(Seen, &'static str)>,
    request: Request,
    next: Next,
) -> Response {
    let verified = request.extensions().get::<Delivery>().is_some();
    note(&seen, format!("> {name} {verified}"));
    let answer = next.run(request).await;
    let reason = answer.extensions().get::<Rejection>().map(ToString::to_string);
    note(&seen, format!("< {name} {} {}", answer.status().as_u16(), reason.unwrap_or_default()));
    answer
}

#[tokio::test]
async fn layers_run_in_their_places() {
    let seen = Seen::default();
    let named = |name| from_fn_with_state((Arc::clone(&seen), name), noted);
    let router = webhooks::<paid>()
        .mount::<other>()
        .secrets::<other>([Secret::new(SECRET)])
        .layer(named("before all"))
        .layer_on::<paid>(named("before paid"))
        .verified_layer_on::<paid>(named("after paid"))
        .verified_layer(named("after all"))
        .into_router()
        .expect("right")
        .layer(Extension(Arc::clone(&seen)));

    assert_eq!(status(&router, delivery("{}")).await, 200);
    assert_eq!(
        take(&seen),
        [
            "> before paid false",
            "> before all false",
            "> after all true",
            "> after paid true",
            "handler POST {} None Some(\"application/json\")",
            "< after paid 200 ",
            "< after all 200 ",
            "< before all 200 ",
            "< before paid 200 ",
        ]
    );

    assert_eq!(status(&router, delivery_to("/other", "{}")).await, 200);
    let seats = [
        "> before all false",
        "> after all true",
        "other",
        "< after all 200 ",
        "< before all 200 ",
    ];
    assert_eq!(take(&seen), seats);

    // Rejected requests do not pass verification, and the layers before it see the reason.
    let mut forged = delivery("{}");
    *forged.body_mut() = Body::from("[]");
    assert_eq!(status(&router, forged).await, 401);
    let reason = VerifyError::InvalidSignature.to_string();
    assert_eq!(
        take(&seen),
        [
            "> before paid false".to_owned(),
            "> before all false".to_owned(),
            format!("< before all 401 {reason}"),
            format!("< before paid 401 {reason}"),
        ]
    );
    // Layers do not see other paths.
    assert_eq!(status(&router, delivery_to("/elsewhere", "{}")).await, 404);
    assert_eq!(take(&seen), [""; 0]);
}

async fn refuses_all(_: Request, _: Next) -> Response {
    StatusCode::TOO_MANY_REQUESTS.into_response()
}

#[tokio::test]
async fn a_layer_can_answer() {
    let seen = Seen::default();
    let router = webhooks::<paid>().layer(from_fn(refuses_all)).into_router().expect("right");
    let router = router.layer(Extension(Arc::clone(&seen)));
    assert_eq!(status(&router, delivery("{}")).await, 429);

    let router =
        webhooks::<paid>().verified_layer(from_fn(refuses_all)).into_router().expect("right");
    let router = router.layer(Extension(Arc::clone(&seen)));
    assert_eq!(status(&router, delivery("{}")).await, 429);
    let mut forged = delivery("{}");
    *forged.body_mut() = Body::from("[]");
    assert_eq!(status(&router, forged).await, 401);
    assert_eq!(take(&seen), [""; 0]);
}

/// A layer that changes everything it can.
async fn meddles(mut request: Request, next: Next) -> Response {
    set(&mut request, "x-added", "by the layer");
    *request.method_mut() = Method::PUT;
    let (parts, body) = request.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    assert_eq!(body, Bytes::from("{}"), "the layer sees the body");
    next.run(Request::from_parts(parts, Body::from("[\"another\"]"))).await
}

#[tokio::test]
async fn the_handler_gets_the_verified_delivery() {
    let seen = Seen::default();
    let router = webhooks::<paid>().verified_layer(from_fn(meddles)).into_router().expect("right");
    let router = router.layer(Extension(Arc::clone(&seen)));
    assert_eq!(status(&router, delivery("{}")).await, 200);
    let told = "handler PUT {} Some(\"by the layer\") Some(\"application/json\")";
    assert_eq!(take(&seen), [told]);
}

/// A layer that removes the delivery from the request.
async fn remove_delivery(mut request: Request, next: Next) -> Response {
    request.extensions_mut().clear();
    next.run(request).await
}

async fn panics(_: Request, _: Next) -> Response {
    panic!("as it was told to")
}

#[tokio::test]
async fn a_failing_layer_gives_500() {
    let seen = Seen::default();
    let robbed =
        webhooks::<paid>().verified_layer(from_fn(remove_delivery)).into_router().expect("right");
    let robbed = robbed.layer(Extension(Arc::clone(&seen)));
    assert_eq!(status(&robbed, delivery("{}")).await, 500);
    let panicked = webhooks::<paid>().verified_layer(from_fn(panics)).into_router();
    let panicked = panicked.expect("right").layer(Extension(Arc::clone(&seen)));
    assert_eq!(status(&panicked, delivery("{}")).await, 500);
    assert_eq!(take(&seen), [""; 0]);
}

/// The number of running handlers, and its maximum.
#[derive(Clone, Default)]
struct AtATime(Arc<Mutex<(usize, usize)>>);

#[webhook(path = "/webhook")]
async fn counted(Extension(AtATime(now)): Extension<AtATime>, _: &Delivery) {
    {
        let mut now = now.lock().expect("nobody panics holding it");
        now.0 += 1;
        now.1 = now.1.max(now.0);
    }
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    now.lock().expect("nobody panics holding it").0 -= 1;
}

/// A layer makes its service once, not for each request. Otherwise it could not limit anything.
#[tokio::test]
async fn layers_keep_their_state() {
    let limit = || tower::limit::ConcurrencyLimitLayer::new(2);
    for hooks in
        [webhooks::<counted>().layer(limit()), webhooks::<counted>().verified_layer(limit())]
    {
        let seen = AtATime::default();
        let router = hooks.into_router().expect("right").layer(Extension(seen.clone()));
        let all: Vec<_> = (0..12)
            .map(|_| {
                let router = router.clone();
                tokio::spawn(async move { status(&router, delivery("{}")).await })
            })
            .collect();
        for one in all {
            assert_eq!(one.await.expect("no panic"), 200);
        }
        assert_eq!(seen.0.lock().expect("nobody panics holding it").1, 2);
    }
}

/// A layer that swaps the delivery for another one.
async fn swap_delivery(
    State(kept): State<Arc<Mutex<Option<Delivery>>>>,
    mut request: Request,
    next: Next,
) -> Response {
    let own = request.extensions().get::<Delivery>().cloned();
    let kept = std::mem::replace(&mut *kept.lock().expect("nobody panics holding it"), own);
    if let Some(kept) = kept {
        request.extensions_mut().insert(kept);
    }
    next.run(request).await
}

#[tokio::test]
async fn layers_cannot_swap_deliveries() {
    let seen = Seen::default();
    let layer = from_fn_with_state(Arc::default(), swap_delivery);
    let router = webhooks::<paid>().verified_layer(layer).into_router().expect("right");
    let router = router.layer(Extension(Arc::clone(&seen)));
    for body in ["[1]", "[2]"] {
        assert_eq!(status(&router, delivery(body)).await, 200);
    }
    let told = |body| format!("handler POST {body} None Some(\"application/json\")");
    assert_eq!(take(&seen), [told("[1]"), told("[2]")]);
}

#[webhook(path = "/webhook", provider = LINE)]
async fn line(Extension(seen): Extension<Seen>, delivery: Delivery, text: String) {
    note(&seen, format!("{:?} {text}", delivery.raw_event().index()));
}

#[tokio::test]
async fn batches_pass_layers_once() {
    let seen = Seen::default();
    let layer = from_fn_with_state((Arc::clone(&seen), "after"), noted);
    let router = webhooks::<line>().verified_layer(layer).into_router().expect("right");
    let router = router.layer(Extension(Arc::clone(&seen)));
    let body = r#"{"events":["a","b"]}"#;
    let request = post(PATH, sign(&LINE, SECRET, body.as_bytes()), body);
    assert_eq!(ask(&router, request).await.status.as_u16(), 200);
    assert_eq!(take(&seen), ["> after true", "Some(0) a", "Some(1) b", "< after 200 "]);
}

#[tokio::test]
async fn layers_of_unmounted_endpoints_fail_the_start() {
    let layer = || from_fn(refuses_all);
    let not_mounted = [StartProblem::NotMounted { endpoint: "other" }];
    let before: Webhooks = webhooks::<paid>().layer_on::<other>(layer());
    let after: Webhooks = webhooks::<paid>().verified_layer_on::<other>(layer());
    for hooks in [before, after] {
        let error = hooks.into_router().expect_err("it is not mounted");
        assert_eq!(error.problems(), not_mounted);
    }
}
