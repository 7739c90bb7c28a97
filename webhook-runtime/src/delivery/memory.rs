//! A limit to the memory of all bodies together.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::delivery::Rejection;

/// The number of bytes of bodies that all requests and deliveries may hold together.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    max: usize,
    used: AtomicUsize,
}

/// The part of the budget that one body uses. Dropping it returns that part.
pub(crate) struct MemoryPermit {
    budget: Arc<MemoryBudget>,
    bytes: usize,
}

impl MemoryBudget {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, used: AtomicUsize::new(0) })
    }

    pub(crate) fn permit(self: &Arc<Self>) -> MemoryPermit {
        MemoryPermit { budget: Arc::clone(self), bytes: 0 }
    }
}

impl MemoryPermit {
    /// Takes more bytes of the budget, or fails if it is used up.
    pub(crate) fn grow(&mut self, by: usize) -> Result<(), Rejection> {
        let MemoryBudget { max, used } = &*self.budget;
        let take = |used: usize| used.checked_add(by).filter(|used| used <= max);
        match used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
            Ok(_) => {
                self.bytes += by;
                Ok(())
            }
            Err(_) => Err(Rejection::Overloaded),
        }
    }
}

impl Drop for MemoryPermit {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl fmt::Debug for MemoryPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryPermit").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}
