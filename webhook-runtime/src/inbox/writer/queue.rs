//! The queue of the group commit: many tasks push, one task takes everything that waits.
//!
//! This file knows neither tokio nor what is queued, and its only lock comes from the module beside
//! it: `tests/tests/inbox_queue_model.rs` compiles it again with the lock of a model checker, and
//! explores the interleavings. A channel of tokio and a semaphore would not be less code: a batch
//! is bounded by weight as well, whoever pushes can close, and the next task goes on when one
//! panics.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::PoisonError,
    task::{Context, Poll, Waker},
};

use super::sync::Mutex;

/// A limit in items and in weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capacity {
    pub(crate) items: usize,
    pub(crate) weight: usize,
}

/// A bounded queue.
pub(crate) struct Queue<T> {
    max: Capacity,
    inner: Mutex<Inner<T>>,
}

struct Inner<T> {
    /// With the weight of each, where it counts.
    waiting: VecDeque<(T, Option<usize>)>,
    /// The number of those that count, and their weight.
    items: usize,
    weight: usize,
    closed: bool,
    /// Wakes the taking task, while the queue is empty.
    taker: Option<Waker>,
}

/// The reason why an item was not pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Full,
    Closed,
}

impl<T> Queue<T> {
    pub(crate) fn new(max: Capacity) -> Self {
        let waiting = VecDeque::new();
        let inner = Inner { waiting, items: 0, weight: 0, closed: false, taker: None };
        Self { max, inner: Mutex::new(inner) }
    }

    /// Pushes an item if there is room. An item that is heavier than the whole queue may be fits
    /// into an empty queue.
    pub(crate) fn push(&self, item: T, weight: usize) -> Result<(), Refused> {
        let taker = {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            if inner.closed {
                return Err(Refused::Closed);
            }
            let total = inner.weight.saturating_add(weight);
            let room = inner.items < self.max.items && total <= self.max.weight;
            if !room && inner.items > 0 {
                return Err(Refused::Full);
            }
            inner.items += 1;
            inner.weight = total;
            inner.waiting.push_back((item, Some(weight)));
            inner.taker.take()
        };
        if let Some(taker) = taker {
            taker.wake();
        }
        Ok(())
    }

    /// Pushes an item that is never refused for want of room, and takes none from others.
    pub(crate) fn push_beside(&self, item: T) -> Result<(), Refused> {
        let taker = {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            if inner.closed {
                return Err(Refused::Closed);
            }
            inner.waiting.push_back((item, None));
            inner.taker.take()
        };
        if let Some(taker) = taker {
            taker.wake();
        }
        Ok(())
    }

    /// True if there is room for an item of this weight.
    pub(crate) fn has_room(&self, weight: usize) -> bool {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let total = inner.weight.saturating_add(weight);
        inner.items < self.max.items && total <= self.max.weight
    }

    /// The number of items that count, and the part of the queue that they fill, from 0 to 1.
    #[allow(clippy::cast_precision_loss, reason = "a part is a float")]
    pub(crate) fn filled(&self) -> (usize, f64) {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let part = |of: usize, max: usize| of as f64 / max.max(1) as f64;
        let part =
            part(inner.items, self.max.items).max(part(inner.weight, self.max.weight)).min(1.0);
        (inner.items, part)
    }

    /// Closes the queue: nothing more is pushed, and what is in it is still taken.
    pub(crate) fn close(&self) {
        let taker = {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.closed = true;
            inner.taker.take()
        };
        if let Some(taker) = taker {
            taker.wake();
        }
    }

    /// Takes what waits, oldest first, up to a limit but at least one item; `None` when the queue
    /// is closed and empty. Only one task may take.
    fn poll_take(&self, context: &mut Context<'_>, max: Capacity) -> Poll<Option<Vec<T>>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.waiting.is_empty() {
            if inner.closed {
                return Poll::Ready(None);
            }
            inner.taker = Some(context.waker().clone());
            return Poll::Pending;
        }
        let (mut batch, mut weight) = (Vec::new(), 0_usize);
        while let Some((_, next)) = inner.waiting.front() {
            let next = next.unwrap_or_default();
            let full = batch.len() >= max.items || weight.saturating_add(next) > max.weight;
            if full && !batch.is_empty() {
                break;
            }
            if let Some((item, counted)) = inner.waiting.pop_front() {
                inner.items -= usize::from(counted.is_some());
                inner.weight = inner.weight.saturating_sub(next);
                weight = weight.saturating_add(next);
                batch.push(item);
            }
        }
        Poll::Ready(Some(batch))
    }

    /// Commits what is queued, again and again, until the queue is closed and empty. There is no
    /// timer: an item that comes alone is committed at once.
    pub(crate) async fn commit_by<F, D>(&self, max: Capacity, mut commit: F)
    where
        F: FnMut(Vec<T>) -> D,
        D: Future<Output = ()>,
    {
        while let Some(batch) = poll_fn(|context| self.poll_take(context, max)).await {
            commit(batch).await;
        }
    }
}
