//! Calls a handler for each event of a batch, and builds one response.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::{HandlerService, run_handler};
use crate::{
    delivery::{
        FailedItem, Rejection,
        response::{is_retryable, retry_after},
    },
    endpoint::HandlerInput,
    verify::BatchLayout,
};

impl<S: Clone + Send + Sync + 'static> HandlerService<S> {
    /// Calls the handler for each event of a batch in turn. A failure does not stop the others.
    pub(super) async fn call_for_each_item(
        self,
        layout: &'static BatchLayout,
        verified: HandlerInput<S>,
    ) -> Response {
        let items = match verified.delivery().items(layout) {
            Ok(items) => items,
            Err(rejection) => {
                tracing::info!(reason = %rejection, "refused the batch");
                return rejection.into_response();
            }
        };
        let is_single = items.len() == 1;
        let mut failures = Failures::default();
        for (index, item_range) in items.into_iter().enumerate() {
            let item = verified.of_item(index, item_range);
            let response = run_handler((self.call)(item)).await;
            if is_single {
                return response;
            }
            if !response.status().is_success() {
                failures.add(index, &response);
            }
            if index % YIELD_INTERVAL == YIELD_INTERVAL - 1 {
                tokio::task::yield_now().await;
            }
        }
        failures.into_response()
    }
}

/// The number of events between two yields: handlers that never wait would block other tasks.
const YIELD_INTERVAL: usize = 32;

/// The maximum number of failures that are traced one by one.
const MAX_LOGGED: usize = 20;

/// The failed events of a batch.
#[derive(Default)]
struct Failures {
    failed: Vec<FailedItem>,
    retry_after: Option<Duration>,
}

impl Failures {
    fn add(&mut self, index: usize, response: &Response) {
        let status = response.status();
        if self.failed.len() < MAX_LOGGED {
            tracing::warn!(index, status = status.as_u16(), "an event of the batch failed");
        }
        if is_retryable(status) {
            self.retry_after = self.retry_after.max(retry_after(response));
        }
        self.failed.push(FailedItem::new(index, status));
    }

    fn into_response(self) -> Response {
        if self.failed.is_empty() {
            return StatusCode::OK.into_response();
        }
        let rejection = Rejection::BatchFailed { failed: self.failed };
        tracing::warn!(reason = %rejection, "the batch failed");
        let mut response = rejection.into_response();
        if let Some(after) = self.retry_after {
            let seconds = HeaderValue::from(after.as_secs());
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
