//! What an endpoint answered, and whether its handler ran.

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

use crate::delivery::{DeliveryObserver, Observer, Rejection};

/// Counts the calls of the handler, and keeps the first event that did not fit its variant.
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

/// The answer to one request, read to its end.
#[derive(Clone)]
pub struct TestResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    rejection: Option<Rejection>,
    decode_error: Option<Rejection>,
    runs: usize,
}

impl TestResponse {
    /// The status, which can be compared with a number.
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

    /// The body as text; what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it does not fit the type.
    #[must_use]
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{error}, in the body of {self:?}"),
        }
    }

    /// Why the framework refused the request, if it was not the handler that answered.
    #[must_use]
    pub fn rejection(&self) -> Option<&Rejection> {
        self.rejection.as_ref()
    }

    /// Why the body of an event that an enum of events knows by name did not fit its variant, so that
    /// the handler was called with `UnknownEvent` in its place. Such a delivery is answered as any other:
    /// what the test meant to be another variant shows here.
    #[must_use]
    pub fn decode_error(&self) -> Option<&Rejection> {
        self.decode_error.as_ref()
    }

    /// Whether the handler was called.
    #[must_use]
    pub fn handler_ran(&self) -> bool {
        self.runs > 0
    }

    /// How often the handler was called: for a batch, once for each event that was decoded.
    #[must_use]
    pub fn handler_runs(&self) -> usize {
        self.runs
    }
}

/// Shows what a failed test is to be understood by.
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

/// Asks a router, as a server would.
pub(crate) async fn send_request(router: &Router, request: Request<Body>) -> TestResponse {
    send_and_count(router, request, &HandlerRuns::default()).await
}

/// The same, with a counter that other requests may have counted on before.
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
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("an answer with a whole body");
    TestResponse {
        status: parts.status,
        headers: parts.headers,
        body,
        rejection: parts.extensions.get::<Rejection>().cloned(),
        decode_error: runs.take_decode_error(),
        runs: runs.count() - before,
    }
}
