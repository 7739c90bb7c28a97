//! The state of one connection: what happens on it, and how long it may stay open.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{
            AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, futures::Notified},
    time::Instant,
};

use super::{config::ServerConfig, connections::Connections};
use crate::support::{peer::Peer, trust::Trustable};

/// The mark for "not yet".
const NEVER: u64 = u64::MAX;

/// The shortest pause between two checks of a connection's deadlines.
const MIN_CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// The maximum number of bytes that a client of HTTP/2 sends for each useful one, as in nginx, and the
/// number of useful ones that a connection starts with: enough for a PING each second in an hour. Each
/// PING or SETTINGS costs a system call to answer.
#[cfg(feature = "http2")]
const OVERHEAD: u64 = 8;
#[cfg(feature = "http2")]
const FREE_OVERHEAD: u64 = 32 * 1024;

/// The useful bytes of a request beside its body: its head, and what is accepted of a body that nobody
/// reads.
#[cfg(feature = "http2")]
const USEFUL_OF_REQUEST: u64 = 2 * super::config::MAX_HEAD as u64 / OVERHEAD;

/// The order that a connection gets from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Go on.
    Continue,
    /// Close after the requests in flight.
    Finish,
    /// Close now.
    Close,
}

/// The state of one open connection. Times are milliseconds since it was opened.
pub(crate) struct ConnectionState {
    opened: Instant,
    /// The peer: the other end, or the sender of the latest request that a proxy has passed on.
    peer: Mutex<Peer>,
    /// True if a request has ever arrived.
    had_request: AtomicBool,
    /// The number of things that keep the connection busy: requests that have no response yet, bodies of requests that
    /// still arrive, and bodies of responses that are still being made.
    in_flight: AtomicU32,
    /// Those of them for which the client waits: the request is complete.
    complete: AtomicU32,
    /// Requests without a response that the application trusts, and that it does not.
    trusted: AtomicU32,
    untrusted: AtomicU32,
    /// Those of all connections that it does not.
    all_untrusted: Arc<AtomicUsize>,
    /// When the connection last fell silent.
    idle_since: AtomicU64,
    /// When the first byte arrived after that.
    first_read_at: AtomicU64,
    /// Since when the server has been waiting for the client.
    waiting_since: AtomicU64,
    /// Since when the client has not taken bytes that are there for it.
    blocked_since: AtomicU64,
    /// The bytes that the client has sent in all.
    #[cfg(feature = "http2")]
    received: AtomicU64,
    /// The bytes of bodies in both directions, and what a head may take.
    #[cfg(feature = "http2")]
    useful: AtomicU64,
    /// The bytes that the server has sent, less those of the client, since the connection was last busy.
    #[cfg(feature = "http2")]
    sent_unasked: std::sync::atomic::AtomicI64,
    signal: AtomicU8,
    signalled: Notify,
}

impl ConnectionState {
    pub(crate) fn new(peer: Peer, all_untrusted: Arc<AtomicUsize>) -> Self {
        Self {
            opened: Instant::now(),
            peer: Mutex::new(peer),
            had_request: AtomicBool::new(false),
            in_flight: AtomicU32::new(0),
            complete: AtomicU32::new(0),
            trusted: AtomicU32::new(0),
            untrusted: AtomicU32::new(0),
            all_untrusted,
            idle_since: AtomicU64::new(0),
            first_read_at: AtomicU64::new(NEVER),
            waiting_since: AtomicU64::new(0),
            blocked_since: AtomicU64::new(NEVER),
            #[cfg(feature = "http2")]
            received: AtomicU64::new(0),
            #[cfg(feature = "http2")]
            useful: AtomicU64::new(0),
            #[cfg(feature = "http2")]
            sent_unasked: std::sync::atomic::AtomicI64::new(0),
            signal: AtomicU8::new(Signal::Continue as u8),
            signalled: Notify::new(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(NEVER - 1)
    }

    fn at(&self, millis: u64) -> Instant {
        self.opened + Duration::from_millis(millis)
    }

    /// The peer whose share the connection is part of.
    pub(crate) fn peer(&self) -> Peer {
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time that the server has been waiting for the client; `None` while the client waits for a
    /// response.
    pub(crate) fn waited_for(&self) -> Option<Duration> {
        let working = self.complete.load(Relaxed) > 0;
        let since = self.waiting_since.load(Relaxed);
        (!working).then(|| self.at(since).elapsed())
    }

    /// The number of requests in flight that the application does not trust.
    pub(crate) fn untrusted(&self) -> usize {
        usize::try_from(self.untrusted.load(Relaxed)).unwrap_or(usize::MAX)
    }

    /// Counts a request that the application does not trust, or no longer counts it.
    fn count_untrusted(&self, begins: bool) {
        if begins {
            self.untrusted.fetch_add(1, Relaxed);
            self.all_untrusted.fetch_add(1, Relaxed);
        } else {
            self.untrusted.fetch_sub(1, Relaxed);
            self.all_untrusted.fetch_sub(1, Relaxed);
        }
    }

    /// True while a request in flight is trusted. Such a connection is never closed for another.
    pub(crate) fn is_trusted(&self) -> bool {
        self.trusted.load(Relaxed) > 0
    }

    /// The number of things that keep the connection busy.
    pub(crate) fn in_flight(&self) -> usize {
        usize::try_from(self.in_flight.load(Relaxed)).unwrap_or(usize::MAX)
    }

    /// True while the client does not take the bytes of a response.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked_since.load(Relaxed) != NEVER
    }

    /// The connection waits for its worker thread, and not for its client.
    pub(crate) fn on_assigned(&self) {
        self.complete.fetch_add(1, Relaxed);
    }

    /// The worker thread has begun to read.
    pub(crate) fn on_started(&self) {
        self.waiting_since.store(self.now(), Relaxed);
        self.complete.fetch_sub(1, Relaxed);
    }

    /// Bytes have arrived.
    pub(crate) fn on_read(&self) {
        if self.first_read_at.load(Relaxed) == NEVER {
            self.first_read_at.store(self.now(), Relaxed);
        }
    }

    /// The client has sent bytes over HTTP/2. Returns whether most of them are for nothing: frames that
    /// carry no requests, such as PING, SETTINGS, `WINDOW_UPDATE` and empty DATA.
    #[cfg(feature = "http2")]
    pub(crate) fn is_flooded(&self, more: usize) -> bool {
        self.sent_unasked.fetch_sub(more.cast_signed() as i64, Relaxed);
        let received = self.received.fetch_add(more as u64, Relaxed) + more as u64;
        received / OVERHEAD > FREE_OVERHEAD + self.useful.load(Relaxed)
    }

    /// Bytes of a body have come or gone.
    #[cfg(feature = "http2")]
    pub(crate) fn on_body(&self, bytes: usize) {
        self.useful.fetch_add(bytes as u64, Relaxed);
    }

    /// The client has taken bytes.
    pub(crate) fn on_write(&self) {
        self.blocked_since.store(NEVER, Relaxed);
        if self.in_flight.load(Relaxed) == 0 {
            self.idle_since.store(self.now(), Relaxed);
        }
    }

    /// The client of HTTP/2 has taken bytes. Only parts of responses end its silence: PING and SETTINGS
    /// are answered by as many bytes as the client has sent.
    #[cfg(feature = "http2")]
    pub(crate) fn on_http2_write(&self, bytes: usize) {
        let bytes = bytes.cast_signed() as i64;
        if self.sent_unasked.fetch_add(bytes, Relaxed) + bytes > 0 {
            self.sent_unasked.store(0, Relaxed);
            self.on_write();
        } else {
            self.blocked_since.store(NEVER, Relaxed);
        }
    }

    /// The client does not take bytes.
    pub(crate) fn on_write_blocked(&self) {
        let _ = self.blocked_since.compare_exchange(NEVER, self.now(), Relaxed, Relaxed);
    }

    /// Until when the client may be silent or slow; `None` while the server is busy with a request, and
    /// the client takes what is there for it. On a `multiplexed` connection, bytes need not begin a
    /// request.
    fn deadline(&self, config: &ServerConfig, multiplexed: bool) -> Option<Instant> {
        let blocked_since = self.blocked_since.load(Relaxed);
        if blocked_since != NEVER {
            return Some(self.at(blocked_since) + config.idle_timeout);
        }
        if self.in_flight.load(Acquire) > 0 {
            return None;
        }
        if !self.had_request.load(Relaxed) {
            return Some(self.opened + config.header_timeout);
        }
        let first_read_at = self.first_read_at.load(Relaxed);
        let idle_since = self.idle_since.load(Relaxed);
        Some(if first_read_at == NEVER || multiplexed {
            self.at(idle_since) + config.idle_timeout
        } else {
            // The time for the next head starts when the previous response is fully sent.
            self.at(first_read_at.max(idle_since)) + config.header_timeout
        })
    }

    /// Sends a signal. A stronger signal stays in force. Returns whether this is the strongest so far.
    pub(crate) fn send(&self, signal: Signal) -> bool {
        let before = self.signal.fetch_max(signal as u8, Relaxed);
        self.signalled.notify_one();
        before < signal as u8
    }
}

/// A place among the open connections, until it is dropped.
pub(crate) struct ConnectionGuard {
    pub(crate) id: u64,
    pub(crate) state: Arc<ConnectionState>,
    pub(crate) all: Arc<Connections>,
}

impl ConnectionGuard {
    /// Until when the first request must have begun.
    #[cfg(any(feature = "http2", feature = "tls"))]
    pub(crate) fn first_deadline(&self, config: &ServerConfig) -> Instant {
        self.state.opened + config.header_timeout
    }

    /// When to check the deadlines again: at the next one that is known, and before one that begins
    /// in the meantime could pass.
    pub(crate) fn next_check(&self, config: &ServerConfig, multiplexed: bool) -> Instant {
        let now = Instant::now();
        let soon = now + config.header_timeout.min(config.idle_timeout).max(MIN_CHECK_INTERVAL);
        let end = self.state.opened + config.max_connection_age;
        let ends = [end, end + config.shutdown_timeout].into_iter().filter(|end| *end > now);
        let known = [self.state.deadline(config, multiplexed), ends.min()];
        known.into_iter().flatten().fold(soon, Instant::min)
    }

    /// The signal that follows from the deadlines.
    pub(crate) fn due(&self, config: &ServerConfig, multiplexed: bool) -> Signal {
        let now = Instant::now();
        let end = self.state.opened + config.max_connection_age;
        match self.state.deadline(config, multiplexed) {
            Some(deadline) if deadline <= now => Signal::Close,
            // A connection that does not finish in time is closed.
            _ if end + config.shutdown_timeout <= now => Signal::Close,
            _ if end <= now => Signal::Finish,
            _ => Signal::Continue,
        }
    }

    /// Waits for a signal.
    pub(crate) fn signalled(&self) -> Notified<'_> {
        self.state.signalled.notified()
    }

    /// The strongest signal so far.
    pub(crate) fn signal(&self) -> Signal {
        match self.state.signal.load(Relaxed) {
            0 => Signal::Continue,
            1 => Signal::Finish,
            _ => Signal::Close,
        }
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.all.remove(self.id);
    }
}

/// Keeps a connection busy until it is dropped. Then its deadlines begin anew.
struct Busy(Arc<ConnectionState>);

impl Busy {
    fn new(connection: &Arc<ConnectionState>) -> Self {
        connection.in_flight.fetch_add(1, Relaxed);
        Self(Arc::clone(connection))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let connection = &self.0;
        connection.idle_since.store(connection.now(), Relaxed);
        connection.first_read_at.store(NEVER, Relaxed);
        #[cfg(feature = "http2")]
        connection.sent_unasked.store(0, Relaxed);
        // Last and with `Release`: a thread that sees this count also sees the rest.
        connection.in_flight.fetch_sub(1, Release);
    }
}

/// The progress of one request. It keeps the connection busy until it has a response, and the last part
/// of its body has arrived, or nobody reads it.
pub(crate) struct RequestProgress {
    busy: Busy,
    phase: AtomicU8,
    trust: AtomicU8,
}

/// The phases of a request: its head has arrived, its body is complete, it has a response.
const RECEIVING: u8 = 0;
const COMPLETE: u8 = 1;
const ANSWERED: u8 = 2;

/// The trust in a request: none yet, some, and none any more, because it has its response.
const UNTRUSTED: u8 = 0;
const TRUSTED: u8 = 1;
const OVER: u8 = 2;

impl RequestProgress {
    fn new(connection: &Arc<ConnectionState>) -> Arc<Self> {
        connection.had_request.store(true, Relaxed);
        #[cfg(feature = "http2")]
        connection.useful.fetch_add(USEFUL_OF_REQUEST, Relaxed);
        connection.count_untrusted(true);
        // For a request that has just begun, nobody has waited yet.
        connection.waiting_since.store(connection.now(), Relaxed);
        let (phase, trust) = (AtomicU8::new(RECEIVING), AtomicU8::new(UNTRUSTED));
        Arc::new(Self { busy: Busy::new(connection), phase, trust })
    }

    /// The whole request has arrived: now the client waits for the server.
    pub(crate) fn complete(&self) {
        if self.phase.compare_exchange(RECEIVING, COMPLETE, Relaxed, Relaxed).is_ok() {
            self.busy.0.complete.fetch_add(1, Relaxed);
        }
    }
}

impl Trustable for RequestProgress {
    fn sent_by(&self, peer: Peer) {
        *self.busy.0.peer.lock().unwrap_or_else(PoisonError::into_inner) = peer;
    }

    fn trust(&self) {
        let connection = &self.busy.0;
        if self.trust.compare_exchange(UNTRUSTED, TRUSTED, Relaxed, Relaxed).is_ok() {
            connection.trusted.fetch_add(1, Relaxed);
            connection.count_untrusted(false);
        }
    }
}

/// Marks a request as unanswered until its response is made, or its client has gone.
pub(crate) struct InFlightGuard(pub(crate) Arc<RequestProgress>);

impl InFlightGuard {
    pub(crate) fn new(connection: &Arc<ConnectionState>) -> Self {
        Self(RequestProgress::new(connection))
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let connection = &self.0.busy.0;
        if self.0.phase.swap(ANSWERED, Relaxed) == COMPLETE {
            connection.waiting_since.store(connection.now(), Relaxed);
            connection.complete.fetch_sub(1, Relaxed);
        }
        if self.0.trust.swap(OVER, Relaxed) == TRUSTED {
            connection.trusted.fetch_sub(1, Relaxed);
        } else {
            connection.count_untrusted(false);
        }
    }
}

/// Marks a response whose next part the application has yet to make: the client waits for it.
pub(crate) struct ProducingGuard(Busy);

impl ProducingGuard {
    pub(crate) fn new(connection: &Arc<ConnectionState>) -> Self {
        connection.complete.fetch_add(1, Relaxed);
        Self(Busy::new(connection))
    }
}

impl Drop for ProducingGuard {
    fn drop(&mut self) {
        let connection = &self.0.0;
        connection.waiting_since.store(connection.now(), Relaxed);
        connection.complete.fetch_sub(1, Relaxed);
    }
}
