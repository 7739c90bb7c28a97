//! From a verified delivery to the answer: the handler behind its gate, called once or once an item,
//! within the time that the sender waits.

pub(crate) mod late;
pub(crate) mod layers;

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    extract::Request,
    handler::Handler,
    response::{IntoResponse, Response},
    routing::{MethodRouter, Route, any},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use tower_layer::Layer;
use tower_service::Service;
use tracing::{Instrument, Span};

#[cfg(feature = "inbox")]
use crate::inbox::Inbox;
use crate::{
    delivery::{Delivery, FailedItem, Rejection, Unit, rejection::is_worth_another_try},
    dispatch::{late::Patience, layers::Around},
    endpoint::{Endpoint, HandlerFuture, Verified},
    receive::{
        Gate,
        body::{drain, unread},
    },
    support::panic::catch_panic,
    verify::Items,
};

pub use late::LateHandlers;
pub use layers::EndpointLayer;

/// What a request comes upon first: the gate, and how long the answer waits for what is behind it.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) gate: Arc<Gate>,
    pub(crate) patience: Option<Patience>,
    /// Where deliveries are stored, instead of being handled before the answer.
    #[cfg(feature = "inbox")]
    pub(crate) inbox: Option<Inbox>,
}

impl Front {
    /// With a handler right behind it.
    pub(crate) fn before<S>(self, inner: Inner<S>) -> MethodRouter<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        any(Mounted { front: self, inner })
    }

    /// With layers behind it, which see verified deliveries only, and the handler in their midst.
    pub(crate) fn before_layers<S>(self, layered: MethodRouter<S>) -> MethodRouter<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        layered.layer(self)
    }

    /// Answers a request, by `handle` where it is a delivery.
    fn answer<F>(self, request: Request, handle: F) -> HandlerFuture
    where
        F: FnOnce(Delivery, Parts) -> HandlerFuture + Send + 'static,
    {
        let span = self.gate.span();
        let (mut parts, body) = request.into_parts();
        let head = self.gate.judge_head(&parts, &body);
        let head = match head {
            Err(fault) if !self.gate.may_be_handshake(&parts, &fault) => {
                // Most of a flood ends here, for little more than axum's own 404.
                let unread = unread(&parts.headers, body);
                let answer = if span.is_disabled() {
                    self.gate.refuse_at_sight(fault, parts)
                } else {
                    span.in_scope(|| told(self.gate.refuse_at_sight(fault, parts)))
                };
                return Box::pin(async move {
                    drain(unread).await;
                    answer
                });
            }
            head => head,
        };
        let story = async move {
            let delivery = match self.gate.receive(head, &mut parts, body).await {
                Ok(delivery) => delivery,
                Err(refusal) => {
                    #[cfg(feature = "limit")]
                    if let Some(rejection) = refusal.extensions().get() {
                        self.gate.limiters.charge(&parts, rejection);
                    }
                    return refusal;
                }
            };
            #[cfg(feature = "inbox")]
            if let Some(inbox) = &self.inbox {
                let answer = inbox.acknowledge(&self.gate.endpoint, &delivery, &parts).await;
                return self.gate.as_wished(answer);
            }
            let running = unless_it_panics(handle(delivery, parts));
            let answer = match self.patience {
                None => running.await,
                Some(patience) => patience.answer(Box::pin(running)).await,
            };
            self.gate.as_wished(answer)
        };
        if span.is_disabled() {
            Box::pin(story)
        } else {
            Box::pin(async move { told(story.await) }.instrument(span))
        }
    }
}

/// A gate with the handler right behind it, as axum wants it.
struct Mounted<S> {
    front: Front,
    inner: Inner<S>,
}

impl<S> Clone for Mounted<S> {
    fn clone(&self) -> Self {
        Self { front: self.front.clone(), inner: self.inner }
    }
}

impl<S: Clone + Send + Sync + 'static> Handler<(), S> for Mounted<S> {
    type Future = HandlerFuture;

    fn call(self, request: Request, state: S) -> HandlerFuture {
        let Self { front, inner } = self;
        front.answer(request, move |delivery, parts| {
            inner.run(Verified::new(delivery, parts, state))
        })
    }
}

impl Layer<Route> for Front {
    type Service = Gated;

    fn layer(&self, inside: Route) -> Gated {
        Gated { front: self.clone(), inside }
    }
}

/// A gate with layers behind it.
#[derive(Clone)]
pub(crate) struct Gated {
    front: Front,
    inside: Route,
}

impl Service<Request> for Gated {
    type Response = Response;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        <Route as Service<Request>>::poll_ready(&mut self.inside, context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let mut inside = self.inside.clone();
        let answer = self.front.clone().answer(request, move |delivery, parts| {
            Box::pin(async move {
                let Ok(answer) = inside.call(as_request(delivery, parts)).await;
                answer
            })
        });
        Box::pin(async move { Ok(answer.await) })
    }
}

/// The delivery that has passed the gate: what layers behind it do to the public extension, they
/// cannot do to this one.
#[derive(Clone)]
struct Passed(Delivery);

/// A verified request as layers see it: whole again, with the delivery as an extension.
pub(crate) fn as_request(delivery: Delivery, mut parts: Parts) -> Request {
    parts.headers.clone_from(delivery.headers());
    let body = Body::from(delivery.body().clone());
    parts.extensions.insert(Passed(delivery.clone()));
    parts.extensions.insert(delivery);
    Request::from_parts(parts, body)
}

/// The function that the attribute left behind, and what its payload is made of.
pub(crate) struct Inner<S> {
    call: fn(Verified<S>) -> HandlerFuture,
    /// The name of the function, which is that of the endpoint.
    name: &'static str,
    /// Where the items are that it is called for, one by one.
    items: Option<&'static Items>,
}

impl<S> Copy for Inner<S> {}

impl<S> Clone for Inner<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Clone + Send + Sync + 'static> Inner<S> {
    pub(crate) fn new(endpoint: &Endpoint, call: fn(Verified<S>) -> HandlerFuture) -> Self {
        let one_by_one = endpoint.takes.unit == Unit::Item;
        let items = endpoint.provider.items_source().filter(|_| one_by_one);
        Self { call, name: endpoint.name, items }
    }

    /// With layers around it, the innermost first.
    pub(crate) fn within(self, layers: Vec<Around<S>>) -> MethodRouter<S> {
        layers.into_iter().fold(any(self), |inside, around| around(inside))
    }

    fn run(self, verified: Verified<S>) -> HandlerFuture {
        match self.items {
            Some(items) if !verified.delivery().is_item() => Box::pin(self.each(items, verified)),
            _ => (self.call)(verified),
        }
    }

    /// Calls the handler for each event of a batch in turn. One that fails stops no other.
    async fn each(self, items: &'static Items, verified: Verified<S>) -> Response {
        let places = match verified.delivery().items(items) {
            Ok(places) => places,
            Err(rejection) => {
                tracing::info!(reason = %rejection, "refused the batch");
                return rejection.into_response();
            }
        };
        let is_single = places.len() == 1;
        let mut failures = Failures::default();
        for (index, place) in places.into_iter().enumerate() {
            let item = verified.of_item(index, place);
            let answer = unless_it_panics((self.call)(item)).await;
            if is_single {
                return answer;
            }
            if !answer.status().is_success() {
                failures.add(index, &answer);
            }
            if index % AT_A_TIME == AT_A_TIME - 1 {
                tokio::task::yield_now().await;
            }
        }
        failures.into_response()
    }
}

/// After how many events others have their turn: handlers that never wait would keep them out.
const AT_A_TIME: usize = 32;

/// How many failures of a batch the trace tells one by one.
const MOST_TOLD: usize = 20;

/// The events of a batch that were not taken.
#[derive(Default)]
struct Failures {
    failed: Vec<FailedItem>,
    retry_after: Option<Duration>,
}

impl Failures {
    fn add(&mut self, index: usize, answer: &Response) {
        let status = answer.status();
        if self.failed.len() < MOST_TOLD {
            tracing::warn!(index, status = status.as_u16(), "an event of the batch was not taken");
        }
        if is_worth_another_try(status) {
            self.retry_after = self.retry_after.max(retry_after(answer));
        }
        self.failed.push(FailedItem::new(index, status));
    }

    fn into_response(self) -> Response {
        if self.failed.is_empty() {
            return StatusCode::OK.into_response();
        }
        let rejection = Rejection::Items { failed: self.failed };
        tracing::warn!(reason = %rejection, "the batch was not taken as a whole");
        let mut response = rejection.into_response();
        if let Some(after) = self.retry_after {
            let seconds = HeaderValue::from(after.as_secs());
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// What `Retry-After` asks for, in seconds. As a date it is passed over: clocks differ.
pub(crate) fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The inside of the layers.
impl<S: Clone + Send + Sync + 'static> Handler<(), S> for Inner<S> {
    type Future = HandlerFuture;

    fn call(self, request: Request, state: S) -> HandlerFuture {
        let (mut parts, _) = request.into_parts();
        let passed = parts.extensions.remove::<Passed>().map(|Passed(delivery)| delivery);
        // A layer may have made a request of its own, and taken along what is public.
        let delivery = passed.or_else(|| {
            let delivery = parts.extensions.get::<Delivery>();
            delivery.filter(|delivery| delivery.endpoint() == self.name).cloned()
        });
        let Some(delivery) = delivery else {
            tracing::error!("a layer around the handler has taken the delivery away");
            return Box::pin(async { StatusCode::INTERNAL_SERVER_ERROR.into_response() });
        };
        parts.extensions.insert(delivery.clone());
        self.run(Verified::complete(delivery, parts, state))
    }
}

/// Records on the span how the delivery was answered.
fn told(response: Response) -> Response {
    let status = response.status().as_u16();
    Span::current().record("outcome", status);
    tracing::info!(status, "answered");
    response
}

/// Runs a handler; one that panics is answered by 500, and everything else lives on.
async fn unless_it_panics(handler: HandlerFuture) -> Response {
    catch_panic(handler).await.unwrap_or_else(|_| {
        tracing::error!(reason = "the handler panicked", "failed");
        Rejection::Panicked.into_response()
    })
}
