//! A handler called for each event of a batch, and the answer to all of them.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::{HandlerService, unless_it_panics};
use crate::{
    delivery::{
        FailedItem, Rejection,
        response::{is_retryable, retry_after},
    },
    endpoint::HandlerInput,
    verify::BatchLayout,
};

impl<S: Clone + Send + Sync + 'static> HandlerService<S> {
    /// Calls the handler for each event of a batch in turn. One that fails stops no other.
    pub(super) async fn each(
        self,
        items: &'static BatchLayout,
        verified: HandlerInput<S>,
    ) -> Response {
        let places = match verified.delivery().items(items) {
            Ok(places) => places,
            Err(rejection) => {
                tracing::info!(reason = %rejection, "refused the batch");
                return rejection.into_response();
            }
        };
        let is_single = places.len() == 1;
        let mut failures = Failures::default();
        for (index, place) in places.into_iter().enumerate() {
            let item = verified.of_item(index, place);
            let answer = unless_it_panics((self.call)(item)).await;
            if is_single {
                return answer;
            }
            if !answer.status().is_success() {
                failures.add(index, &answer);
            }
            if index % AT_A_TIME == AT_A_TIME - 1 {
                tokio::task::yield_now().await;
            }
        }
        failures.into_response()
    }
}

/// After how many events others have their turn: handlers that never wait would keep them out.
const AT_A_TIME: usize = 32;

/// How many failures of a batch the trace tells one by one.
const MOST_TOLD: usize = 20;

/// The events of a batch that were not taken.
#[derive(Default)]
struct Failures {
    failed: Vec<FailedItem>,
    retry_after: Option<Duration>,
}

impl Failures {
    fn add(&mut self, index: usize, answer: &Response) {
        let status = answer.status();
        if self.failed.len() < MOST_TOLD {
            tracing::warn!(index, status = status.as_u16(), "an event of the batch was not taken");
        }
        if is_retryable(status) {
            self.retry_after = self.retry_after.max(retry_after(answer));
        }
        self.failed.push(FailedItem::new(index, status));
    }

    fn into_response(self) -> Response {
        if self.failed.is_empty() {
            return StatusCode::OK.into_response();
        }
        let rejection = Rejection::BatchFailed { failed: self.failed };
        tracing::warn!(reason = %rejection, "the batch was not taken as a whole");
        let mut response = rejection.into_response();
        if let Some(after) = self.retry_after {
            let seconds = HeaderValue::from(after.as_secs());
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
