//! Sends requests to a receiver, and says what is wrong with its answers.

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
        request::Wire,
        response::{TestResponse, ask_and_count},
    },
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What became of a request.
pub(crate) struct Outcome {
    pub(crate) answer: TestResponse,
    /// How often something was done about it, or by then about a request before it; `None` where
    /// nobody counts.
    pub(crate) effects: Option<usize>,
}

impl Outcome {
    fn status(&self) -> StatusCode {
        self.answer.status()
    }

    fn had_effect(&self) -> bool {
        self.effects.is_some_and(|effects| effects > 0)
    }
}

impl Target {
    /// Sends a request. Whatever it is, the receiver has to live on and must not blame itself.
    pub(crate) async fn send(&self, what: &str, wire: &Wire) -> Result<Outcome, Failure> {
        self.settle().await;
        self.send_as(what, wire, wire.request()).await
    }

    /// Sends a request that may be taken or not.
    pub(crate) async fn tries(&self, what: &str, wire: &Wire) -> Result<Outcome, Failure> {
        let outcome = self.send_as(what, wire, wire.request()).await?;
        self.leave_open(outcome.status().is_success(), outcome.effects.unwrap_or_default());
        Ok(outcome)
    }

    /// Sends a request with a body whose length nobody knows.
    pub(crate) async fn stream(&self, what: &str, wire: &Wire) -> Result<Outcome, Failure> {
        self.settle().await;
        let request = wire.request().map(|_| Body::new(Pieces(wire.body.clone())));
        self.send_as(what, wire, request).await
    }

    async fn send_as(
        &self,
        what: &str,
        wire: &Wire,
        request: Request<Body>,
    ) -> Result<Outcome, Failure> {
        self.note_request();
        let asked = ask_and_count(&self.desk().router, request, &self.ledger.runs);
        let complain = |how: &str| Err(self.complain(what, wire, "an answer below 500", how));
        let answer = match tokio::time::timeout(PATIENCE, catch_panic(asked)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => return complain("it panicked"),
            Err(_) => return complain("no answer came"),
        };
        self.take_turns().await;
        let effects = self.take_effects();
        let outcome = Outcome { answer, effects };
        // A handler may fail; whoever stands before it may not.
        if outcome.status().is_server_error() {
            return Err(self.found(what, wire, "an answer below 500", &outcome));
        }
        Ok(outcome)
    }

    /// Asks that a request is taken, and handled once: or once an item, where it has many.
    pub(crate) async fn accepts(&self, what: &str, wire: &Wire) -> Result<Verdict, Failure> {
        let mut outcome = self.send(what, wire).await?;
        if !outcome.status().is_success() {
            return Err(self.found(what, wire, "2xx", &outcome));
        }
        let Some(effects) = outcome.effects else { return Ok(Verdict::Passed) };
        let items = self.items_in(wire);
        let effects = self.wait_for_effects(effects, items).await;
        outcome.effects = Some(effects);
        if effects == items || effects == 1 {
            return Ok(Verdict::Passed);
        }
        let expected = match items {
            1 => "that it is handled once".to_owned(),
            items => format!("that it is handled once, or once for each of {items} items"),
        };
        Err(self.found(what, wire, &expected, &outcome))
    }

    /// How many events are in a request.
    fn items_in(&self, wire: &Wire) -> usize {
        let Some(items) = self.provider().batch() else { return 1 };
        let json = serde_json::from_slice::<serde_json::Value>(&wire.body).unwrap_or_default();
        let array = json.pointer(items.array()).and_then(serde_json::Value::as_array);
        array.map_or(1, Vec::len)
    }

    /// Asks that nothing is done about a request, whatever is answered. Where nobody counts, 2xx is
    /// taken for something.
    pub(crate) async fn ignores(&self, what: &str, wire: &Wire) -> Result<(), Failure> {
        let outcome = self.send(what, wire).await?;
        if outcome.effects.unwrap_or_else(|| usize::from(outcome.status().is_success())) == 0 {
            return Ok(());
        }
        Err(self.found(what, wire, "that nothing is done", &outcome))
    }

    /// Asks that a request is not believed.
    pub(crate) async fn refuses(&self, what: &str, wire: &Wire) -> Result<Outcome, Failure> {
        self.refuses_as(what, wire, &[StatusCode::UNAUTHORIZED]).await
    }

    /// Asks that a request is refused, by one of these statuses if the receiver is ours.
    pub(crate) async fn refuses_as(
        &self,
        what: &str,
        wire: &Wire,
        statuses: &[StatusCode],
    ) -> Result<Outcome, Failure> {
        let outcome = self.send(what, wire).await?;
        self.is_refused(what, wire, statuses, outcome)
    }

    /// Whether that is a refusal, by one of these statuses if the receiver is ours.
    pub(crate) fn is_refused(
        &self,
        what: &str,
        wire: &Wire,
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
        Err(self.found(what, wire, &format!("{wanted}, and nothing done"), &outcome))
    }

    /// What is wrong with an outcome, in words.
    pub(crate) fn found(
        &self,
        what: &str,
        wire: &Wire,
        expected: &str,
        outcome: &Outcome,
    ) -> Failure {
        let Outcome { answer, effects } = outcome;
        let text: String = answer.text().chars().take(200).collect();
        let reason = match answer.rejection() {
            Some(rejection) => format!(" ({rejection})"),
            None => String::new(),
        };
        let effects = match effects {
            Some(0) => ", and nothing was done".to_owned(),
            Some(1) => ", and something was done".to_owned(),
            Some(effects) => format!(", and something was done {effects} times"),
            None => String::new(),
        };
        let how = format!("{}{reason}{effects}: {text:?}", answer.status());
        self.complain(what, wire, expected, &how)
    }

    fn complain(&self, what: &str, wire: &Wire, expected: &str, answered: &str) -> Failure {
        let shown = Shown(wire, self.provider());
        Failure::new(format!(
            "{what}\n  expected: {expected}\n  answered: {answered}\n  sent:\n{shown}"
        ))
    }
}

/// What can be told apart about two refusals.
pub(crate) fn visible(answer: &TestResponse) -> (StatusCode, HeaderMap, Bytes) {
    let mut headers = answer.headers().clone();
    // These change by themselves.
    for name in ["date", "x-request-id", "traceparent"] {
        headers.remove(name);
    }
    (answer.status(), headers, answer.body().clone())
}

/// A body in pieces, of a length that nobody was told.
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
