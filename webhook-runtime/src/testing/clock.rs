//! Time in the hand of a test.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use crate::verify::Clock;

/// A clock that stands still until a test moves it. Its clones are the same clock.
#[derive(Clone)]
pub struct TestClock(Arc<Mutex<SystemTime>>);

impl TestClock {
    /// A clock that stands at this time.
    #[must_use]
    pub fn new(time: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    /// The time at which it stands.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        *self.time()
    }

    /// Moves it on.
    ///
    /// # Panics
    /// Where time ends.
    pub fn advance(&self, by: Duration) {
        let mut time = self.time();
        *time = time.checked_add(by).expect("a time that the system can say");
    }

    /// Sets it to any time, also an earlier one.
    pub fn set(&self, time: SystemTime) {
        *self.time() = time;
    }

    fn time(&self) -> MutexGuard<'_, SystemTime> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A clock that stands at the present time of this machine.
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
