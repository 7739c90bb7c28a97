//! The route of one endpoint: receives a request, then stores the delivery or runs its handler.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    handler::Handler,
    response::Response,
    routing::{MethodRouter, Route},
};
use http::request::Parts;
use tower_layer::Layer;
use tower_service::Service;
use tracing::{Instrument, Span};

#[cfg(feature = "inbox")]
use crate::inbox::Inbox;
use crate::{
    delivery::{Delivery, Rejection, request::as_request, response::shape_for_provider},
    dispatch::{
        HandlerService, background::ResponseTimeout, every_method, in_flight::InFlightLimit,
        run_handler,
    },
    endpoint::{Endpoint, HandlerFuture, HandlerInput},
    receive::{Received, Receiver},
    support::{
        console::{self, Reported},
        metrics::Outcome,
        trace,
    },
};

/// The steps of one endpoint, except the handler itself.
#[derive(Clone)]
pub(crate) struct Pipeline {
    pub(crate) receiver: Arc<Receiver>,
    /// The limit to the time that the response waits for the handler.
    pub(crate) response_timeout: Option<ResponseTimeout>,
    pub(crate) in_flight: InFlightLimit,
    /// The inbox, if deliveries are stored before the response.
    #[cfg(feature = "inbox")]
    pub(crate) inbox: Option<Inbox>,
}

impl Pipeline {
    /// Builds the route with the handler directly behind the pipeline.
    pub(crate) fn with_handler<S>(self, handler: HandlerService<S>) -> MethodRouter<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        every_method(HandlerPipeline { pipeline: self, handler })
    }

    /// Builds the route with layers between the pipeline and the handler.
    pub(crate) fn with_layered_handler<S>(self, layered: MethodRouter<S>) -> MethodRouter<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        layered.layer(self)
    }

    /// Responds to a request. `handle` runs if it is a delivery.
    fn respond<F>(self, request: Request, handle: F) -> HandlerFuture
    where
        F: FnOnce(Delivery, Parts) -> HandlerFuture + Send + 'static,
    {
        let span = self.receiver.span();
        trace::describe_request(&span, self.receiver.endpoint.path, &request);
        let process = async move {
            let mut counted = self.receiver.metrics.begin();
            let (mut parts, body) = request.into_parts();
            let delivery = match self.receiver.receive(&mut parts, body).await {
                Received::Delivery(delivery) => delivery,
                Received::Handshake(response) => {
                    counted.answered(Outcome::Handshake);
                    return self.show_handshake(response);
                }
                Received::Rejected(rejection) => {
                    counted.answered(Outcome::Refused(rejection.name()));
                    return self.reject(rejection, parts);
                }
            };
            counted.verified();
            let Some(permit) = self.in_flight.permit() else {
                counted.answered(Outcome::Refused(Rejection::Overloaded.name()));
                return self.reject(Rejection::Overloaded, parts);
            };
            let provider = self.receiver.endpoint.provider;
            #[cfg(feature = "inbox")]
            if let Some(inbox) = &self.inbox {
                let (response, outcome) =
                    inbox.acknowledge(&self.receiver.endpoint, &delivery, &parts).await;
                counted.answered(outcome);
                return reported(shape_for_provider(provider, response));
            }
            let handler = permit.held_by(handle(delivery.clone(), parts));
            let running = run_handler(delivery.clone(), handler);
            let response = match self.response_timeout {
                None => running.await,
                Some(timeout) => timeout.respond(delivery, Box::pin(running)).await,
            };
            counted.answered(outcome(&response));
            reported(shape_for_provider(provider, response))
        };
        if span.is_disabled() {
            Box::pin(process)
        } else {
            Box::pin(async move { record_outcome(process.await) }.instrument(span))
        }
    }

    fn show_handshake(&self, response: Response) -> Response {
        if console::shows_all() {
            let (status, name) = (response.status().as_u16(), self.receiver.endpoint.name);
            console::success(format_args!("{status} {name}: a handshake"));
        }
        reported(response)
    }

    fn reject(&self, rejection: Rejection, parts: Parts) -> Response {
        let reason = rejection.explained();
        tracing::info!(%reason, "refused");
        let Endpoint { name, provider, .. } = self.receiver.endpoint;
        let status = rejection.status().as_u16();
        console::failure(format_args!("{status} {name}: refused: {reason}"));
        let response = rejection.into_response_with(parts.headers, parts.extensions);
        reported(shape_for_provider(provider, response))
    }
}

/// The outcome of a delivery, by the response of its handler.
fn outcome(response: &Response) -> Outcome {
    if response.status().as_u16() < 400 {
        return Outcome::Accepted;
    }
    match response.extensions().get::<Rejection>() {
        Some(rejection) if rejection.is_handler_failure() => Outcome::Failed(rejection.name()),
        Some(rejection) => Outcome::Refused(rejection.name()),
        None => Outcome::Failed(Rejection::HandlerFailed.name()),
    }
}

/// Marks a response as shown, so that a terminal does not show it twice.
fn reported(mut response: Response) -> Response {
    if console::shows_all() {
        response.extensions_mut().insert(Reported);
    }
    response
}

/// A pipeline with the handler directly behind it, as an axum handler.
struct HandlerPipeline<S> {
    pipeline: Pipeline,
    handler: HandlerService<S>,
}

impl<S> Clone for HandlerPipeline<S> {
    fn clone(&self) -> Self {
        Self { pipeline: self.pipeline.clone(), handler: self.handler }
    }
}

impl<S: Clone + Send + Sync + 'static> Handler<(), S> for HandlerPipeline<S> {
    type Future = HandlerFuture;

    fn call(self, request: Request, state: S) -> HandlerFuture {
        let Self { pipeline, handler } = self;
        pipeline.respond(request, move |delivery, parts| {
            handler.run(HandlerInput::new(delivery, parts, state))
        })
    }
}

impl Layer<Route> for Pipeline {
    type Service = LayeredPipeline;

    fn layer(&self, inner: Route) -> LayeredPipeline {
        LayeredPipeline { pipeline: self.clone(), inner }
    }
}

/// A pipeline with layers behind it.
#[derive(Clone)]
pub(crate) struct LayeredPipeline {
    pipeline: Pipeline,
    inner: Route,
}

impl Service<Request> for LayeredPipeline {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        <Route as Service<Request>>::poll_ready(&mut self.inner, context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let mut inner = self.inner.clone();
        let response = self.pipeline.clone().respond(request, move |delivery, parts| {
            Box::pin(async move {
                let Ok(response) = inner.call(as_request(delivery, parts)).await;
                response
            })
        });
        Box::pin(async move { Ok(response.await) })
    }
}

/// Records the status of the response on the span.
fn record_outcome(response: Response) -> Response {
    let status = response.status().as_u16();
    let span = Span::current();
    span.record("status", status);
    trace::end_request(&span, response.status());
    tracing::info!(status, "answered");
    response
}
