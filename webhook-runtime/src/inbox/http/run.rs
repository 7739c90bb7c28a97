//! From a stored delivery back to a request, and from the response to the result of the attempt.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use axum::{
    Router,
    extract::{FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};
use tower_service::Service as _;
use tracing::{Instrument as _, Span, field};

use crate::{
    delivery::{
        Delivery, EventNames, Rejection, Tenant, VerificationResult,
        request::as_request,
        response::{is_retryable, retry_after},
    },
    endpoint::Endpoint,
    inbox::{
        error::InboxError,
        http::snooze::{self, Snooze},
        record::{AttemptResult, Job},
        tx::{Tx, TxSource},
        worker::attempt::{JobFuture, JobHandler},
    },
    support::trace::{self, RunEnd, TraceContext},
    verify::scheme::Verified,
};

/// Runs the stored deliveries of one endpoint through its own router, so that extractors work as
/// they do in a request.
pub(crate) struct Runner {
    endpoint: Endpoint,
    router: Router,
    /// The same router, nested where deliveries have come in.
    nested: Mutex<HashMap<String, Router>>,
}

impl Runner {
    pub(crate) fn new(endpoint: Endpoint, router: Router) -> Self {
        Self { endpoint, router, nested: Mutex::default() }
    }

    /// The router at the place where the delivery came in.
    fn router_at(&self, nested_at: Option<&str>) -> Router {
        let Some(path) = nested_at else { return self.router.clone() };
        let nested = || self.nested.lock().unwrap_or_else(PoisonError::into_inner);
        let known = nested().get(path).cloned();
        known.unwrap_or_else(|| {
            let router = Router::new().nest(path, self.router.clone());
            nested().insert(path.to_owned(), router.clone());
            router
        })
    }

    /// The span of a run. With OpenTelemetry, it is a root span that is linked to the request, or a child
    /// of it, and linked to the first run.
    fn span(&self, job: &Job) -> Span {
        let name = self.endpoint.name;
        macro_rules! span {
            ($($with_otel:tt)*) => {
                tracing::info_span!(
                    $($with_otel)*
                    "webhook",
                    endpoint = name,
                    provider = self.endpoint.provider.name(),
                    delivery_id = job.provider_id,
                    record_id = job.id,
                    attempt = job.attempt,
                    otel.name = field::Empty,
                    otel.kind = field::Empty,
                )
            };
        }
        #[cfg(not(feature = "otel"))]
        let span = span!();
        #[cfg(feature = "otel")]
        let span = span!(parent: None,);
        let of_request = job.head.traceparent.as_deref().and_then(TraceContext::parse);
        match of_request {
            Some(request) if job.trace.is_child => trace::set_parent(&span, request),
            Some(request) => trace::link(&span, request),
            None => {}
        }
        if let Some(first) = job.trace.first {
            trace::link(&span, first);
        }
        trace::describe_run(&span, name, job.id, job.attempt, job.body.len());
        job.trace.remember(trace::context_of(&span));
        span
    }
}

impl JobHandler for Runner {
    fn handle(&self, job: Job, tx: TxSource) -> JobFuture {
        let span = self.span(&job);
        let mut router = self.router_at(job.head.nested_at.as_deref());
        let request = request(&self.endpoint, job, tx.clone());
        let end = RunEnd::of(&span);
        let run = async move {
            let (request, delivery) = match request {
                Ok(request) => request,
                Err(reason) => return AttemptResult::Dead { reason },
            };
            let Ok(answer) = router.call(request).await;
            tx.set_status(answer.status().as_u16());
            let result = outcome(&answer, &delivery);
            let is_error =
                matches!(result, AttemptResult::Retry { .. } | AttemptResult::Dead { .. });
            end.answered(answer.status(), is_error);
            result
        };
        Box::pin(run.instrument(span))
    }
}

/// Makes the request of a job, with the delivery in its extensions.
fn request(endpoint: &Endpoint, job: Job, tx: TxSource) -> Result<(Request, Delivery), String> {
    let key = job.idempotency_key();
    let Job { head, body, received_at, cancellation, .. } = job;
    let request = Request::builder()
        .method(head.method.as_str())
        .uri(&head.uri)
        .body(())
        .map_err(|error| format!("the stored delivery is not a valid request: {error}"))?;
    let (provider, name) = (endpoint.provider, endpoint.name);
    let verified = VerificationResult {
        proof: Verified {
            secret_name: Cow::Owned(head.secret_name),
            signed_at: head.signed_at,
            identity: None,
            payload: None,
        },
        tenant: Tenant::new(name, head.tenant),
        query: head.query,
        at: received_at,
    };
    let delivery = match head.batch_item {
        None => Delivery::new(provider, name, head.headers, body, verified),
        Some(batch_item) => {
            let index = usize::try_from(batch_item.index).unwrap_or(usize::MAX);
            let said = EventNames { event: batch_item.event, action: batch_item.action };
            Delivery::from_stored_item(provider, name, head.headers, body, verified, (index, said))
        }
    };
    let (mut parts, ()) = request.into_parts();
    parts.extensions.insert(tx);
    parts.extensions.insert(cancellation);
    parts.extensions.insert(key);
    Ok((as_request(delivery.clone(), parts), delivery))
}

/// Judges an attempt by its response, as the provider would have judged it.
fn outcome(answer: &Response, delivery: &Delivery) -> AttemptResult {
    let (status, failure) = (answer.status(), delivery.take_failure());
    if status.is_success() {
        // A layer around the handler has made a success of it.
        if let Some(failure) = failure {
            failure.trace(delivery, status, None);
        }
        return AttemptResult::Completed;
    }
    let said = answer.extensions();
    if let Some(snooze) = said.get::<Snooze>() {
        return AttemptResult::Snoozed { after: snooze.after().min(snooze::LONGEST) };
    }
    let reason = match (failure, said.get::<Rejection>(), said.get::<InboxError>()) {
        (Some(failure), ..) => format!("{}: {failure}", status.as_u16()),
        (None, Some(rejection), _) => format!("{}: {}", status.as_u16(), rejection.explained()),
        (None, None, Some(error)) => format!("{}: {error}", status.as_u16()),
        (None, None, None) => format!("the function answered {status}"),
    };
    if status.is_client_error() && !is_retryable(status) {
        return AttemptResult::Dead { reason };
    }
    AttemptResult::Retry { after: retry_after(answer), reason }
}

impl<S: Sync> FromRequestParts<S> for Tx {
    type Rejection = MissingTx;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingTx> {
        parts.extensions.get::<TxSource>().and_then(TxSource::tx).ok_or(MissingTx)
    }
}

/// A `Tx` was extracted in a function that is not marked `inbox`, or twice. This is a mistake in
/// the program, and the response is 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingTx;

impl std::fmt::Display for MissingTx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("`Tx` can be extracted once, in functions marked `#[webhook(..., inbox)]`")
    }
}

impl std::error::Error for MissingTx {}

impl IntoResponse for MissingTx {
    fn into_response(self) -> Response {
        tracing::error!("{self}");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
