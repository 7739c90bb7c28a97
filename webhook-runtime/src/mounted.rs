//! From a verified delivery to the answer: the handler behind its gate, called once or once an item,
//! within the time that the sender waits.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::Poll,
};

use axum::{
    body::Body,
    extract::Request,
    handler::Handler,
    response::{IntoResponse, Response},
    routing::{MethodRouter, any},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use tracing::{Instrument, Span};

#[cfg(feature = "inbox")]
use crate::inbox::Inbox;
use crate::{
    delivery::Delivery,
    endpoint::{HandlerFuture, Verified},
    late::Patience,
    layers::Around,
    payload::Unit,
    provider::Items,
    receive::Gate,
    rejection::{FailedItem, Rejection, is_worth_another_try},
};

/// A gate with the handler behind it, as axum wants it.
pub(crate) struct Mounted<S> {
    pub(crate) gate: Arc<Gate>,
    pub(crate) handler: Behind<S>,
    pub(crate) patience: Option<Patience>,
    /// Where deliveries are stored, instead of being handled before the answer.
    #[cfg(feature = "inbox")]
    pub(crate) inbox: Option<Inbox>,
}

/// What is behind the gate.
pub(crate) enum Behind<S> {
    Handler(Inner<S>),
    /// The handler with layers around it, which see verified deliveries only.
    Layers(Box<MethodRouter<S>>),
}

/// The function that the attribute left behind, and what its payload is made of.
pub(crate) struct Inner<S> {
    pub(crate) call: fn(Verified<S>) -> HandlerFuture,
    /// Where the items are that it is called for, one by one.
    pub(crate) items: Option<&'static Items>,
}

impl<S> Clone for Mounted<S> {
    fn clone(&self) -> Self {
        let (gate, handler) = (Arc::clone(&self.gate), self.handler.clone());
        Self {
            gate,
            handler,
            patience: self.patience.clone(),
            #[cfg(feature = "inbox")]
            inbox: self.inbox.clone(),
        }
    }
}

impl<S> Clone for Behind<S> {
    fn clone(&self) -> Self {
        match self {
            Self::Handler(inner) => Self::Handler(*inner),
            Self::Layers(layers) => Self::Layers(layers.clone()),
        }
    }
}

impl<S> Copy for Inner<S> {}

impl<S> Clone for Inner<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Clone + Send + Sync + 'static> Behind<S> {
    pub(crate) fn new(gate: &Gate, call: fn(Verified<S>) -> HandlerFuture) -> Self {
        let one_by_one = gate.endpoint.takes.unit == Unit::Item;
        let items = gate.endpoint.provider.items_source().filter(|_| one_by_one);
        Self::Handler(Inner { call, items })
    }

    /// As a route: for stored deliveries, which are verified already.
    #[cfg(feature = "inbox")]
    pub(crate) fn into_route(self) -> MethodRouter<S> {
        match self {
            Self::Handler(inner) => any(inner),
            Self::Layers(layers) => *layers,
        }
    }

    /// With layers around it, the innermost first.
    pub(crate) fn within(self, layers: Vec<Around<S>>) -> Self {
        layers.into_iter().fold(self, |inside, around| {
            let inside = match inside {
                Self::Handler(inner) => any(inner),
                Self::Layers(layers) => *layers,
            };
            Self::Layers(Box::new(around(inside)))
        })
    }

    fn run(self, delivery: Delivery, parts: Parts, state: S) -> HandlerFuture {
        match self {
            Self::Handler(inner) => inner.run(Verified::new(delivery, parts, state)),
            Self::Layers(layers) => {
                let request = as_request(delivery, parts);
                Box::pin(async move { layers.call(request, state).await })
            }
        }
    }
}

/// A verified request as layers see it: whole again, with the delivery as an extension.
fn as_request(delivery: Delivery, mut parts: Parts) -> Request {
    parts.headers.clone_from(delivery.headers());
    let body = Body::from(delivery.body().clone());
    parts.extensions.insert(delivery);
    Request::from_parts(parts, body)
}

/// The inside of the layers. The delivery is the one that was verified, whatever layers did to the
/// request that it came with.
impl<S: Clone + Send + Sync + 'static> Handler<(), S> for Inner<S> {
    type Future = HandlerFuture;

    fn call(self, request: Request, state: S) -> HandlerFuture {
        let (parts, _) = request.into_parts();
        let Some(delivery) = parts.extensions.get::<Delivery>().cloned() else {
            tracing::error!("a layer around the handler has taken the delivery away");
            return Box::pin(async { StatusCode::INTERNAL_SERVER_ERROR.into_response() });
        };
        self.run(Verified::complete(delivery, parts, state))
    }
}

impl<S: Clone + Send + Sync + 'static> Inner<S> {
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
        let mut failed = Vec::new();
        let mut retry_after = None;
        for (index, place) in places.into_iter().enumerate() {
            let item = verified.of_item(index, place);
            let answer = unless_it_panics((self.call)(item)).await;
            let status = answer.status();
            if status.is_success() {
                if is_single {
                    return answer;
                }
                continue;
            }
            tracing::warn!(index, status = status.as_u16(), "an event of the batch was not taken");
            if is_worth_another_try(status) && retry_after.is_none() {
                retry_after = answer.headers().get(header::RETRY_AFTER).cloned();
            }
            failed.push(FailedItem::new(index, status));
        }
        if failed.is_empty() {
            StatusCode::OK.into_response()
        } else {
            not_all(failed, retry_after)
        }
    }
}

fn not_all(failed: Vec<FailedItem>, retry_after: Option<HeaderValue>) -> Response {
    let mut response = Rejection::Items { failed }.into_response();
    if let Some(after) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, after);
    }
    response
}

impl<S: Clone + Send + Sync + 'static> Handler<(), S> for Mounted<S> {
    type Future = HandlerFuture;

    fn call(self, request: Request, state: S) -> HandlerFuture {
        let span = self.gate.span();
        let (mut parts, body) = request.into_parts();
        let story = async move {
            let delivery = match self.gate.receive(&mut parts, body).await {
                Ok(delivery) => delivery,
                Err(refusal) => return refusal,
            };
            #[cfg(feature = "inbox")]
            if let Some(inbox) = &self.inbox {
                let answer = inbox.acknowledge(&self.gate.endpoint, &delivery, &parts).await;
                return self.gate.as_wished(answer);
            }
            let running = unless_it_panics(self.handler.run(delivery, parts, state));
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

/// Records on the span how the delivery was answered.
fn told(response: Response) -> Response {
    let status = response.status().as_u16();
    Span::current().record("outcome", status);
    tracing::info!(status, "answered");
    response
}

/// Runs a handler; one that panics is answered by 500, and everything else lives on.
async fn unless_it_panics(mut handler: HandlerFuture) -> Response {
    let run = poll_fn(|context| {
        if let Ok(poll) = catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(context))) {
            poll
        } else {
            tracing::error!(reason = "the handler panicked", "failed");
            Poll::Ready(Rejection::Panicked.into_response())
        }
    });
    run.await
}
