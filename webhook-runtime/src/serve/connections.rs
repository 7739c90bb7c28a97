//! The connections that are open, no more than may be: when there are too many, those that have been
//! asking for nothing for the longest make room, and whoever is new waits for it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

/// How long a connection may keep its place without asking for anything, whoever waits: what has
/// just come must have a chance to say what it wants.
const GRACE: Duration = Duration::from_millis(100);

/// How often those are looked at again that have all been busy.
const AGAIN: Duration = Duration::from_secs(1);

/// All open connections.
pub(crate) struct Connections {
    most: usize,
    last: AtomicU64,
    open: Mutex<HashMap<u64, Open>>,
    /// One has been closed.
    closed: Notify,
}

struct Open {
    /// Since when no request is being answered on it; `None` while one is.
    idle_since: Option<Instant>,
    leave: Arc<Notify>,
}

/// The place of one connection, until it is dropped.
pub(crate) struct Seat {
    id: u64,
    leave: Arc<Notify>,
    all: Arc<Connections>,
}

/// Shows that a request is being answered, until it is dropped.
pub(crate) struct Busy(Arc<Seat>);

impl Connections {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        let (open, closed) = (Mutex::default(), Notify::new());
        Arc::new(Self { most: most.max(1), last: AtomicU64::new(0), open, closed })
    }

    /// A place for one more connection, as soon as there is one. Until then the system keeps those
    /// that are new, and loses none.
    pub(crate) async fn enter(self: &Arc<Self>) -> Arc<Seat> {
        loop {
            match self.try_enter() {
                Ok(seat) => return seat,
                Err(patience) => {
                    let _ = timeout(patience, self.closed.notified()).await;
                }
            }
        }
    }

    /// A place, or how long to wait until one may be had.
    fn try_enter(self: &Arc<Self>) -> Result<Arc<Seat>, Duration> {
        let mut open = self.open();
        if open.len() >= self.most {
            leave_longest_idle(&mut open, GRACE)?;
        }
        let (leave, now) = (Arc::new(Notify::new()), Instant::now());
        let id = self.last.fetch_add(1, Ordering::Relaxed);
        open.insert(id, Open { idle_since: Some(now), leave: Arc::clone(&leave) });
        drop(open);
        Ok(Arc::new(Seat { id, leave, all: Arc::clone(self) }))
    }

    /// Has one connection make room, where the system has no more of them to give.
    pub(crate) fn make_room(&self) {
        let _ = leave_longest_idle(&mut self.open(), Duration::ZERO);
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has the connection make room that has been idle for the longest, if it has been so for `grace`;
/// else, says when one will.
fn leave_longest_idle(open: &mut HashMap<u64, Open>, grace: Duration) -> Result<(), Duration> {
    let idle = open.iter().filter_map(|(id, one)| Some((one.idle_since?, *id)));
    let (since, id) = idle.min().ok_or(AGAIN)?;
    match grace.checked_sub(since.elapsed()) {
        Some(left) if !left.is_zero() => Err(left),
        _ => {
            if let Some(one) = open.remove(&id) {
                one.leave.notify_one();
            }
            Ok(())
        }
    }
}

impl Seat {
    /// Waits until the connection has to make room for another.
    pub(crate) async fn asked_to_leave(&self) {
        self.leave.notified().await;
    }

    /// A request has come.
    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        self.set(None);
        Busy(Arc::clone(self))
    }

    fn set(&self, idle_since: Option<Instant>) {
        if let Some(open) = self.all.open().get_mut(&self.id) {
            open.idle_since = idle_since;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.all.open().remove(&self.id);
        self.all.closed.notify_one();
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.set(Some(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn leaves(seat: &Seat) -> bool {
        tokio::time::timeout(Duration::from_millis(1), seat.asked_to_leave()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_idle_for_the_longest_makes_room() {
        let all = Connections::new(3);
        let mut seats = Vec::new();
        for _ in 0..3 {
            seats.push(all.enter().await);
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        // The first has a request, so that the second is the one to go.
        let busy = seats[0].busy();
        let fourth = all.enter().await;
        assert_eq!([leaves(&seats[0]).await, leaves(&seats[1]).await], [false, true]);
        // Answered just now, it is not idle for as long as the others.
        drop(busy);
        let _fifth = all.enter().await;
        assert_eq!([leaves(&seats[0]).await, leaves(&seats[2]).await], [false, true]);
        assert!(!leaves(&fourth).await);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_busy_stays_and_whoever_is_new_waits() {
        let all = Connections::new(2);
        let seats = [all.enter().await, all.enter().await];
        let busy = seats.each_ref().map(Seat::busy);
        let mut third = Box::pin(all.enter());
        assert!(timeout(Duration::from_secs(60), &mut third).await.is_err());
        all.make_room();
        for seat in &seats {
            assert!(!leaves(seat).await);
        }
        drop(busy);
        drop(seats);
        let _third = third.await;
        assert_eq!(all.open().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_just_come_may_speak() {
        let all = Connections::new(1);
        let first = all.enter().await;
        let came = Instant::now();
        let _second = all.enter().await;
        assert!(came.elapsed() >= GRACE && came.elapsed() < GRACE * 2, "{:?}", came.elapsed());
        assert!(leaves(&first).await);
    }
}
