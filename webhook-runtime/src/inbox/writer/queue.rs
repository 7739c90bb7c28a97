//! The queue of the group commit: many put in, one takes all there is.
//!
//! Nothing in here knows what is queued, nor tokio, and the only lock comes from beside this module:
//! `tests/tests/inbox_queue_model.rs` compiles this file once more, with the lock of a model
//! checker, and goes through the interleavings.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::PoisonError,
    task::{Context, Poll, Waker},
};

use super::sync::Mutex;

/// How much may be somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capacity {
    pub(crate) items: usize,
    pub(crate) weight: usize,
}

/// A queue with bounds.
pub(crate) struct Queue<T> {
    most: Capacity,
    inner: Mutex<Inner<T>>,
}

struct Inner<T> {
    waiting: VecDeque<(T, usize)>,
    weight: usize,
    closed: bool,
    /// The one who takes, while there is nothing.
    taker: Option<Waker>,
}

/// Why something was not put into the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Full,
    Closed,
}

impl<T> Queue<T> {
    pub(crate) fn new(most: Capacity) -> Self {
        let waiting = VecDeque::new();
        Self { most, inner: Mutex::new(Inner { waiting, weight: 0, closed: false, taker: None }) }
    }

    /// Puts something in, if there is room. What alone is heavier than the queue may be goes into an
    /// empty one.
    pub(crate) fn push(&self, item: T, weight: usize) -> Result<(), Refused> {
        let taker = {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            if inner.closed {
                return Err(Refused::Closed);
            }
            let total = inner.weight.saturating_add(weight);
            let room = inner.waiting.len() < self.most.items && total <= self.most.weight;
            if !room && !inner.waiting.is_empty() {
                return Err(Refused::Full);
            }
            inner.weight = total;
            inner.waiting.push_back((item, weight));
            inner.taker.take()
        };
        if let Some(taker) = taker {
            taker.wake();
        }
        Ok(())
    }

    /// Whether something of this weight could be put in now.
    pub(crate) fn has_room(&self, weight: usize) -> bool {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let total = inner.weight.saturating_add(weight);
        inner.waiting.len() < self.most.items && total <= self.most.weight
    }

    /// Nothing more is put in. What is in it is still taken.
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

    /// What waits, in the order in which it came, up to a bound but never nothing; `None` once the
    /// queue is closed and empty. For one taker only.
    fn poll_take(&self, context: &mut Context<'_>, most: Capacity) -> Poll<Option<Vec<T>>> {
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
            let full = batch.len() >= most.items || weight.saturating_add(*next) > most.weight;
            if full && !batch.is_empty() {
                break;
            }
            if let Some((item, next)) = inner.waiting.pop_front() {
                inner.weight = inner.weight.saturating_sub(next);
                weight = weight.saturating_add(next);
                batch.push(item);
            }
        }
        Poll::Ready(Some(batch))
    }

    /// Commits whatever has queued, and again as soon as that is done, until the queue is closed
    /// and empty. There is no timer: what comes alone is committed alone, at once.
    pub(crate) async fn commit_by<F, D>(&self, most: Capacity, mut commit: F)
    where
        F: FnMut(Vec<T>) -> D,
        D: Future<Output = ()>,
    {
        while let Some(batch) = poll_fn(|context| self.poll_take(context, most)).await {
            commit(batch).await;
        }
    }
}
