//! Receivers that answer "too many requests": the suite waits, and asks again.

use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use http::{StatusCode, header::RETRY_AFTER};

use super::{failure::Failure, target::Target};
use crate::testing::response::TestResponse;

/// The longest pause before one request.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The longest time that is spent on pauses.
const MAX_TOTAL: Duration = Duration::from_secs(600);

/// The number of times that a 503 without a time to wait counts as too many requests.
const MAX_TIMES_UNSAID: u32 = 4;

/// The pauses so far.
#[derive(Default)]
pub(super) struct Throttle {
    /// The number of times that the receiver asked to wait, since its last other response.
    times: AtomicU32,
    /// The milliseconds of all pauses.
    total: AtomicU64,
}

/// Returns whether the receiver asks for fewer requests.
pub(super) fn is_asking_to_wait(response: &TestResponse) -> bool {
    matches!(response.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

impl Target {
    /// The pause that the receiver asks for; `None` for a response that stands.
    ///
    /// # Errors
    /// If the pause would be too long.
    pub(super) fn asks_to_wait(
        &self,
        response: &TestResponse,
    ) -> Result<Option<Duration>, Failure> {
        let retry_after = response.headers().get(RETRY_AFTER);
        let times = self.throttle.times.load(Relaxed);
        // Without a time, it may also be broken.
        let is_broken = response.status() == StatusCode::SERVICE_UNAVAILABLE
            && retry_after.is_none()
            && times >= MAX_TIMES_UNSAID;
        if self.is_ours() || is_broken || !is_asking_to_wait(response) {
            self.throttle.times.store(0, Relaxed);
            return Ok(None);
        }
        let seconds = retry_after.and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
        let times = self.throttle.times.fetch_add(1, Relaxed);
        let pause = match seconds {
            // Some round the rest of a second down.
            Some(seconds) => Duration::from_secs(seconds) + Duration::from_millis(50),
            // A date, or nothing: longer and longer.
            None => Duration::from_millis(500) * 2_u32.saturating_pow(times.min(8)),
        };
        let total = Duration::from_millis(self.throttle.total.load(Relaxed));
        if pause > MAX_PAUSE + Duration::from_secs(1) || times > 12 || total + pause > MAX_TOTAL {
            self.throttle.times.store(0, Relaxed);
            return Err(Failure::throttled());
        }
        let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        self.throttle.total.fetch_add(millis, Relaxed);
        Ok(Some(pause))
    }
}
