//! The open connections and their maximum number. At the maximum, the peer with the most connections
//! gives one up for a new one of another peer. Otherwise, a connection that the server waits for is
//! closed, and the new one waits for that.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

use super::{
    guard::{ConnectionGuard, ConnectionState, InFlightGuard, Signal},
    metrics::{ServerMetrics, Shed, request_shed, shed},
};
use crate::support::peer::Peer;

/// The time that a client may keep the server waiting before its connection can be closed for another
/// one of the same peer: a new client needs the time to send its request.
const GRACE: Duration = Duration::from_millis(100);

/// The interval at which to look again for a connection to close while all of them are busy.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// The number of accepted connections that may wait for a place, at least.
const MIN_WAITING: usize = 32;

/// The number of accepted connections with and without a place that a process can usually have, among
/// 1,024 open files.
const USUAL_ACCEPTED: usize = 932;

/// All open connections.
pub(crate) struct Connections {
    max: usize,
    /// The maximum number of accepted connections that wait for a place. They take open files, too.
    max_waiting: usize,
    next_id: AtomicU64,
    /// The requests in flight that the application does not trust.
    untrusted: Arc<AtomicUsize>,
    open: Mutex<Open>,
    /// Notified when a connection closes.
    closed: Notify,
    pub(crate) metrics: ServerMetrics,
}

#[derive(Default)]
struct Open {
    by_id: HashMap<u64, Arc<ConnectionState>>,
    /// The accepted connections that wait for a place, from the oldest to the newest.
    waiting: BTreeMap<u64, (Peer, Arc<Notify>)>,
}

/// The decision about a new connection.
pub(crate) enum Admission {
    /// It has a place.
    Admitted(ConnectionGuard),
    /// It waits for a place.
    Waiting(WaitingConnection),
    /// Its peer has more than its share, and too many wait already.
    Refused,
}

impl Connections {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            max: max.max(1),
            max_waiting: USUAL_ACCEPTED.saturating_sub(max).max(MIN_WAITING),
            next_id: AtomicU64::new(0),
            untrusted: Arc::default(),
            open: Mutex::default(),
            closed: Notify::new(),
            metrics: ServerMetrics::new(),
        })
    }

    /// Decides about a new connection without waiting, so that the next one can be accepted.
    pub(crate) fn admit(self: &Arc<Self>, peer: Peer) -> Admission {
        // Those that wait already come first.
        let others_wait = self.open().waiting.values().any(|(waiting, _)| *waiting == peer);
        if !others_wait && let Ok(guard) = self.try_enter(peer) {
            return Admission::Admitted(guard);
        }
        let mut open = self.open();
        if open.waiting.len() >= self.max_waiting && !open.put_out_waiting(peer) {
            return Admission::Refused;
        }
        let (id, put_out) = (self.next_id(), Arc::new(Notify::new()));
        open.waiting.insert(id, (peer, Arc::clone(&put_out)));
        Admission::Waiting(WaitingConnection { id, peer, put_out, all: Arc::clone(self) })
    }

    /// Waits for room for one more connection. Meanwhile the operating system queues new ones.
    pub(crate) async fn enter(self: &Arc<Self>, peer: Peer) -> ConnectionGuard {
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
    fn try_enter(self: &Arc<Self>, peer: Peer) -> Result<ConnectionGuard, Duration> {
        let mut open = self.open();
        if open.by_id.len() >= self.max {
            open.make_room(Some(peer), GRACE)?;
        }
        let state = Arc::new(ConnectionState::new(peer, Arc::clone(&self.untrusted)));
        let id = self.next_id();
        open.by_id.insert(id, Arc::clone(&state));
        drop(open);
        self.metrics.opened();
        Ok(ConnectionGuard { id, state, all: Arc::clone(self) })
    }

    /// Begins a request. On an HTTP/2 connection, every request after the first counts like a
    /// connection, unless the application trusts it: `None` if its peer has more than its share.
    pub(crate) fn begin_request(&self, state: &Arc<ConnectionState>) -> Option<InFlightGuard> {
        let request = InFlightGuard::new(state);
        let is_full = self.untrusted.load(Ordering::Relaxed) > self.max;
        if is_full && state.untrusted() > 1 && !self.open().has_room_for_request(self.max, state) {
            request_shed();
            return None;
        }
        Some(request)
    }

    /// Closes connections, because the system has run out of them: one, or one of sixteen, so that a
    /// crowd in front of the door does not have to enter one by one. Returns whether there was any.
    pub(crate) fn make_room(&self) -> bool {
        let mut open = self.open();
        // Nobody knows whose connection could not be accepted: it may be one of a peer that has none.
        (0..=open.by_id.len() / 16).all(|_| open.make_room(None, Duration::ZERO).is_ok())
    }

    /// Sends a signal to every connection.
    pub(crate) fn signal_all(&self, signal: Signal) {
        for state in self.open().by_id.values() {
            state.send(signal);
        }
    }

    /// Closes every connection on which the server waits for the client. Returns how many there were.
    pub(crate) fn close_waiting(&self) -> usize {
        let open = self.open();
        let waiting = open.by_id.values().filter(|state| state.waited_for().is_some());
        waiting.filter(|state| state.send(Signal::Close)).count()
    }

    /// The number of connections whose client does not take a response that is there for it.
    pub(crate) fn responses_not_taken(&self) -> usize {
        let open = self.open();
        open.by_id.values().filter(|state| state.in_flight() == 0 && state.is_blocked()).count()
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
        self.open().by_id.remove(&id);
        self.metrics.closed();
        self.closed.notify_one();
    }

    fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An accepted connection that waits for a place.
pub(crate) struct WaitingConnection {
    id: u64,
    peer: Peer,
    put_out: Arc<Notify>,
    all: Arc<Connections>,
}

impl WaitingConnection {
    /// Waits for a place. `None` if another peer needs the place among those that wait.
    pub(crate) async fn enter(self) -> Option<ConnectionGuard> {
        tokio::select! {
            guard = self.all.enter(self.peer) => Some(guard),
            () = self.put_out.notified() => None,
        }
    }
}

impl Drop for WaitingConnection {
    fn drop(&mut self) {
        self.all.open().waiting.remove(&self.id);
    }
}

impl Open {
    /// The connections of each peer. One with several requests counts as often.
    fn held(&self) -> HashMap<Peer, usize> {
        let mut held = HashMap::new();
        for state in self.by_id.values() {
            // One with a trusted request cannot be closed, so it does not count.
            let least = usize::from(!state.is_trusted());
            *held.entry(state.peer()).or_default() += state.untrusted().max(least);
        }
        held
    }

    /// Closes one connection of the peer with the most, for `newcomer`; `None` is a peer of which nothing
    /// is known.
    ///
    /// It is the one that the server has waited for the longest, and for at least `grace`. Its peer is the
    /// newcomer, or has more than it: whoever has many connections takes none from a peer with few, however
    /// slow that is. If there is none, and if the peer has no less than the newcomer even afterwards, it is
    /// the newest, whatever it does. If there is no connection to close, returns how long to wait for one.
    fn make_room(&mut self, newcomer: Option<Peer>, grace: Duration) -> Result<(), Duration> {
        let held = self.held();
        let own = newcomer.and_then(|peer| held.get(&peer).copied()).unwrap_or_default();
        let (mut longest, mut chosen) = (None, None);
        for (id, state) in &self.by_id {
            if state.is_trusted() {
                continue;
            }
            let peer = state.peer();
            let count = held.get(&peer).copied().unwrap_or_default();
            if count <= own && newcomer != Some(peer) {
                continue;
            }
            let waited = state.waited_for();
            longest = longest.max(waited);
            let idle = waited.filter(|waited| *waited >= grace);
            if idle.is_some() || count > own.saturating_add(1) {
                let oldest = idle.map(|_| Reverse(*id));
                chosen = chosen.max(Some((count, idle, oldest, *id)));
            }
        }
        let Some((_, _, _, id)) = chosen else {
            return Err(longest.map_or(RETRY_INTERVAL, |waited| grace.saturating_sub(waited)));
        };
        self.close(id);
        Ok(())
    }

    /// True if there is room for the latest request of a connection, at most `max` in all. The peer
    /// with the most loses its newest connection for it.
    fn has_room_for_request(&mut self, max: usize, latest: &ConnectionState) -> bool {
        loop {
            if self.by_id.values().map(|state| state.untrusted()).sum::<usize>() <= max {
                return true;
            }
            let held = self.held();
            let own = held.get(&latest.peer()).copied().unwrap_or_default();
            let of_others = self.by_id.iter().filter(|(_, state)| {
                !state.is_trusted() && held.get(&state.peer()).is_some_and(|count| *count > own)
            });
            let newest = of_others.max_by_key(|(id, state)| (held.get(&state.peer()), **id));
            let Some(id) = newest.map(|(id, _)| *id) else { return false };
            self.close(id);
        }
    }

    /// Puts out the newest waiting connection of the peer with the most of them, for another peer.
    fn put_out_waiting(&mut self, peer: Peer) -> bool {
        let mut counts = HashMap::<Peer, usize>::new();
        for (peer, _) in self.waiting.values() {
            *counts.entry(*peer).or_default() += 1;
        }
        let own = counts.get(&peer).copied().unwrap_or_default();
        let newest = self
            .waiting
            .iter()
            .map(|(id, (peer, _))| (counts.get(peer).copied().unwrap_or_default(), *id))
            .filter(|(count, _)| *count > own + 1)
            .max();
        let waiting = newest.and_then(|(_, id)| self.waiting.remove(&id));
        waiting.inspect(|(_, put_out)| put_out.notify_one()).is_some()
    }

    /// Closes a connection, and forgets it at once.
    fn close(&mut self, id: u64) {
        if let Some(state) = self.by_id.remove(&id) {
            shed(Shed::Displaced);
            state.send(Signal::Close);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use tokio::time::{Instant, advance};

    use super::*;
    use crate::support::trust::Trustable as _;

    static PEER: LazyLock<Peer> = LazyLock::new(|| peer("127.0.0.1"));

    fn peer(address: &str) -> Peer {
        Peer::new(Some(address.parse().expect("an address")))
    }

    async fn enter(all: &Arc<Connections>, address: &str) -> ConnectionGuard {
        all.enter(peer(address)).await
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
            guards.push(all.enter(*PEER).await);
            advance(Duration::from_secs(1)).await;
        }
        // The first has a request, so the second is closed.
        let request = working(&guards[0]);
        let fourth = all.enter(*PEER).await;
        assert_eq!([is_closed(&guards[0]), is_closed(&guards[1])], [false, true]);
        // It was answered just now: the others have been idle for longer.
        drop(request);
        let _fifth = all.enter(*PEER).await;
        assert_eq!([is_closed(&guards[0]), is_closed(&guards[2])], [false, true]);
        assert!(!is_closed(&fourth));
    }

    #[tokio::test(start_paused = true)]
    async fn busy_connections_stay_and_a_new_one_waits() {
        let all = Connections::new(2);
        let guards = [all.enter(*PEER).await, all.enter(*PEER).await];
        let requests = guards.each_ref().map(working);
        let mut third = Box::pin(all.enter(*PEER));
        assert!(timeout(Duration::from_secs(60), &mut third).await.is_err());
        assert!(!guards.iter().any(is_closed));
        drop(requests);
        drop(guards);
        let _third = third.await;
        assert_eq!(all.open().by_id.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn many_connections_take_none_from_a_peer_with_few() {
        let all = Connections::new(3);
        let few = enter(&all, "192.0.2.1").await;
        let many = [enter(&all, "192.0.2.2").await, enter(&all, "192.0.2.2").await];
        let _requests = many.each_ref().map(working);
        let mut third = Box::pin(enter(&all, "192.0.2.2"));
        assert!(timeout(Duration::from_secs(60), &mut third).await.is_err());
        assert!(!is_closed(&few) && !many.iter().any(is_closed));
    }

    #[tokio::test(start_paused = true)]
    async fn without_open_files_the_busiest_peer_makes_room() {
        let all = Connections::new(9);
        let few = enter(&all, "192.0.2.1").await;
        let many = [enter(&all, "192.0.2.2").await, enter(&all, "192.0.2.2").await];
        let _requests = [working(&few), working(&many[0]), working(&many[1])];
        assert!(all.make_room());
        assert_eq!([&few, &many[0], &many[1]].map(is_closed), [false, false, true]);
        // Each has one now. None is closed for a connection that may be anybody's.
        assert!(!all.make_room());
    }

    #[tokio::test(start_paused = true)]
    async fn incomplete_request_makes_room() {
        let all = Connections::new(1);
        let first = all.enter(*PEER).await;
        let _body_is_missing = InFlightGuard::new(&first.state);
        let _second = all.enter(*PEER).await;
        assert!(is_closed(&first));
    }

    #[tokio::test(start_paused = true)]
    async fn connection_has_its_grace_period_once_it_is_read() {
        let all = Connections::new(1);
        let first = all.enter(*PEER).await;
        first.state.on_assigned();
        let mut second = Box::pin(all.enter(*PEER));
        assert!(timeout(Duration::from_secs(60), &mut second).await.is_err());
        first.state.on_started();
        assert!(timeout(GRACE / 2, &mut second).await.is_err() && !is_closed(&first));
        second.await;
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
        let _busy = [enter(&all, "192.0.2.2").await, enter(&all, "192.0.2.4").await];
        let start = Instant::now();
        let _fourth = enter(&all, "192.0.2.3").await;
        assert!(is_closed(&idle) && start.elapsed() < GRACE, "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn busy_peer_gives_up_its_newest_connection() {
        let all = Connections::new(3);
        let mut guards = Vec::new();
        for address in ["192.0.2.1", "192.0.2.2", "192.0.2.2"] {
            guards.push(enter(&all, address).await);
        }
        let _requests: Vec<_> = guards.iter().map(working).collect();
        let start = Instant::now();
        let fourth = enter(&all, "192.0.2.3").await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!([0, 1, 2].map(|nth| is_closed(&guards[nth])), [false, false, true]);
        // Now each has one: the next one waits.
        let mut fifth = Box::pin(enter(&all, "192.0.2.4"));
        let _request = working(&fourth);
        assert!(timeout(Duration::from_secs(60), &mut fifth).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn behind_a_proxy_shares_are_those_of_the_senders() {
        let all = Connections::new(4);
        let mut guards = Vec::new();
        for _ in 0..4 {
            guards.push(all.enter(*PEER).await);
        }
        let requests: Vec<_> = guards.iter().map(working).collect();
        for (request, sender) in requests.iter().zip([1, 2, 2, 2]) {
            request.0.sent_by(peer(&format!("192.0.2.{sender}")));
        }
        let start = Instant::now();
        let _fifth = all.enter(*PEER).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        let closed: Vec<_> = guards.iter().map(is_closed).collect();
        assert_eq!(closed, [false, false, false, true]);
    }

    #[tokio::test(start_paused = true)]
    async fn trusted_requests_are_never_put_out() {
        let all = Connections::new(3);
        let mut guards = Vec::new();
        for address in ["192.0.2.1", "192.0.2.1", "192.0.2.2"] {
            guards.push(enter(&all, address).await);
        }
        let requests: Vec<_> = guards.iter().map(working).collect();
        for request in &requests[..2] {
            request.0.trust();
        }
        let mut fourth = Box::pin(enter(&all, "192.0.2.3"));
        assert!(timeout(Duration::from_secs(60), &mut fourth).await.is_err());
        assert!(!guards.iter().any(is_closed));
        // With its response, a request is over, and with it the trust.
        drop(requests);
        let _fourth = fourth.await;
        assert_eq!(guards.iter().filter(|guard| is_closed(guard)).count(), 1);
        assert_eq!(all.untrusted.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_connections_hold_up_no_other_peer() {
        let all = Connections::new(2);
        let guards = [all.enter(*PEER).await, all.enter(*PEER).await];
        let _requests = guards.each_ref().map(working);
        let waits = |address| match all.admit(peer(address)) {
            Admission::Waiting(waiting) => Some(waiting),
            Admission::Admitted(_) | Admission::Refused => None,
        };
        let waiting: Vec<_> = std::iter::from_fn(|| waits("127.0.0.1")).take(2000).collect();
        assert_eq!(waiting.len(), all.max_waiting);
        let Admission::Admitted(other) = all.admit(peer("192.0.2.1")) else {
            panic!("it has no connection yet");
        };
        let _request = working(&other);
        // The next peer waits, in the place of the newest.
        let _third = waits("192.0.2.2").expect("another one gives up its place");
        let mut put_out = Vec::new();
        for waiting in waiting {
            let entered = timeout(Duration::from_millis(1), waiting.enter()).await;
            put_out.push(matches!(entered, Ok(None)));
        }
        let (newest, others) = put_out.split_last().expect("some wait");
        assert!(*newest && !others.contains(&true), "{put_out:?}");
    }

    #[tokio::test]
    async fn each_stream_counts() {
        let all = Connections::new(4);
        let one = enter(&all, "192.0.2.1").await;
        let begin = |guard: &ConnectionGuard| all.begin_request(&guard.state);
        let streams: Vec<_> = std::iter::from_fn(|| begin(&one)).take(10).collect();
        assert_eq!(streams.len(), 4, "one peer may use everything");
        for request in &streams[..2] {
            request.0.trust();
        }
        let two = [begin(&one), begin(&one)];
        assert!(two.iter().all(Option::is_some) && begin(&one).is_none());
        // Another peer gets its share, but not of a connection with a trusted request.
        let other = enter(&all, "192.0.2.2").await;
        let _first = begin(&other).expect("the first of a connection");
        assert!(begin(&other).is_none() && !is_closed(&one));
        drop(streams);
        let _more = [begin(&one), begin(&one)];
        assert!(begin(&other).is_some() && is_closed(&one));
        drop(two);
    }

    #[tokio::test(start_paused = true)]
    async fn new_connection_has_a_grace_period() {
        let all = Connections::new(1);
        let first = all.enter(*PEER).await;
        let start = Instant::now();
        let _second = all.enter(*PEER).await;
        assert!(start.elapsed() >= GRACE && start.elapsed() < GRACE * 2, "{:?}", start.elapsed());
        assert!(is_closed(&first));
    }

    #[tokio::test(start_paused = true)]
    async fn answered_request_ends_once() {
        let all = Connections::new(2);
        let guard = all.enter(*PEER).await;
        let in_flight = InFlightGuard::new(&guard.state);
        let progress = Arc::clone(&in_flight.0);
        drop(in_flight);
        // The rest of a refused body arrives after the response was made.
        progress.complete();
        assert!(guard.state.waited_for().is_some());
    }
}
