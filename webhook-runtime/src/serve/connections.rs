//! The connections that are open, no more than may be: when there are too many, those that have been
//! asking for nothing for the longest make room.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{sync::Notify, time::Instant};

/// All open connections.
pub(crate) struct Connections {
    most: usize,
    last: AtomicU64,
    open: Mutex<HashMap<u64, Open>>,
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
        Arc::new(Self { most, last: AtomicU64::new(0), open: Mutex::default() })
    }

    /// A place for one more connection; `None` where all that there are have a request to answer.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Arc<Seat>> {
        let leave = Arc::new(Notify::new());
        let id = self.last.fetch_add(1, Ordering::Relaxed);
        let mut open = self.open();
        if open.len() >= self.most {
            leave_longest_idle(&mut open)?;
        }
        let idle_since = Some(Instant::now());
        open.insert(id, Open { idle_since, leave: Arc::clone(&leave) });
        drop(open);
        Some(Arc::new(Seat { id, leave, all: Arc::clone(self) }))
    }

    /// Has one connection make room, where the system has no more of them to give.
    pub(crate) fn make_room(&self) {
        let _ = leave_longest_idle(&mut self.open());
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn leave_longest_idle(open: &mut HashMap<u64, Open>) -> Option<()> {
    let idle = open.iter().filter_map(|(id, one)| Some((one.idle_since?, *id)));
    let (_, id) = idle.min()?;
    open.remove(&id)?.leave.notify_one();
    Some(())
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
            seats.push(all.enter().expect("room"));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        // The first has a request, so that the second is the one to go.
        let busy = seats[0].busy();
        let fourth = all.enter().expect("room is made");
        assert_eq!([leaves(&seats[0]).await, leaves(&seats[1]).await], [false, true]);
        // Answered just now, it is not idle for as long as the others.
        drop(busy);
        let _fifth = all.enter().expect("room is made");
        assert_eq!([leaves(&seats[0]).await, leaves(&seats[2]).await], [false, true]);
        assert!(!leaves(&fourth).await);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_busy_stays() {
        let all = Connections::new(2);
        let seats = [all.enter().expect("room"), all.enter().expect("room")];
        let busy = seats.each_ref().map(Seat::busy);
        assert!(all.enter().is_none());
        all.make_room();
        for seat in &seats {
            assert!(!leaves(seat).await);
        }
        drop(busy);
        drop(seats);
        assert!(all.enter().is_some() && all.open().is_empty());
    }
}
