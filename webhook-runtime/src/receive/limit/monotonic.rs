//! The time that quotas are replenished by.

use governor::{clock::Clock, nanos::Nanos};
use tokio::time::Instant;

/// Counts from its making. It is the clock of deadlines and not that of signatures: setting the
/// machine's clock back must not shut peers out until that time has come again.
#[derive(Clone, Debug)]
pub(crate) struct Ticks {
    start: Instant,
}

impl Ticks {
    pub(super) fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.start.elapsed().into()
    }
}
