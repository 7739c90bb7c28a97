//! The response of an endpoint in a test, and the calls of its handler.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use serde::de::DeserializeOwned;
use tower_service::Service as _;

use super::conformance::NoAnswer;
use crate::delivery::{DeliveryObserver, Observer, Rejection};

/// Counts the calls of the handler, and keeps the error of the first event that did not fit its
/// variant.
#[derive(Clone, Default)]
pub(crate) struct HandlerRuns(Arc<Observed>);

#[derive(Default)]
struct Observed {
    count: AtomicUsize,
    decode_error: Mutex<Option<Rejection>>,
}

impl HandlerRuns {
    fn take_decode_error(&self) -> Option<Rejection> {
        self.0.decode_error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.count.load(Ordering::Relaxed)
    }
}

impl DeliveryObserver for Observed {
    fn handler_called(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    fn event_mismatched(&self, error: &Rejection) {
        let mut decode_error = self.decode_error.lock().unwrap_or_else(PoisonError::into_inner);
        decode_error.get_or_insert_with(|| error.clone());
    }
}

/// The complete response to one request.
#[derive(Clone)]
pub struct TestResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    rejection: Option<Rejection>,
    decode_error: Option<Rejection>,
    runs: usize,
    /// The client's word that there was no response.
    pub(crate) no_answer: Option<NoAnswer>,
}

impl TestResponse {
    /// The status. It can be compared with a number.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as text. Bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If the body does not fit the type.
    #[must_use]
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{error}, in the body of {self:?}"),
        }
    }

    /// The reason why the framework rejected the request; `None` if the handler responded.
    #[must_use]
    pub fn rejection(&self) -> Option<&Rejection> {
        self.rejection.as_ref()
    }

    /// The error of an event that did not fit the variant of its name, so that the handler was
    /// called with `UnknownEvent`. The response does not show this.
    #[must_use]
    pub fn decode_error(&self) -> Option<&Rejection> {
        self.decode_error.as_ref()
    }

    /// Returns whether the handler was called.
    #[must_use]
    pub fn handler_ran(&self) -> bool {
        self.runs > 0
    }

    /// The number of times that the handler was called: for a batch, once for each decoded event.
    #[must_use]
    pub fn handler_runs(&self) -> usize {
        self.runs
    }
}

/// Shows what helps to understand a failed test.
impl fmt::Debug for TestResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestResponse")
            .field("status", &self.status.as_u16())
            .field("text", &self.text())
            .field("rejection", &self.rejection)
            .field("decode_error", &self.decode_error.as_ref().map(Rejection::path))
            .field("handler_runs", &self.runs)
            .finish_non_exhaustive()
    }
}

/// Sends a request to a router, like a server.
pub(crate) async fn send_request(router: &Router, request: Request<Body>) -> TestResponse {
    send_and_count(router, request, &HandlerRuns::default()).await
}

/// Sends a request, with a counter that is shared with other requests.
pub(crate) async fn send_and_count(
    router: &Router,
    mut request: Request<Body>,
    runs: &HandlerRuns,
) -> TestResponse {
    let before = runs.count();
    let observer: Arc<dyn DeliveryObserver> = runs.0.clone();
    request.extensions_mut().insert(Observer(observer));
    let Ok(response) = router.clone().call(request).await;
    let (parts, body) = response.into_parts();
    let body =
        axum::body::to_bytes(body, usize::MAX).await.expect("a response with a complete body");
    TestResponse {
        status: parts.status,
        headers: parts.headers,
        body,
        rejection: parts.extensions.get::<Rejection>().cloned(),
        decode_error: runs.take_decode_error(),
        runs: runs.count() - before,
        no_answer: parts.extensions.get::<NoAnswer>().cloned(),
    }
}
