//! A handler's wish to run later.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

/// The longest snooze. Whoever wants to wait longer can snooze again.
pub(crate) const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

/// The response of a handler that wants to run later: the delivery is not ready yet, and nothing has
/// failed.
///
/// Behind an inbox, the delivery runs again after the time, at most 30 days, and the attempt does not
/// count: no `max_attempts` ends it. A `max_age` does. Without an inbox it is a 503 with `Retry-After`,
/// and the provider retries.
///
/// ```
/// use std::time::Duration;
/// use webhook_runtime::{inbox::Snooze, webhook};
///
/// # #[derive(serde::Deserialize)]
/// # struct Order { ready: bool }
/// #[webhook(path = "/orders", secret_env = "SECRET", inbox)]
/// async fn ship(order: Order) -> Result<(), Snooze> {
///     if !order.ready {
///         return Err(Snooze::new(Duration::from_secs(60)));
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snooze {
    after: Duration,
}

impl Snooze {
    /// Runs again after this time.
    #[must_use]
    pub const fn new(after: Duration) -> Self {
        Self { after }
    }

    /// The time.
    #[must_use]
    pub const fn after(self) -> Duration {
        self.after
    }
}

impl IntoResponse for Snooze {
    fn into_response(self) -> Response {
        let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
        let seconds = self.after.min(LONGEST).as_millis().div_ceil(1000);
        if let Ok(seconds) = HeaderValue::try_from(seconds.to_string()) {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response.extensions_mut().insert(self);
        response
    }
}
