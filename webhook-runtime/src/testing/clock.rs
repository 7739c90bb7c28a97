//! The clock of a test.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use crate::verify::Clock;

/// A clock that stands still until a test moves it. All clones are the same clock.
#[derive(Clone)]
pub struct TestClock(Arc<Mutex<SystemTime>>);

impl TestClock {
    /// Creates a clock that stands at this time.
    #[must_use]
    pub fn new(time: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    /// The time of the clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        *self.time()
    }

    /// Advances the clock.
    ///
    /// # Panics
    /// If the system cannot represent the time.
    pub fn advance(&self, by: Duration) {
        let mut time = self.time();
        *time = time.checked_add(by).expect("a time that the system can represent");
    }

    /// Sets the clock to any time, also an earlier one.
    pub fn set(&self, time: SystemTime) {
        *self.time() = time;
    }

    fn time(&self) -> MutexGuard<'_, SystemTime> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Creates a clock that stands at the current time of this machine.
impl Default for TestClock {
    fn default() -> Self {
        Self::new(SystemTime::now())
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        TestClock::now(self)
    }
}

impl fmt::Debug for TestClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestClock").field(&self.now()).finish()
    }
}
