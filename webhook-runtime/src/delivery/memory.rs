//! The memory that bodies may take, shared by all requests and deliveries.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::delivery::Rejection;

/// How many bytes of bodies may be in memory, of all requests and deliveries together.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    max: usize,
    used: AtomicUsize,
}

/// What one body has of the budget; given back when the body is.
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
    /// Takes more, if there is as much.
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
