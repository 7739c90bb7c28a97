//! Extractors, and webhooks in the router of an application.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Extension, Router,
    body::Body,
    extract::{FromRef, OriginalUri, Path, RawQuery, State},
    middleware,
    routing::get,
};
use http::{HeaderMap, Method, Request, StatusCode};
use webhook_runtime::{Delivery, Secret, Webhooks, webhook};

use crate::{
    ORDER, Order,
    common::{PATH, SECRET, ask, delivery, delivery_to, post, router, set, status},
    echo, order_paid,
};

#[derive(Clone)]
struct App {
    name: &'static str,
    handled: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Name(&'static str);

impl FromRef<App> for Name {
    fn from_ref(app: &App) -> Self {
        Self(app.name)
    }
}

#[derive(Clone)]
struct Region(&'static str);

/// `RawQuery` stands for axum's other query extractors, which are optional features.
#[webhook(path = "/shops/{shop}/orders/{order}")]
#[allow(clippy::too_many_arguments, reason = "all of them are what is tested")]
async fn extractors(
    State(app): State<App>,
    State(Name(name)): State<Name>,
    Path((shop, number)): Path<(String, u32)>,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    OriginalUri(uri): OriginalUri,
    Extension(Region(region)): Extension<Region>,
    delivery: Delivery,
    order: Order<'_>,
) -> String {
    app.handled.fetch_add(1, Ordering::Relaxed);
    let kind = headers["content-type"].to_str().expect("text");
    let query = query.as_deref().unwrap_or("-");
    let length = delivery.body().len();
    format!("{name} {shop} {number} {method} {kind} {query} {uri} {region} {length} {}", order.note)
}

fn app() -> (App, Router) {
    let app = App { name: "app", handled: Arc::default() };
    let hooks = Webhooks::new()
        .mount::<extractors>()
        .secrets::<extractors>([Secret::new(SECRET)])
        .into_router()
        .expect("nothing is wrong with it");
    let router = Router::new()
        .route("/", get(|| async { "home" }))
        .nest("/hooks", hooks)
        .layer(Extension(Region("north")))
        .fallback(|| async { (StatusCode::NOT_FOUND, "nothing here") })
        .with_state(app.clone());
    (app, router)
}

#[tokio::test]
async fn handlers_take_axum_extractors() {
    let (app, router) = app();
    let request = delivery_to("/hooks/shops/caf%C3%A9/orders/3?a=b&c", ORDER);
    let answer = ask(&router, request).await;
    assert_eq!(
        answer.text(),
        "app café 3 POST application/json a=b&c /hooks/shops/caf%C3%A9/orders/3?a=b&c north 27 \
         with care"
    );
    assert_eq!(app.handled.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_rejecting_extractor_answers() {
    let (app, router) = app();
    let answer = ask(&router, delivery_to("/hooks/shops/a/orders/none", "not an order")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().starts_with("Invalid URL"), "axum's words: {}", answer.text());
    assert_eq!(app.handled.load(Ordering::Relaxed), 0);
}

/// Extractors may be costly, or reveal something, so they run after verification only.
#[tokio::test]
async fn no_extractor_runs_for_a_forgery() {
    let (_, router) = app();
    let mut request = delivery_to("/hooks/shops/a/orders/none", ORDER);
    set(&mut request, "x-signature", &"0".repeat(64));
    assert_eq!(status(&router, request).await, 401);
}

#[tokio::test]
async fn the_delivery_extractor_needs_a_webhook() {
    let router: Router = Router::new().route("/", get(|_: Delivery| async { "never" }));
    let request = Request::get("/").body(Body::empty()).expect("a request");
    assert_eq!(status(&router, request).await, 500);
}

#[tokio::test]
async fn webhooks_live_beside_other_routes() {
    let (_, app) = app();
    let app = app.merge(router::<order_paid>());
    let get = |uri: &str| Request::get(uri).body(Body::empty()).expect("a request");
    assert_eq!(ask(&app, get("/")).await.text(), "home");
    assert_eq!(ask(&app, get("/elsewhere")).await.text(), "nothing here");
    assert_eq!(ask(&app, delivery_to("/hooks", ORDER)).await.text(), "nothing here");
    assert_eq!(ask(&app, delivery_to("/webhook/", ORDER)).await.text(), "nothing here");
    assert_eq!(ask(&app, delivery(ORDER)).await.text(), "7: with care");
    // The application's fallback does not replace the endpoint's rejections.
    assert_eq!(status(&app, get(PATH)).await, 405);
    assert_eq!(status(&app, post(PATH, HeaderMap::new(), ORDER)).await, 401);
}

#[tokio::test]
async fn a_body_changed_by_a_layer_is_a_forgery() {
    let changed = middleware::from_fn(async |request: Request<Body>, next: middleware::Next| {
        next.run(request.map(|_| Body::from("changed"))).await
    });
    let router = router::<echo>();
    assert_eq!(status(&router.clone().layer(changed), delivery(ORDER)).await, 401);
    assert_eq!(status(&router, delivery(ORDER)).await, 200);
}
