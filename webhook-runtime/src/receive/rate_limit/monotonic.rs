//! The clock that replenishes quotas.

use governor::{clock::Clock, nanos::Nanos};
use tokio::time::Instant;

/// Counts from its creation. It is monotonic, unlike the clock that checks signatures: a peer must not
/// be shut out because the machine's clock was set back.
#[derive(Clone, Debug)]
pub(crate) struct MonotonicClock {
    start: Instant,
}

impl MonotonicClock {
    pub(super) fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for MonotonicClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.start.elapsed().into()
    }
}
