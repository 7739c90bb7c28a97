//! The clock, as a trait, so that a test can stop it.

use std::time::SystemTime;

/// The source of the time that signed timestamps are compared with.
pub trait Clock: Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> SystemTime;
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that always shows the same time.
impl Clock for SystemTime {
    fn now(&self) -> SystemTime {
        *self
    }
}
