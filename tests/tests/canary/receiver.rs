//! Endpoints of any provider, whose handlers print every library value that they can get.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use serde::Deserialize;
use tower::ServiceExt as _;
use webhook_runtime::{
    __private::{HandlerFuture, HandlerInput},
    Delivery, Endpoint, KeySource, Provider, SourceError, Webhook, Webhooks,
    providers::HMAC_SHA256_HEX,
    scheme::KeyRequest,
    webhook,
};

use super::{
    recorder::ON_PURPOSE,
    sender::{ORIGIN, Sender},
};

/// Every library value that a handler can print.
fn all_of(delivery: &Delivery, headers: &HeaderMap) -> String {
    let encoded = delivery.raw_event();
    let misfit = delivery.decode::<Misfit>().err();
    format!(
        "{delivery:?} {delivery:#?} {headers:?} {:?} {:#?} {encoded:?} {:?} {:?} {misfit:?} {} {}",
        delivery.headers(),
        delivery.headers(),
        delivery.tenant(),
        delivery.secret_name(),
        misfit.as_ref().map(ToString::to_string).unwrap_or_default(),
        delivery.endpoint(),
    )
}

/// Follows the header `x-do`.
#[webhook(path = "/any")]
async fn any(
    State(_): State<Heard>,
    headers: HeaderMap,
    delivery: &Delivery,
) -> Result<String, StatusCode> {
    let all = all_of(delivery, &headers);
    let says = delivery.headers().get("x-do").and_then(|value| value.to_str().ok());
    match says.unwrap_or_default() {
        "panic" => panic!("{ON_PURPOSE}: {all}"),
        "trace" => tracing::warn!(?delivery, headers = ?delivery.headers(), "{all}"),
        "fail" => return Err(StatusCode::INTERNAL_SERVER_ERROR),
        "refuse" => return Err(StatusCode::UNPROCESSABLE_ENTITY),
        // For the self-check: a handler should never write this.
        "leak" => {
            tracing::warn!("{:?}", delivery.headers().get("x-leak").map(HeaderValue::as_bytes));
        }
        _ => {}
    }
    Ok(all)
}

/// A payload that no body fits.
#[derive(Deserialize)]
pub(crate) struct Misfit {
    #[allow(dead_code, reason = "it is never there")]
    missing_in_every_body: u64,
}

#[webhook(path = "/misfit")]
async fn misfit(State(_): State<Heard>, _: Misfit) {}

thread_local! {
    static PROVIDER: RefCell<&'static Provider> = const { RefCell::new(&HMAC_SHA256_HEX) };
}

/// [`any`] with whatever provider the test is about.
pub(crate) enum Any {}

/// The same, behind an inbox.
pub(crate) enum Stored {}

/// [`misfit`] with it.
pub(crate) enum Misfits {}

fn endpoint(name: &'static str, path: &'static str) -> Endpoint {
    Endpoint::new(name, module_path!(), path).provider(PROVIDER.with_borrow(|it| *it))
}

impl Webhook<Heard> for Any {
    fn endpoint() -> Endpoint {
        endpoint("any", "/any")
    }

    fn call(verified: HandlerInput<Heard>) -> HandlerFuture {
        <any as Webhook<Heard>>::call(verified)
    }
}

impl Webhook<Heard> for Stored {
    fn endpoint() -> Endpoint {
        // Stored deliveries are told apart by this name.
        endpoint(PROVIDER.with_borrow(|it| it.name()), "/any").inbox()
    }

    fn call(verified: HandlerInput<Heard>) -> HandlerFuture {
        <any as Webhook<Heard>>::call(verified)
    }
}

impl Webhook<Heard> for Misfits {
    fn endpoint() -> Endpoint {
        endpoint("misfit", "/misfit")
    }

    fn call(verified: HandlerInput<Heard>) -> HandlerFuture {
        <misfit as Webhook<Heard>>::call(verified)
    }
}

/// Chooses the provider of the endpoints that are mounted next, on this thread.
pub(crate) fn choose(provider: &'static Provider) {
    PROVIDER.set(provider);
}

/// Every answer, with everything that the peer and the layers can see.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Said>>>);

/// One answer.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) text: Vec<u8>,
}

impl Heard {
    fn all(&self) -> MutexGuard<'_, Vec<Said>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn take(&self) -> Vec<Said> {
        std::mem::take(&mut *self.all())
    }
}

/// Records the answer.
async fn noted(State(heard): State<Heard>, request: Request, next: Next) -> Response {
    let answer = next.run(request).await;
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.expect("an answer's body").to_bytes();
    let rejection = parts.extensions.get::<webhook_runtime::Rejection>();
    let mut text = format!("{parts:?} {:?} {rejection:?}\n", parts.extensions).into_bytes();
    for (name, value) in &parts.headers {
        // The value as it is sent, even if it is marked as sensitive.
        text.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
    }
    text.extend(&body);
    heard.all().push(Said { status: parts.status.as_u16(), text });
    Response::from_parts(parts, Body::from(body))
}

/// Records every answer of this router.
pub(crate) fn heard(webhooks: Webhooks<Heard>, heard: &Heard) -> Webhooks<Heard> {
    webhooks.layer(from_fn_with_state(heard.clone(), noted))
}

/// The endpoints of a provider, with everything but secrets.
pub(crate) fn webhooks(sender: &Sender, all: &Heard) -> Webhooks<Heard> {
    choose(sender.provider);
    heard(Webhooks::new(), all).public_url(ORIGIN).key_source(NoKeys).clock(sender.now)
}

/// The endpoints of a provider, with the sender's secrets.
pub(crate) fn router(sender: &Sender, heard: &Heard, verify_token: &str) -> Router {
    let secrets = || {
        let older = sender.rotates().then(|| sender.older.clone().with_name("OLDER"));
        [sender.known.clone().with_name("KNOWN")].into_iter().chain(older)
    };
    webhooks(sender, heard)
        .mount::<Any>()
        .mount::<Misfits>()
        .secrets::<Any>(secrets())
        .secrets::<Misfits>(secrets())
        .verify_token::<Any>(webhook_runtime::Secret::new(verify_token))
        .verify_token::<Misfits>(webhook_runtime::Secret::new(verify_token))
        .into_router()
        .unwrap_or_else(|error| panic!("{}: {error}", sender.provider.name()))
        .with_state(heard.clone())
}

pub(crate) async fn ask(router: &Router, request: Request) -> u16 {
    let Ok(answer) = router.clone().oneshot(request).await;
    answer.into_response().status().as_u16()
}

/// A key source without keys, which fails in every way.
struct NoKeys;

impl KeySource for NoKeys {
    async fn fetch(&self, key: &KeyRequest) -> Result<Bytes, SourceError> {
        match key {
            KeyRequest::Url(_) => Ok(Bytes::from_static(b"no certificate")),
            _ => Err(SourceError::unavailable("no keys in this test")),
        }
    }
}
