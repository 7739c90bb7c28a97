//! Sends requests to a receiver, and checks its responses.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body::Frame;

use super::{
    Verdict,
    failure::{Failure, Shown},
    target::Target,
};
use crate::{
    support::panic::catch_panic,
    testing::{
        request::RawRequest,
        response::{TestResponse, send_and_count},
    },
};

/// The maximum time to a response.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(20);

/// The outcome of a request.
pub(crate) struct Outcome {
    pub(crate) response: TestResponse,
    /// The number of deliveries that were handled since the last request, also late ones of earlier
    /// requests; `None` if they are not counted.
    pub(crate) handled_count: Option<usize>,
}

impl Outcome {
    fn status(&self) -> StatusCode {
        self.response.status()
    }

    fn had_effect(&self) -> bool {
        self.handled_count.is_some_and(|handled_count| handled_count > 0)
    }
}

impl Target {
    /// Sends a request. The receiver must not panic, and the response must not be a 5xx.
    pub(crate) async fn send(&self, what: &str, request: &RawRequest) -> Result<Outcome, Failure> {
        self.settle().await;
        self.send_as(what, request, request.to_http()).await
    }

    /// Sends a request that the receiver may accept or refuse.
    pub(crate) async fn tries(&self, what: &str, request: &RawRequest) -> Result<Outcome, Failure> {
        let outcome = self.send_as(what, request, request.to_http()).await?;
        self.leave_open(outcome.status().is_success(), outcome.handled_count.unwrap_or_default());
        Ok(outcome)
    }

    /// Sends a request with a body of undeclared length.
    pub(crate) async fn stream(
        &self,
        what: &str,
        request: &RawRequest,
    ) -> Result<Outcome, Failure> {
        self.settle().await;
        let http_request = request.to_http().map(|_| Body::new(Pieces(request.body.clone())));
        self.send_as(what, request, http_request).await
    }

    async fn send_as(
        &self,
        what: &str,
        request: &RawRequest,
        http_request: Request<Body>,
    ) -> Result<Outcome, Failure> {
        self.note_request();
        let asked = send_and_count(&self.context().router, http_request, &self.ledger.runs);
        let complain = |how: &str| Err(self.complain(what, request, "an answer below 500", how));
        let response = match tokio::time::timeout(RESPONSE_TIMEOUT, catch_panic(asked)).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => return complain("it panicked"),
            Err(_) => return complain("no answer came"),
        };
        self.take_turns().await;
        let handled_count = self.take_handled_count();
        let outcome = Outcome { response, handled_count };
        // Only the handler could fail, and the sample is one that it accepts.
        if outcome.status().is_server_error() {
            return Err(self.found(what, request, "an answer below 500", &outcome));
        }
        Ok(outcome)
    }

    /// Checks that a request is accepted, and handled once or once for each item.
    pub(crate) async fn accepts(
        &self,
        what: &str,
        request: &RawRequest,
    ) -> Result<Verdict, Failure> {
        let mut outcome = self.send(what, request).await?;
        if !outcome.status().is_success() {
            return Err(self.found(what, request, "2xx", &outcome));
        }
        let Some(handled_count) = outcome.handled_count else { return Ok(Verdict::Passed) };
        let items = self.items_in(request);
        let handled_count = self.wait_for_handler(handled_count, items).await;
        outcome.handled_count = Some(handled_count);
        if handled_count == items || handled_count == 1 {
            return Ok(Verdict::Passed);
        }
        let expected = match items {
            1 => "that it is handled once".to_owned(),
            items => format!("that it is handled once, or once for each of {items} items"),
        };
        Err(self.found(what, request, &expected, &outcome))
    }

    /// The number of events in a request.
    fn items_in(&self, request: &RawRequest) -> usize {
        let Some(items) = self.provider().batch() else { return 1 };
        let json = serde_json::from_slice::<serde_json::Value>(&request.body).unwrap_or_default();
        let array = json.pointer(items.array()).and_then(serde_json::Value::as_array);
        array.map_or(1, Vec::len)
    }

    /// Checks that a request is not handled, with any response. If handled deliveries are not
    /// counted, a 2xx counts as one.
    pub(crate) async fn ignores(&self, what: &str, request: &RawRequest) -> Result<(), Failure> {
        let outcome = self.send(what, request).await?;
        if outcome.handled_count.unwrap_or_else(|| usize::from(outcome.status().is_success())) == 0
        {
            return Ok(());
        }
        Err(self.found(what, request, "that nothing is done", &outcome))
    }

    /// Checks that a request is refused as unauthorized.
    pub(crate) async fn refuses(
        &self,
        what: &str,
        request: &RawRequest,
    ) -> Result<Outcome, Failure> {
        self.refuses_as(what, request, &[StatusCode::UNAUTHORIZED]).await
    }

    /// Checks that a request is refused; by our endpoints with one of these statuses.
    pub(crate) async fn refuses_as(
        &self,
        what: &str,
        request: &RawRequest,
        statuses: &[StatusCode],
    ) -> Result<Outcome, Failure> {
        let outcome = self.send(what, request).await?;
        self.is_refused(what, request, statuses, outcome)
    }

    /// Checks that an outcome is a refusal; by our endpoints with one of these statuses.
    pub(crate) fn is_refused(
        &self,
        what: &str,
        request: &RawRequest,
        statuses: &[StatusCode],
        outcome: Outcome,
    ) -> Result<Outcome, Failure> {
        let status = outcome.status();
        let is_right =
            if self.is_ours { statuses.contains(&status) } else { status.is_client_error() };
        if is_right && !outcome.had_effect() {
            return Ok(outcome);
        }
        let numbers: Vec<&str> = statuses.iter().map(StatusCode::as_str).collect();
        let wanted = if self.is_ours { numbers.join(" or ") } else { "4xx".to_owned() };
        Err(self.found(what, request, &format!("{wanted}, and nothing done"), &outcome))
    }

    /// Describes an outcome that was not expected.
    pub(crate) fn found(
        &self,
        what: &str,
        request: &RawRequest,
        expected: &str,
        outcome: &Outcome,
    ) -> Failure {
        let Outcome { response, handled_count } = outcome;
        let text: String = response.text().chars().take(200).collect();
        let reason = match response.rejection() {
            Some(rejection) => format!(" ({rejection})"),
            None => String::new(),
        };
        let handled_count = match handled_count {
            Some(0) => ", and nothing was done".to_owned(),
            Some(1) => ", and something was done".to_owned(),
            Some(handled_count) => format!(", and something was done {handled_count} times"),
            None => String::new(),
        };
        let how = format!("{}{reason}{handled_count}: {text:?}", response.status());
        self.complain(what, request, expected, &how)
    }

    fn complain(
        &self,
        what: &str,
        request: &RawRequest,
        expected: &str,
        answered: &str,
    ) -> Failure {
        let shown = Shown(request, self.provider());
        Failure::new(format!(
            "{what}\n  expected: {expected}\n  answered: {answered}\n  sent:\n{shown}"
        ))
    }
}

/// The parts of a response that a sender could compare.
pub(crate) fn visible(response: &TestResponse) -> (StatusCode, HeaderMap, Bytes) {
    let mut headers = response.headers().clone();
    // These headers differ in every response.
    for name in ["date", "x-request-id", "traceparent"] {
        headers.remove(name);
    }
    (response.status(), headers, response.body().clone())
}

/// A body in pieces, of undeclared length.
struct Pieces(Bytes);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let size = self.0.len().min(64 * 1024);
        Poll::Ready(Some(Ok(Frame::data(self.0.split_to(size)))))
    }
}
