//! The connections of functions, whose number follows the slots of endpoints.

use std::sync::{Mutex, PoisonError};

use sqlx::PgPool;

/// The connections of functions that write through `Tx`. They open when they are needed.
pub(super) struct Transactions {
    current: Mutex<(usize, PgPool)>,
    open: Box<dyn Fn(u32) -> PgPool + Send + Sync>,
}

impl Transactions {
    pub(super) fn new(max: usize, open: impl Fn(u32) -> PgPool + Send + Sync + 'static) -> Self {
        let max = max.max(1);
        Self { current: Mutex::new((max, open(connections(max)))), open: Box::new(open) }
    }

    pub(super) fn pool(&self) -> PgPool {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Lets this many functions have a connection at a time, if fewer could. Those that have one keep
    /// it, and close it when they return.
    pub(super) fn grow_to(&self, max: usize) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 < max && !current.1.is_closed() {
            *current = (max, (self.open)(connections(max)));
        }
    }
}

/// The most connections of a pool, which has a place for each. No server has more.
const MOST: u32 = 10_000;

fn connections(max: usize) -> u32 {
    u32::try_from(max).unwrap_or(MOST).min(MOST)
}
