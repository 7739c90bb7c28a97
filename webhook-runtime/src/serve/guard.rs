//! The place of one connection: what happens on it, and until when it may stay.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU8, AtomicU32, AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, futures::Notified},
    time::Instant,
};

use super::{config::Limits, connections::Connections};
use crate::support::peer::known_as;

/// No time at all.
const NEVER: u64 = u64::MAX;

/// How often it is looked at the most whether a connection may stay.
const LEAST_LOOK: Duration = Duration::from_millis(20);

/// What a connection is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// To go on.
    Nothing,
    /// To end after the requests that are being answered.
    Finish,
    /// To end now.
    Leave,
}

/// What is known of one open connection. Times are milliseconds since it was opened.
pub(crate) struct State {
    opened: Instant,
    pub(crate) peer: Option<IpAddr>,
    /// A request has come, ever.
    asked: AtomicBool,
    /// Requests that have come and were not answered yet.
    in_flight: AtomicU32,
    /// Of these, those that have come whole.
    whole: AtomicU32,
    /// When it last became silent.
    silent_since: AtomicU64,
    /// When the first byte came after that.
    heard_at: AtomicU64,
    /// Since when nothing can be done until the client goes on.
    waiting_since: AtomicU64,
    told: AtomicU8,
    signal: Notify,
}

impl State {
    pub(crate) fn new(peer: Option<IpAddr>) -> Self {
        Self {
            opened: Instant::now(),
            peer: peer.map(known_as),
            asked: AtomicBool::new(false),
            in_flight: AtomicU32::new(0),
            whole: AtomicU32::new(0),
            silent_since: AtomicU64::new(0),
            heard_at: AtomicU64::new(NEVER),
            waiting_since: AtomicU64::new(0),
            told: AtomicU8::new(0),
            signal: Notify::new(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(NEVER - 1)
    }

    fn at(&self, millis: u64) -> Instant {
        self.opened + Duration::from_millis(millis)
    }

    /// For how long the server has waited for the client; `None` while it is the client that waits.
    pub(crate) fn waited_for(&self) -> Option<Duration> {
        let working = self.whole.load(Relaxed) > 0;
        let since = self.waiting_since.load(Relaxed);
        (!working).then(|| self.at(since).elapsed())
    }

    /// Bytes have come.
    pub(crate) fn heard(&self) {
        if self.heard_at.load(Relaxed) == NEVER {
            self.heard_at.store(self.now(), Relaxed);
        }
    }

    /// Bytes were sent, and taken.
    pub(crate) fn spoke(&self) {
        if self.in_flight.load(Relaxed) == 0 {
            self.silent_since.store(self.now(), Relaxed);
        }
    }

    /// Until when the client may be silent, or slow; `None` while a request is being answered.
    /// `multiplexed` is a connection whose bytes need not begin a request.
    fn deadline(&self, limits: &Limits, multiplexed: bool) -> Option<Instant> {
        if self.in_flight.load(Acquire) > 0 {
            return None;
        }
        if !self.asked.load(Relaxed) {
            return Some(self.opened + limits.header_deadline);
        }
        let heard_at = self.heard_at.load(Relaxed);
        let silent_since = self.silent_since.load(Relaxed);
        Some(if heard_at == NEVER || multiplexed {
            self.at(silent_since) + limits.idle_timeout
        } else {
            // While the answer before is still being taken, the next request may take its time.
            self.at(heard_at.max(silent_since)) + limits.header_deadline
        })
    }

    /// Tells the connection.
    pub(crate) fn tell(&self, what: Told) {
        self.told.fetch_max(what as u8, Relaxed);
        self.signal.notify_one();
    }
}

/// A place among the open connections, until it is dropped.
pub(crate) struct Seat {
    pub(crate) id: u64,
    pub(crate) state: Arc<State>,
    pub(crate) all: Arc<Connections>,
}

impl Seat {
    /// Until when the connection may wait for its first request.
    #[cfg(any(feature = "http2", feature = "tls"))]
    pub(crate) fn first_deadline(&self, limits: &Limits) -> Instant {
        self.state.opened + limits.header_deadline
    }

    /// When to look again whether it may stay: at the next of its deadlines that are known, and before
    /// any could be over that begins meanwhile.
    pub(crate) fn next_look(&self, limits: &Limits, multiplexed: bool) -> Instant {
        let now = Instant::now();
        let soon = now + limits.header_deadline.min(limits.idle_timeout).max(LEAST_LOOK);
        let end = self.state.opened + limits.connection_lifetime;
        let ends = [end, end + limits.shutdown_deadline].into_iter().filter(|end| *end > now);
        let known = [self.state.deadline(limits, multiplexed), ends.min()];
        known.into_iter().flatten().fold(soon, Instant::min)
    }

    /// What the time demands of it.
    pub(crate) fn due(&self, limits: &Limits, multiplexed: bool) -> Told {
        let now = Instant::now();
        let end = self.state.opened + limits.connection_lifetime;
        match self.state.deadline(limits, multiplexed) {
            Some(deadline) if deadline <= now => Told::Leave,
            // Who was told to finish, and does not, is not waited for without end.
            _ if end + limits.shutdown_deadline <= now => Told::Leave,
            _ if end <= now => Told::Finish,
            _ => Told::Nothing,
        }
    }

    /// Waits until it is told something.
    pub(crate) fn signalled(&self) -> Notified<'_> {
        self.state.signal.notified()
    }

    /// What it was told.
    pub(crate) fn told(&self) -> Told {
        match self.state.told.load(Relaxed) {
            0 => Told::Nothing,
            1 => Told::Finish,
            _ => Told::Leave,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.all.left(self);
    }
}

/// A request that was not answered yet.
pub(crate) struct Asked {
    state: Arc<State>,
    phase: AtomicU8,
}

/// The head of a request has come; its body has, too; its answer is made.
const COMING: u8 = 0;
const WHOLE: u8 = 1;
const ANSWERED: u8 = 2;

impl Asked {
    fn new(state: &Arc<State>) -> Arc<Self> {
        state.asked.store(true, Relaxed);
        state.in_flight.fetch_add(1, Relaxed);
        // Whoever has just begun has waited for nothing yet.
        state.waiting_since.store(state.now(), Relaxed);
        Arc::new(Self { state: Arc::clone(state), phase: AtomicU8::new(COMING) })
    }

    /// All of the request has come: from now on it is the client that waits.
    pub(crate) fn is_whole(&self) {
        if self.phase.compare_exchange(COMING, WHOLE, Relaxed, Relaxed).is_ok() {
            self.state.whole.fetch_add(1, Relaxed);
        }
    }
}

/// Holds a request until its answer is made, or nobody wants it any more.
pub(crate) struct Answering(pub(crate) Arc<Asked>);

impl Answering {
    pub(crate) fn new(state: &Arc<State>) -> Self {
        Self(Asked::new(state))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let state = &self.0.state;
        let now = state.now();
        if self.0.phase.swap(ANSWERED, Relaxed) == WHOLE {
            state.waiting_since.store(now, Relaxed);
            state.whole.fetch_sub(1, Relaxed);
        }
        state.silent_since.store(now, Relaxed);
        state.heard_at.store(NEVER, Relaxed);
        // After the rest, which whoever sees this has to see, too.
        state.in_flight.fetch_sub(1, Release);
    }
}
