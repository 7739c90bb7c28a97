//! Sends requests to a receiver, and checks its responses.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body::Frame;

use super::{
    Verdict,
    failure::{Failure, NoAnswer, Shown},
    target::Target,
    throttle::is_asking_to_wait,
};
use crate::{
    support::panic::catch_panic,
    testing::{
        request::RawRequest,
        response::{TestResponse, send_and_count},
    },
};

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
        self.send_as(what, request, || request.to_http()).await
    }

    /// Sends a request that the receiver may accept or refuse.
    pub(crate) async fn tries(&self, what: &str, request: &RawRequest) -> Result<Outcome, Failure> {
        self.offer().await?;
        let outcome = self.send_as(what, request, || request.to_http()).await?;
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
        let streamed = || request.to_http().map(|_| Body::new(Pieces(request.body.clone())));
        self.send_as(what, request, streamed).await
    }

    /// Sends a request, and again if the receiver asks for that.
    async fn send_as(
        &self,
        what: &str,
        request: &RawRequest,
        http_request: impl Fn() -> Request<Body>,
    ) -> Result<Outcome, Failure> {
        let response = loop {
            let response = self.exchange(what, request, http_request()).await?;
            let Some(pause) = self.asks_to_wait(&response)? else { break response };
            tokio::time::sleep(pause).await;
        };
        self.outcome_of(what, request, response).await
    }

    /// Checks that there is a response, and that it is no 5xx.
    async fn outcome_of(
        &self,
        what: &str,
        request: &RawRequest,
        response: TestResponse,
    ) -> Result<Outcome, Failure> {
        if let Some(no_answer) = &response.no_answer
            && !self.may_be_closed(request, no_answer).await
        {
            let failure =
                self.complain(what, request, "an answer below 500", &no_answer.to_string());
            return Err(failure.with_no_answer(no_answer.clone()));
        }
        self.take_turns().await;
        let handled_count = self.take_handled_count();
        if let (false, Some(late @ 1..)) = (self.is_settled(), handled_count) {
            return Err(Failure::unassigned(late));
        }
        let outcome = Outcome { response, handled_count };
        // A server may not know a method at all.
        let is_unknown_method = !self.is_ours()
            && outcome.status() == StatusCode::NOT_IMPLEMENTED
            && request.method != http::Method::POST;
        // Only the handler could fail, and the sample is one that it accepts.
        if outcome.status().is_server_error() && !is_unknown_method {
            return Err(self.found(what, request, "an answer below 500", &outcome));
        }
        Ok(outcome)
    }

    /// Sends a request once.
    pub(crate) async fn exchange(
        &self,
        what: &str,
        request: &RawRequest,
        mut http_request: Request<Body>,
    ) -> Result<TestResponse, Failure> {
        self.note_request();
        if !self.is_ours() {
            trim_values(http_request.headers_mut());
        }
        let asked = send_and_count(&self.context().router, http_request, &self.ledger.runs);
        let complain = |how: &str| self.complain(what, request, "an answer below 500", how);
        match tokio::time::timeout(self.response_timeout, catch_panic(asked)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(_)) => Err(complain("it panicked")),
            Err(_) => Err(complain("no answer came").with_no_answer(NoAnswer::TimedOut)),
        }
    }

    /// Returns whether closing the connection is how a server refuses this request: one with a huge
    /// or odd head, or with a body beyond its limit.
    async fn may_be_closed(&self, request: &RawRequest, no_answer: &NoAnswer) -> bool {
        /// Servers take heads of 8 KiB at least.
        const HEAD: usize = 8 * 1024;
        /// The smallest limit of bodies, and less.
        const BODY: usize = 32 * 1024;
        /// A server that refuses while it is sent to may answer or not, depending on the network.
        const TIMES: usize = 3;
        if !matches!(no_answer, NoAnswer::Closed(_)) || self.is_ours() {
            return false;
        }
        let head: usize =
            request.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        let is_odd = request.headers.values().any(|value| value.to_str().is_err());
        let is_unusual = matches!(request.method.as_str(), "QUERY" | "TRACE");
        if head > HEAD || is_odd || is_unusual {
            return true;
        }
        if request.body.len() <= BODY {
            return false;
        }
        // A body of this size that is harmless shows if it is the size.
        let harmless =
            RawRequest { body: vec![b' '; request.body.len()].into(), ..request.clone() };
        for _ in 0..TIMES {
            let answer = self.exchange("", &harmless, harmless.to_http()).await;
            if answer.is_ok_and(|answer| matches!(answer.no_answer, Some(NoAnswer::Closed(_)))) {
                return true;
            }
        }
        false
    }

    /// Checks that a request is accepted, and handled once or once for each item.
    pub(crate) async fn accepts(
        &self,
        what: &str,
        request: &RawRequest,
    ) -> Result<Verdict, Failure> {
        self.offer().await?;
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
        let is_handled = match outcome.handled_count {
            Some(handled_count) => handled_count > 0,
            None => outcome.status().is_success() && self.looks_handled(&outcome.response).await?,
        };
        if !is_handled {
            return Ok(());
        }
        Err(self.found(what, request, "that nothing is done", &outcome))
    }

    /// Returns whether a 2xx looks like that to a genuine delivery, and not like a page that has
    /// nothing to do with it.
    pub(crate) async fn looks_handled(&self, response: &TestResponse) -> Result<bool, Failure> {
        if !self.is_lenient() {
            return Ok(true);
        }
        let request = self.sample_delivery().await?.genuine()?;
        let genuine = self.tries("a genuine delivery, to compare with", &request).await?.response;
        Ok(!genuine.status().is_success() || outline(&genuine) == outline(response))
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

    /// Checks that a request is refused, or that the receiver has had enough of them. Returns `false`
    /// in the latter case.
    pub(crate) async fn refuses_or_throttles(
        &self,
        what: &str,
        request: &RawRequest,
    ) -> Result<bool, Failure> {
        self.settle().await;
        let response = self.exchange(what, request, request.to_http()).await?;
        if !self.is_ours() && is_asking_to_wait(&response) {
            return Ok(false);
        }
        let outcome = self.outcome_of(what, request, response).await?;
        self.is_refused(what, request, &[StatusCode::UNAUTHORIZED], outcome).map(|_| true)
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
            if self.is_ours() { statuses.contains(&status) } else { status.is_client_error() };
        if is_right && !outcome.had_effect() {
            return Ok(outcome);
        }
        let numbers: Vec<&str> = statuses.iter().map(StatusCode::as_str).collect();
        let wanted = if self.is_ours() { numbers.join(" or ") } else { "4xx".to_owned() };
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
fn visible(response: &TestResponse) -> (StatusCode, HeaderMap, Bytes) {
    let mut headers = response.headers().clone();
    // These headers differ in every response.
    for name in ["date", "x-request-id", "traceparent"] {
        headers.remove(name);
    }
    (response.status(), headers, response.body().clone())
}

impl Target {
    /// Returns whether a sender could tell two refusals apart. Those of other receivers may have
    /// texts of their own.
    pub(crate) fn is_alike(&self, response: &TestResponse, expected: &TestResponse) -> bool {
        if self.is_lenient() {
            response.status() == expected.status()
        } else {
            visible(response) == visible(expected)
        }
    }
}

/// The common part of all responses of a kind: status, type, and the text without its numbers.
fn outline(response: &TestResponse) -> (StatusCode, Option<HeaderValue>, String) {
    let kind = response.headers().get(http::header::CONTENT_TYPE).cloned();
    let is_word = |mark: char| mark.is_alphanumeric() || matches!(mark, '-' | '_');
    let text = response.text();
    let words = text.split(|mark| !is_word(mark)).filter(|word| !word.is_empty());
    let words = words.filter(|word| !word.contains(|mark: char| mark.is_ascii_digit()));
    (response.status(), kind, words.collect::<Vec<_>>().join(" "))
}

/// Removes white space around values, which no receiver sees (RFC 9110, section 5.5).
pub(crate) fn trim_values(headers: &mut HeaderMap) {
    for value in headers.values_mut() {
        let trimmed = value.as_bytes().trim_ascii();
        if trimmed.len() < value.len()
            && let Ok(trimmed) = HeaderValue::from_bytes(trimmed)
        {
            *value = trimmed;
        }
    }
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
