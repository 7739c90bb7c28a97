//! Calls a handler for each event of a batch, and builds one response.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::{HandlerService, handler::run_quietly};
use crate::{
    delivery::{
        Delivery, FailedItem, Rejection,
        failure::Failure,
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
        let delivery = verified.delivery().clone();
        let items = match delivery.items(layout) {
            Ok(items) => items,
            Err(rejection) => {
                delivery.fail(Failure::Payload(rejection.clone()));
                return rejection.into_response();
            }
        };
        let is_single = items.len() == 1;
        let mut failures = Failures::default();
        for (index, item_range) in items.into_iter().enumerate() {
            let item = verified.of_item(index, item_range);
            let response = run_quietly(&delivery, (self.call)(item)).await;
            if is_single {
                return response;
            }
            let failure = delivery.take_failure();
            if !response.status().is_success() {
                failures.add(&delivery, index, failure, &response);
            }
            if index % YIELD_INTERVAL == YIELD_INTERVAL - 1 {
                tokio::task::yield_now().await;
            }
        }
        failures.into_response(&delivery)
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
    fn add(
        &mut self,
        delivery: &Delivery,
        index: usize,
        failure: Option<Failure>,
        response: &Response,
    ) {
        let status = response.status();
        if self.failed.len() < MAX_LOGGED {
            let failure =
                failure.unwrap_or_else(|| Failure::Error(format!("the handler answered {status}")));
            failure.trace(delivery, status, Some(index));
        }
        if is_retryable(status) {
            self.retry_after = self.retry_after.max(retry_after(response));
        }
        self.failed.push(FailedItem::new(index, status));
    }

    fn into_response(self, delivery: &Delivery) -> Response {
        if self.failed.is_empty() {
            return StatusCode::OK.into_response();
        }
        let rejection = Rejection::BatchFailed { failed: self.failed };
        let (endpoint, id) = (delivery.endpoint(), delivery.traced_id());
        tracing::warn!(endpoint, delivery_id = id, reason = %rejection, "the batch failed");
        let mut response = rejection.into_response();
        if let Some(after) = self.retry_after {
            let seconds = HeaderValue::from(after.as_secs());
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
