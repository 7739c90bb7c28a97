//! Deliveries, which only a mounted endpoint can make.

use std::sync::{Arc, OnceLock};

use axum::{body::Body, extract::State};
use http::{HeaderValue, Request, header};
use tower_service::Service as _;
use webhook_runtime::{
    Delivery, Provider, Secret, Webhook, Webhooks,
    providers::{GITHUB, STRIPE},
    scheme::RequestToSign,
    webhook,
};

const SECRET: &str = "it's-a-fixture-secret";

type Kept = Arc<OnceLock<Delivery>>;

#[webhook(path = "/webhook", provider = GITHUB)]
async fn github(State(kept): State<Kept>, delivery: &Delivery) {
    kept.get_or_init(|| delivery.clone());
}

#[webhook(path = "/webhook", provider = STRIPE)]
async fn stripe(State(kept): State<Kept>, delivery: &Delivery) {
    kept.get_or_init(|| delivery.clone());
}

/// What GitHub delivers.
pub(crate) fn of_github(event: &'static str, body: &str) -> Delivery {
    let mut request = signed(&GITHUB, body);
    request.headers_mut().insert("x-github-event", HeaderValue::from_static(event));
    delivered::<github>(request)
}

/// What Stripe delivers.
pub(crate) fn of_stripe(body: &str) -> Delivery {
    delivered::<stripe>(signed(&STRIPE, body))
}

fn signed(provider: &Provider, body: &str) -> Request<Body> {
    let outgoing = RequestToSign::new(body.as_bytes());
    let signed = provider.sign(&Secret::new(SECRET), &outgoing).expect("a secret");
    let mut request = Request::post("/webhook").body(body.to_owned().into()).expect("a request");
    *request.headers_mut() = signed.headers;
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    request
}

fn delivered<H: Webhook<Kept>>(request: Request<Body>) -> Delivery {
    let kept = Kept::default();
    let hooks = Webhooks::new().mount::<H>().secrets::<H>([Secret::new(SECRET)]);
    let mut router = hooks.into_router().expect("an endpoint").with_state(Arc::clone(&kept));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(answer) = runtime.expect("a runtime").block_on(router.call(request));
    assert!(answer.status().is_success(), "{}", answer.status());
    kept.get().expect("a delivery").clone()
}
