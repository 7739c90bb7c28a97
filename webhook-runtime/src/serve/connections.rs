//! The connections that are open, no more than may be: when there are too many, one makes room that
//! the server waits for, and whoever is new waits for that.

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

use super::guard::{Seat, State, Told};

/// How long a client may keep the server waiting, whoever else wants to come in: what has just come
/// must have a chance to say what it wants.
const GRACE: Duration = Duration::from_millis(100);

/// How often those are looked at again that are all waiting for the server.
const AGAIN: Duration = Duration::from_secs(1);

/// All open connections.
pub(crate) struct Connections {
    most: usize,
    last: AtomicU64,
    open: Mutex<Open>,
    /// One has been closed.
    closed: Notify,
}

#[derive(Default)]
struct Open {
    by_id: HashMap<u64, Arc<State>>,
    /// How many each peer has.
    of_peer: HashMap<Option<IpAddr>, usize>,
}

impl Connections {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        let (open, closed) = (Mutex::default(), Notify::new());
        Arc::new(Self { most: most.max(1), last: AtomicU64::new(0), open, closed })
    }

    /// A place for one more connection, as soon as there is one. Until then the system keeps those
    /// that are new, and loses none.
    pub(crate) async fn enter(self: &Arc<Self>, peer: Option<IpAddr>) -> Seat {
        loop {
            match self.try_enter(peer) {
                Ok(seat) => return seat,
                Err(patience) => {
                    let _ = timeout(patience, self.closed.notified()).await;
                }
            }
        }
    }

    /// A place, or how long to wait until one may be had.
    fn try_enter(self: &Arc<Self>, peer: Option<IpAddr>) -> Result<Seat, Duration> {
        let mut open = self.open();
        if open.by_id.len() >= self.most {
            open.make_room(GRACE)?;
        }
        let state = Arc::new(State::new(peer));
        let id = self.last.fetch_add(1, Ordering::Relaxed);
        open.add(id, &state);
        drop(open);
        Ok(Seat { id, state, all: Arc::clone(self) })
    }

    /// Has one connection make room, where the system has no more of them to give.
    pub(crate) fn make_room(&self) {
        let _ = self.open().make_room(Duration::ZERO);
    }

    /// Tells all of them.
    pub(crate) fn tell_all(&self, what: Told) {
        self.open().by_id.values().for_each(|state| state.tell(what));
    }

    /// Waits until none is open any more.
    pub(crate) async fn all_left(&self) {
        while !self.open().by_id.is_empty() {
            let _ = timeout(AGAIN, self.closed.notified()).await;
        }
    }

    /// One has gone.
    pub(crate) fn left(&self, seat: &Seat) {
        self.open().remove(seat.id);
        self.closed.notify_one();
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn add(&mut self, id: u64, state: &Arc<State>) {
        *self.of_peer.entry(state.peer).or_default() += 1;
        self.by_id.insert(id, Arc::clone(state));
    }

    fn remove(&mut self, id: u64) -> Option<Arc<State>> {
        let state = self.by_id.remove(&id)?;
        if let Some(count) = self.of_peer.get_mut(&state.peer) {
            *count -= 1;
            if *count == 0 {
                self.of_peer.remove(&state.peer);
            }
        }
        Some(state)
    }

    /// Has a connection make room that the server has waited for as long as `grace`: of the peer that
    /// has the most of all, the one that was waited for the longest. Where there is none yet, says
    /// when there will be.
    fn make_room(&mut self, grace: Duration) -> Result<(), Duration> {
        let (mut longest, mut chosen) = (None, None);
        for (id, state) in &self.by_id {
            let Some(waited) = state.waited_for() else { continue };
            longest = longest.max(Some(waited));
            if waited >= grace {
                let of_peer = self.of_peer.get(&state.peer).copied().unwrap_or_default();
                chosen = chosen.max(Some((of_peer, waited, Reverse(*id))));
            }
        }
        let Some((_, _, Reverse(id))) = chosen else {
            return Err(longest.map_or(AGAIN, |waited| grace.saturating_sub(waited)));
        };
        if let Some(state) = self.remove(id) {
            state.tell(Told::Leave);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, advance};

    use super::*;
    use crate::serve::guard::Answering;

    const PEER: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    async fn enter(all: &Arc<Connections>, peer: &str) -> Seat {
        all.enter(Some(peer.parse().expect("an address"))).await
    }

    fn leaves(seat: &Seat) -> bool {
        seat.told() == Told::Leave
    }

    /// A request whose body has come.
    fn working(seat: &Seat) -> Answering {
        let answering = Answering::new(&seat.state);
        answering.0.is_whole();
        answering
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_waited_for_the_longest_makes_room() {
        let all = Connections::new(3);
        let mut seats = Vec::new();
        for _ in 0..3 {
            seats.push(all.enter(PEER).await);
            advance(Duration::from_secs(1)).await;
        }
        // The first has a request, so that the second is the one to go.
        let request = working(&seats[0]);
        let fourth = all.enter(PEER).await;
        assert_eq!([leaves(&seats[0]), leaves(&seats[1])], [false, true]);
        // Answered just now, it is not waited for as long as the others are.
        drop(request);
        let _fifth = all.enter(PEER).await;
        assert_eq!([leaves(&seats[0]), leaves(&seats[2])], [false, true]);
        assert!(!leaves(&fourth));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_the_server_stays_and_whoever_is_new_waits() {
        let all = Connections::new(2);
        let seats = [all.enter(PEER).await, all.enter(PEER).await];
        let requests = seats.each_ref().map(working);
        let mut third = Box::pin(all.enter(PEER));
        assert!(timeout(Duration::from_secs(60), &mut third).await.is_err());
        all.make_room();
        assert!(!seats.iter().any(leaves));
        drop(requests);
        drop(seats);
        let _third = third.await;
        assert_eq!(all.open().by_id.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_not_sent_the_whole_request_makes_room() {
        let all = Connections::new(1);
        let first = all.enter(PEER).await;
        let _body_is_missing = Answering::new(&first.state);
        let _second = all.enter(PEER).await;
        assert!(leaves(&first));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_the_most_connections_makes_room_first() {
        let all = Connections::new(4);
        let one = enter(&all, "192.0.2.1").await;
        advance(Duration::from_secs(1)).await;
        let [a, b] = [enter(&all, "2001:db8::1").await, enter(&all, "2001:db8::2").await];
        let other = enter(&all, "2001:db8:0:1::1").await;
        advance(Duration::from_secs(1)).await;
        let _fifth = enter(&all, "192.0.2.2").await;
        assert_eq!([&one, &a, &b, &other].map(leaves), [false, true, false, false]);
        // What has gone is not counted any more, so that now it is the one who came first.
        drop(a);
        let _sixth = enter(&all, "192.0.2.3").await;
        assert_eq!([&one, &b, &other].map(leaves), [true, false, false]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_never_makes_the_server_wait_keeps_nobody_out() {
        let all = Connections::new(3);
        let idle = enter(&all, "192.0.2.1").await;
        advance(Duration::from_secs(1)).await;
        let _busy = [enter(&all, "192.0.2.2").await, enter(&all, "192.0.2.2").await];
        let came = Instant::now();
        let _fourth = enter(&all, "192.0.2.3").await;
        assert!(leaves(&idle) && came.elapsed() < GRACE, "{:?}", came.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_just_come_may_speak() {
        let all = Connections::new(1);
        let first = all.enter(PEER).await;
        let came = Instant::now();
        let _second = all.enter(PEER).await;
        assert!(came.elapsed() >= GRACE && came.elapsed() < GRACE * 2, "{:?}", came.elapsed());
        assert!(leaves(&first));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_was_made_ends_the_request_once() {
        let all = Connections::new(2);
        let seat = all.enter(PEER).await;
        let answering = Answering::new(&seat.state);
        let asked = Arc::clone(&answering.0);
        drop(answering);
        // The rest of a refused body comes when its answer is made already.
        asked.is_whole();
        assert!(seat.state.waited_for().is_some());
    }
}
