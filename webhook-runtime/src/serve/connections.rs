//! The open connections and their maximum number. At the maximum, a connection that the server waits
//! for is closed to make room, and the new one waits for that.

use std::{
    cmp::Reverse,
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

use super::guard::{ConnectionGuard, ConnectionState, Signal};

/// The time that a client may keep the server waiting before its connection can be closed for another: a
/// new client needs the time to send its request.
const GRACE: Duration = Duration::from_millis(100);

/// The interval at which to look again for a connection to close while all of them are busy.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// All open connections.
pub(crate) struct Connections {
    max: usize,
    next_id: AtomicU64,
    open: Mutex<Open>,
    /// Notified when a connection closes.
    closed: Notify,
}

#[derive(Default)]
struct Open {
    by_id: HashMap<u64, Arc<ConnectionState>>,
    /// The number of connections of each peer.
    per_peer: HashMap<Option<IpAddr>, usize>,
}

impl Connections {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        let (open, closed) = (Mutex::default(), Notify::new());
        Arc::new(Self { max: max.max(1), next_id: AtomicU64::new(0), open, closed })
    }

    /// Waits for room for one more connection. Meanwhile the operating system queues new ones.
    pub(crate) async fn enter(self: &Arc<Self>, peer: Option<IpAddr>) -> ConnectionGuard {
        loop {
            match self.try_enter(peer) {
                Ok(guard) => return guard,
                Err(wait) => {
                    let _ = timeout(wait, self.closed.notified()).await;
                }
            }
        }
    }

    /// Adds a connection, or returns how long to wait before the next try.
    fn try_enter(self: &Arc<Self>, peer: Option<IpAddr>) -> Result<ConnectionGuard, Duration> {
        let mut open = self.open();
        if open.by_id.len() >= self.max {
            open.make_room(GRACE)?;
        }
        let state = Arc::new(ConnectionState::new(peer));
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        open.add(id, &state);
        drop(open);
        Ok(ConnectionGuard { id, state, all: Arc::clone(self) })
    }

    /// Closes connections, because the system has run out of them: one, or one of sixteen, so that a
    /// crowd in front of the door does not have to enter one by one.
    pub(crate) fn make_room(&self) {
        let mut open = self.open();
        for _ in 0..=open.by_id.len() / 16 {
            let _ = open.make_room(Duration::ZERO);
        }
    }

    /// Sends a signal to every connection.
    pub(crate) fn signal_all(&self, signal: Signal) {
        self.open().by_id.values().for_each(|state| state.send(signal));
    }

    /// Closes every connection on which the server waits for the client.
    pub(crate) fn close_waiting(&self) {
        let open = self.open();
        let waiting = open.by_id.values().filter(|state| state.waited_for().is_some());
        waiting.for_each(|state| state.send(Signal::Close));
    }

    /// The number of requests in flight on all connections.
    pub(crate) fn requests_in_flight(&self) -> usize {
        self.open().by_id.values().map(|state| state.in_flight()).sum()
    }

    /// Waits until every connection is closed.
    pub(crate) async fn all_closed(&self) {
        while !self.open().by_id.is_empty() {
            let _ = timeout(RETRY_INTERVAL, self.closed.notified()).await;
        }
    }

    /// Forgets a connection that has closed.
    pub(crate) fn remove(&self, id: u64) {
        self.open().remove(id);
        self.closed.notify_one();
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn add(&mut self, id: u64, state: &Arc<ConnectionState>) {
        *self.per_peer.entry(state.peer).or_default() += 1;
        self.by_id.insert(id, Arc::clone(state));
    }

    fn remove(&mut self, id: u64) -> Option<Arc<ConnectionState>> {
        let state = self.by_id.remove(&id)?;
        if let Some(count) = self.per_peer.get_mut(&state.peer) {
            *count -= 1;
            if *count == 0 {
                self.per_peer.remove(&state.peer);
            }
        }
        Some(state)
    }

    /// Closes the connection of the busiest peer that the server has waited for the longest, and for
    /// at least `grace`. If there is none, returns how long to wait for one.
    fn make_room(&mut self, grace: Duration) -> Result<(), Duration> {
        let (mut longest, mut chosen) = (None, None);
        for (id, state) in &self.by_id {
            let Some(waited) = state.waited_for() else { continue };
            longest = longest.max(Some(waited));
            if waited >= grace {
                let count = self.per_peer.get(&state.peer).copied().unwrap_or_default();
                chosen = chosen.max(Some((count, waited, Reverse(*id))));
            }
        }
        let Some((_, _, Reverse(id))) = chosen else {
            return Err(longest.map_or(RETRY_INTERVAL, |waited| grace.saturating_sub(waited)));
        };
        if let Some(state) = self.remove(id) {
            state.send(Signal::Close);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, advance};

    use super::*;
    use crate::serve::guard::InFlightGuard;

    const PEER: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    async fn enter(all: &Arc<Connections>, peer: &str) -> ConnectionGuard {
        all.enter(Some(peer.parse().expect("an address"))).await
    }

    fn is_closed(guard: &ConnectionGuard) -> bool {
        guard.signal() == Signal::Close
    }

    /// A request whose body has arrived.
    fn working(guard: &ConnectionGuard) -> InFlightGuard {
        let in_flight = InFlightGuard::new(&guard.state);
        in_flight.0.complete();
        in_flight
    }

    #[tokio::test(start_paused = true)]
    async fn longest_idle_connection_makes_room() {
        let all = Connections::new(3);
        let mut guards = Vec::new();
        for _ in 0..3 {
            guards.push(all.enter(PEER).await);
            advance(Duration::from_secs(1)).await;
        }
        // The first has a request, so the second is closed.
        let request = working(&guards[0]);
        let fourth = all.enter(PEER).await;
        assert_eq!([is_closed(&guards[0]), is_closed(&guards[1])], [false, true]);
        // It was answered just now: the others have been idle for longer.
        drop(request);
        let _fifth = all.enter(PEER).await;
        assert_eq!([is_closed(&guards[0]), is_closed(&guards[2])], [false, true]);
        assert!(!is_closed(&fourth));
    }

    #[tokio::test(start_paused = true)]
    async fn busy_connections_stay_and_a_new_one_waits() {
        let all = Connections::new(2);
        let guards = [all.enter(PEER).await, all.enter(PEER).await];
        let requests = guards.each_ref().map(working);
        let mut third = Box::pin(all.enter(PEER));
        assert!(timeout(Duration::from_secs(60), &mut third).await.is_err());
        all.make_room();
        assert!(!guards.iter().any(is_closed));
        drop(requests);
        drop(guards);
        let _third = third.await;
        assert_eq!(all.open().by_id.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn incomplete_request_makes_room() {
        let all = Connections::new(1);
        let first = all.enter(PEER).await;
        let _body_is_missing = InFlightGuard::new(&first.state);
        let _second = all.enter(PEER).await;
        assert!(is_closed(&first));
    }

    #[tokio::test(start_paused = true)]
    async fn busiest_peer_makes_room_first() {
        let all = Connections::new(4);
        let one = enter(&all, "192.0.2.1").await;
        advance(Duration::from_secs(1)).await;
        let [a, b] = [enter(&all, "2001:db8::1").await, enter(&all, "2001:db8::2").await];
        let other = enter(&all, "2001:db8:0:1::1").await;
        advance(Duration::from_secs(1)).await;
        let _fifth = enter(&all, "192.0.2.2").await;
        assert_eq!([&one, &a, &b, &other].map(is_closed), [false, true, false, false]);
        // The closed connection no longer counts: now the oldest one is closed.
        drop(a);
        let _sixth = enter(&all, "192.0.2.3").await;
        assert_eq!([&one, &b, &other].map(is_closed), [true, false, false]);
    }

    #[tokio::test(start_paused = true)]
    async fn busy_peer_keeps_nobody_out() {
        let all = Connections::new(3);
        let idle = enter(&all, "192.0.2.1").await;
        advance(Duration::from_secs(1)).await;
        let _busy = [enter(&all, "192.0.2.2").await, enter(&all, "192.0.2.2").await];
        let start = Instant::now();
        let _fourth = enter(&all, "192.0.2.3").await;
        assert!(is_closed(&idle) && start.elapsed() < GRACE, "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn new_connection_has_a_grace_period() {
        let all = Connections::new(1);
        let first = all.enter(PEER).await;
        let start = Instant::now();
        let _second = all.enter(PEER).await;
        assert!(start.elapsed() >= GRACE && start.elapsed() < GRACE * 2, "{:?}", start.elapsed());
        assert!(is_closed(&first));
    }

    #[tokio::test(start_paused = true)]
    async fn answered_request_ends_once() {
        let all = Connections::new(2);
        let guard = all.enter(PEER).await;
        let in_flight = InFlightGuard::new(&guard.state);
        let progress = Arc::clone(&in_flight.0);
        drop(in_flight);
        // The rest of a refused body arrives after the response was made.
        progress.complete();
        assert!(guard.state.waited_for().is_some());
    }
}
