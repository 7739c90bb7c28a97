//! One request in the quota of its peer.
//!
//! A request is paid for before it causes a question or a hash, and gets that back once it is verified.
//! So requests in flight count, and a quota cannot be overdrawn.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use governor::{NotUntil, RateLimiter, middleware::NoOpMiddleware, nanos::Nanos};
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use super::{
    Limiters,
    monotonic::MonotonicClock,
    peers::{Operation, PeerAtEndpoint, PeerQuery, Peers},
};
use crate::{
    delivery::{LimitedBy, Rejection},
    receive::{Received, source_error::SOURCE_TIMEOUT},
    support::peer::Peer,
};

/// The quotas of all peers at all endpoints.
pub(crate) struct PeerLimiter {
    quotas: RateLimiter<PeerQuery, Peers, MonotonicClock, NoOpMiddleware<Nanos>>,
    /// The number of requests that are being verified.
    in_flight: Mutex<HashMap<PeerAtEndpoint, usize>>,
    /// The number of genuine requests so far.
    verified: AtomicU64,
    /// Notified when such a request is settled.
    settled: Notify,
}

impl PeerLimiter {
    pub(super) fn new(quota: governor::Quota) -> Self {
        let peers = Peers::new(quota.replenish_interval());
        let quotas = RateLimiter::new(quota, peers, MonotonicClock::new());
        let (in_flight, verified) = (Mutex::default(), AtomicU64::new(0));
        Self { quotas, in_flight, verified, settled: Notify::new() }
    }

    fn run(&self, peer: PeerAtEndpoint, operation: Operation) -> Result<(), NotUntil<Nanos>> {
        self.quotas.check_key(&PeerQuery { peer, operation })
    }

    /// Pays for a request. If the quota is used up, returns whether one in flight may get its part back.
    fn try_reserve(&self, peer: PeerAtEndpoint) -> Result<(), (NotUntil<Nanos>, bool)> {
        let mut in_flight = self.in_flight();
        self.run(peer, Operation::Spend).map_err(|until| (until, in_flight.contains_key(&peer)))?;
        *in_flight.entry(peer).or_default() += 1;
        Ok(())
    }

    /// Ends a request that was paid for.
    fn settle(&self, peer: PeerAtEndpoint, end: End) {
        let mut in_flight = self.in_flight();
        if end != End::Costs {
            let _ = self.run(peer, Operation::Refund);
        }
        self.verified.fetch_add(u64::from(end == End::Verified), Relaxed);
        if let Some(count) = in_flight.get_mut(&peer) {
            *count -= 1;
            if *count == 0 {
                in_flight.remove(&peer);
            }
        }
        drop(in_flight);
        self.settled.notify_waiters();
    }

    fn in_flight(&self) -> MutexGuard<'_, HashMap<PeerAtEndpoint, usize>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request in the quota of its peer. A drop without [`settle`](Self::settle) means that the request
/// was given up.
pub(crate) struct RequestQuota<'a> {
    peer: Peer,
    limiters: &'a Limiters,
    /// The limiter and the key of a peer that is known.
    limited: Option<(&'a PeerLimiter, PeerAtEndpoint)>,
    payment: Payment,
}

/// The payment for a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Payment {
    /// Nothing has been asked for.
    Nothing,
    /// Its body is being read. It is paid for if it never arrives.
    Owed,
    /// It is paid for, and gets that back if it is verified.
    Reserved,
    /// It is settled.
    Settled,
}

/// The end of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// It is genuine.
    Verified,
    /// It costs nothing, but says nothing about its peer.
    Free,
    Costs,
}

impl Limiters {
    /// The part of a request in the quota of its peer.
    pub(in crate::receive) fn of_request(&self, peer: Peer) -> RequestQuota<'_> {
        let quotas = self.peers.as_deref().filter(|_| peer.is_known());
        let limited = quotas.map(|quotas| (quotas, PeerAtEndpoint::new(peer, self.number)));
        RequestQuota { peer, limiters: self, limited, payment: Payment::Nothing }
    }
}

impl RequestQuota<'_> {
    /// The peer that has sent the request.
    pub(in crate::receive) fn peer(&self) -> Peer {
        self.peer
    }

    /// Refuses a peer that has used up its quota. While a part of it is in flight, that is decided
    /// later.
    pub(in crate::receive) fn admit(&self) -> Result<(), Rejection> {
        let Some((limiter, peer)) = self.limited else { return Ok(()) };
        match limiter.run(peer, Operation::Peek) {
            Err(until) if !limiter.in_flight().contains_key(&peer) => Err(self.refusal(&until)),
            _ => Ok(()),
        }
    }

    /// From now on, the request costs if it is given up.
    pub(in crate::receive) fn await_body(&mut self) {
        self.payment = Payment::Owed;
    }

    /// Pays for the request before it is verified. If the rest of the quota is in flight, waits for the
    /// result of that: no longer than for a source since the last genuine request.
    pub(in crate::receive) async fn reserve(&mut self) -> Result<(), Rejection> {
        let Some((limiter, peer)) = self.limited else { return Ok(()) };
        let (mut deadline, mut verified) = (Instant::now() + SOURCE_TIMEOUT, 0);
        loop {
            let mut settled = pin!(limiter.settled.notified());
            settled.as_mut().enable();
            match limiter.try_reserve(peer) {
                Ok(()) => break,
                Err((_, true)) => {
                    let before = std::mem::replace(&mut verified, limiter.verified.load(Relaxed));
                    if before != verified {
                        deadline = Instant::now() + SOURCE_TIMEOUT;
                    }
                    let settled = timeout_at(deadline, settled).await;
                    settled.map_err(|_| Rejection::Overloaded)?;
                }
                Err((until, false)) => {
                    self.payment = Payment::Settled;
                    return Err(self.refusal(&until));
                }
            }
        }
        self.payment = Payment::Reserved;
        Ok(())
    }

    /// Pays for an unsigned handshake that needs a secret, since anybody can send it.
    pub(in crate::receive) fn pay_for_handshake(&mut self) -> Result<(), Rejection> {
        if self.payment == Payment::Settled {
            return Ok(());
        }
        self.payment = Payment::Settled;
        if let Some((limiter, peer)) = self.limited {
            limiter.run(peer, Operation::Spend).map_err(|until| self.refusal(&until))?;
        }
        self.limiters.spend()
    }

    /// Settles the request by its result.
    pub(in crate::receive) fn settle(mut self, result: &Received) {
        let end = match result {
            Received::Delivery(_) | Received::Handshake(_) => End::Verified,
            Received::Rejected(
                Rejection::Unauthorized(_)
                | Rejection::Forbidden
                | Rejection::BodyTimeout
                | Rejection::IncompleteBody,
            ) => End::Costs,
            // It has given its memory up, as a rule for another request of its own peer, after it may have
            // asked a source.
            Received::Rejected(Rejection::Overloaded) if self.payment == Payment::Reserved => {
                End::Costs
            }
            Received::Rejected(_) => End::Free,
        };
        self.end(end);
    }

    fn end(&mut self, end: End) {
        let payment = std::mem::replace(&mut self.payment, Payment::Settled);
        let Some((limiter, peer)) = self.limited else { return };
        match payment {
            Payment::Reserved => limiter.settle(peer, end),
            Payment::Nothing | Payment::Owed if end == End::Costs => {
                // It has its response already. There is nothing left to refuse.
                let _ = limiter.run(peer, Operation::Spend);
            }
            Payment::Nothing | Payment::Owed | Payment::Settled => {}
        }
    }

    fn refusal(&self, until: &NotUntil<Nanos>) -> Rejection {
        let clock = self.limited.map(|(limiter, _)| limiter.quotas.clock());
        clock.map_or(Rejection::Overloaded, |clock| {
            self.limiters.limited(LimitedBy::Peer, until, clock)
        })
    }
}

impl Drop for RequestQuota<'_> {
    fn drop(&mut self) {
        self.end(if self.payment == Payment::Nothing { End::Free } else { End::Costs });
    }
}
