//! The state of peers' quotas, in bounded memory.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use governor::{nanos::Nanos, state::StateStore};

use crate::support::peer::Peer;

/// The maximum number of peers, counted at each endpoint: some 4 MB.
const MAX_PEERS: usize = 65_536;

/// A peer at one endpoint. A wrong secret at one endpoint must not shut the same provider out of
/// another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PeerAtEndpoint {
    peer: Peer,
    endpoint: u32,
}

impl PeerAtEndpoint {
    pub(super) fn new(peer: Peer, endpoint: u32) -> Self {
        Self { peer, endpoint }
    }
}

/// An operation on a peer's quota.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PeerQuery {
    pub(super) peer: PeerAtEndpoint,
    pub(super) operation: Operation,
}

/// The kind of the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    /// Checks whether the quota is used up.
    Peek,
    /// Spends one request of the quota.
    Spend,
    /// Gives one request back.
    Refund,
}

/// The time at which each peer's quota will be full again.
///
/// There are two generations. When the young one is full, it becomes the old one, and the old one is
/// forgotten: making room is cheap, however many peers a flood comes from. A peer that spends is in
/// the young one.
pub(crate) struct Peers {
    generations: RwLock<Generations>,
    capacity: usize,
    /// The time after which one request of the quota is replenished.
    interval: Nanos,
}

#[derive(Default)]
struct Generations {
    young: HashMap<PeerAtEndpoint, Nanos>,
    old: HashMap<PeerAtEndpoint, Nanos>,
}

impl Peers {
    pub(super) fn new(interval: Duration) -> Self {
        Self::with_capacity(MAX_PEERS, interval)
    }

    fn with_capacity(capacity: usize, interval: Duration) -> Self {
        Self { generations: RwLock::default(), capacity, interval: interval.into() }
    }
}

impl Generations {
    fn get(&self, peer: &PeerAtEndpoint) -> Option<Nanos> {
        self.young.get(peer).or_else(|| self.old.get(peer)).copied()
    }

    fn put(&mut self, peer: PeerAtEndpoint, full_at: Nanos, capacity: usize) {
        if self.young.len() >= capacity / 2 && !self.young.contains_key(&peer) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(peer, full_at);
    }
}

impl StateStore for Peers {
    type Key = PeerQuery;

    fn measure_and_replace<T, F, E>(&self, query: &PeerQuery, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        match query.operation {
            Operation::Peek => {
                let generations = self.generations.read().unwrap_or_else(PoisonError::into_inner);
                measure(generations.get(&query.peer)).map(|(outcome, _)| outcome)
            }
            Operation::Spend => {
                let mut generations =
                    self.generations.write().unwrap_or_else(PoisonError::into_inner);
                let (outcome, full_at) = measure(generations.get(&query.peer))?;
                generations.put(query.peer, full_at, self.capacity);
                Ok(outcome)
            }
            Operation::Refund => {
                let mut generations =
                    self.generations.write().unwrap_or_else(PoisonError::into_inner);
                // The first request of a peer makes it full again one interval from now.
                let (outcome, next) = measure(None)?;
                if let Some(full_at) = generations.get(&query.peer) {
                    if full_at <= next {
                        // It is full again, as it was before. Such a peer takes no memory.
                        generations.young.remove(&query.peer);
                        generations.old.remove(&query.peer);
                    } else {
                        let full_at = full_at.saturating_sub(self.interval);
                        generations.put(query.peer, full_at, self.capacity);
                    }
                }
                Ok(outcome)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU32, time::Duration};

    use governor::{Quota, RateLimiter, clock::FakeRelativeClock, middleware::NoOpMiddleware};

    use super::*;

    fn peer(address: &str) -> PeerAtEndpoint {
        PeerAtEndpoint::new(Peer::new(Some(address.parse().expect("an address"))), 0)
    }

    type Limiter = RateLimiter<PeerQuery, Peers, FakeRelativeClock, NoOpMiddleware<Nanos>>;

    /// Two at once, and one a second.
    fn limiter(capacity: usize) -> (Limiter, FakeRelativeClock) {
        let two = NonZeroU32::new(2).expect("not zero");
        let quota = Quota::with_period(Duration::from_secs(1)).expect("not zero").allow_burst(two);
        let clock = FakeRelativeClock::default();
        (
            RateLimiter::new(
                quota,
                Peers::with_capacity(capacity, quota.replenish_interval()),
                clock.clone(),
            ),
            clock,
        )
    }

    #[test]
    fn peers_are_networks() {
        assert_eq!(peer("2001:db8::1"), peer("2001:db8::ffff:1"));
        assert_ne!(peer("2001:db8::1"), peer("2001:db8:0:1::1"));
        assert_eq!(peer("192.0.2.1"), peer("::ffff:192.0.2.1"));
        assert_ne!(peer("192.0.2.1"), peer("192.0.2.2"));
        // The same bits, in another family.
        assert_ne!(peer("0.0.0.1"), peer("0:0:0:1::"));
        let same = Peer::new(Some([192, 0, 2, 1].into()));
        assert_ne!(peer("192.0.2.1"), PeerAtEndpoint::new(same, 1));
    }

    #[test]
    fn peeking_is_free() {
        let (limiter, clock) = limiter(8);
        let [peek, spend] = [Operation::Peek, Operation::Spend]
            .map(|operation| PeerQuery { peer: peer("192.0.2.1"), operation });
        for _ in 0..5 {
            assert!(limiter.check_key(&peek).is_ok());
        }
        assert!(limiter.check_key(&spend).is_ok() && limiter.check_key(&peek).is_ok());
        assert!(limiter.check_key(&spend).is_ok() && limiter.check_key(&peek).is_err());
        assert!(limiter.check_key(&spend).is_err(), "and nothing more is taken");
        clock.advance(Duration::from_millis(999));
        assert!(limiter.check_key(&peek).is_err());
        clock.advance(Duration::from_millis(1));
        assert!(limiter.check_key(&peek).is_ok());
    }

    #[test]
    fn refunds_leave_no_trace() {
        let (limiter, clock) = limiter(8);
        let run = |operation| {
            limiter.check_key(&PeerQuery { peer: peer("192.0.2.1"), operation }).is_ok()
        };
        for _ in 0..5 {
            assert!(run(Operation::Spend) && run(Operation::Spend) && !run(Operation::Spend));
            clock.advance(Duration::from_millis(300));
            assert!(run(Operation::Refund) && run(Operation::Spend) && !run(Operation::Spend));
            assert!(run(Operation::Refund) && run(Operation::Refund));
        }
        let generations = limiter.into_state_store().generations.into_inner().expect("no panic");
        assert!(generations.young.is_empty() && generations.old.is_empty());
    }

    #[test]
    fn memory_is_bounded() {
        let (limiter, _) = limiter(8);
        let spend = |number: u32| {
            let address = Peer::new(Some(number.to_be_bytes().into()));
            let peer = PeerAtEndpoint::new(address, 0);
            limiter.check_key(&PeerQuery { peer, operation: Operation::Spend }).is_ok()
        };
        for number in 0..1000 {
            assert!(spend(number));
        }
        // The last peers are remembered, and the first are not.
        assert!(spend(999) && !spend(999));
        assert!(spend(0) && spend(0) && !spend(0));
        let generations = limiter.into_state_store().generations.into_inner().expect("no panic");
        assert!(generations.young.len() <= 4 && generations.old.len() <= 4);
    }
}
