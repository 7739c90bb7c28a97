//! What is remembered of peers: no more than fits, whoever they are.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{PoisonError, RwLock},
};

use governor::{nanos::Nanos, state::StateStore};

use crate::support::peer::network_of;

/// How many peers of endpoints are remembered: some 4 MB.
const MOST_PEERS: usize = 65_536;

/// Whose quota it is: an address's, at one endpoint. A wrong secret at one endpoint must not shut
/// the same provider out of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Peer {
    address: IpAddr,
    endpoint: u32,
}

impl Peer {
    pub(super) fn new(address: IpAddr, endpoint: u32) -> Self {
        Self { address: network_of(address), endpoint }
    }
}

/// A question about a peer's quota.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ask {
    pub(super) peer: Peer,
    pub(super) purpose: Purpose,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    /// To know whether something is left.
    Look,
    /// To take of what is left.
    Spend,
}

/// When each peer's quota will be whole again.
///
/// In two generations, of which the older one is forgotten when the younger one is full: to make
/// room costs next to nothing, however many peers a flood comes from. Whoever spends is in the younger
/// one.
pub(crate) struct Peers {
    generations: RwLock<Generations>,
    most: usize,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Peer, Nanos>,
    old: HashMap<Peer, Nanos>,
}

impl Peers {
    pub(super) fn new() -> Self {
        Self::of(MOST_PEERS)
    }

    fn of(most: usize) -> Self {
        Self { generations: RwLock::default(), most }
    }
}

impl Generations {
    fn get(&self, peer: &Peer) -> Option<Nanos> {
        self.young.get(peer).or_else(|| self.old.get(peer)).copied()
    }

    fn put(&mut self, peer: Peer, whole_at: Nanos, most: usize) {
        if self.young.len() >= most / 2 && !self.young.contains_key(&peer) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(peer, whole_at);
    }
}

impl StateStore for Peers {
    type Key = Ask;

    fn measure_and_replace<T, F, E>(&self, ask: &Ask, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        match ask.purpose {
            Purpose::Look => {
                let generations = self.generations.read().unwrap_or_else(PoisonError::into_inner);
                measure(generations.get(&ask.peer)).map(|(outcome, _)| outcome)
            }
            Purpose::Spend => {
                let mut generations =
                    self.generations.write().unwrap_or_else(PoisonError::into_inner);
                let (outcome, whole_at) = measure(generations.get(&ask.peer))?;
                generations.put(ask.peer, whole_at, self.most);
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

    fn peer(address: &str) -> Peer {
        Peer::new(address.parse().expect("an address"), 0)
    }

    type Limiter = RateLimiter<Ask, Peers, FakeRelativeClock, NoOpMiddleware<Nanos>>;

    /// Two at once, and one a second.
    fn limiter(most: usize) -> (Limiter, FakeRelativeClock) {
        let two = NonZeroU32::new(2).expect("not zero");
        let quota = Quota::with_period(Duration::from_secs(1)).expect("not zero").allow_burst(two);
        let clock = FakeRelativeClock::default();
        (RateLimiter::new(quota, Peers::of(most), clock.clone()), clock)
    }

    #[test]
    fn networks_are_peers() {
        assert_eq!(peer("2001:db8::1"), peer("2001:db8::ffff:1"));
        assert_ne!(peer("2001:db8::1"), peer("2001:db8:0:1::1"));
        assert_eq!(peer("192.0.2.1"), peer("::ffff:192.0.2.1"));
        assert_ne!(peer("192.0.2.1"), peer("192.0.2.2"));
        // The same bits, in another family.
        assert_ne!(peer("0.0.0.1"), peer("0:0:0:1::"));
        assert_ne!(peer("192.0.2.1"), Peer::new([192, 0, 2, 1].into(), 1));
    }

    #[test]
    fn to_look_costs_nothing() {
        let (limiter, clock) = limiter(8);
        let [look, spend] =
            [Purpose::Look, Purpose::Spend].map(|purpose| Ask { peer: peer("192.0.2.1"), purpose });
        for _ in 0..5 {
            assert!(limiter.check_key(&look).is_ok());
        }
        assert!(limiter.check_key(&spend).is_ok() && limiter.check_key(&look).is_ok());
        assert!(limiter.check_key(&spend).is_ok() && limiter.check_key(&look).is_err());
        assert!(limiter.check_key(&spend).is_err(), "and nothing more is taken");
        clock.advance(Duration::from_millis(999));
        assert!(limiter.check_key(&look).is_err());
        clock.advance(Duration::from_millis(1));
        assert!(limiter.check_key(&look).is_ok());
    }

    #[test]
    fn no_flood_of_peers_takes_more_memory() {
        let (limiter, _) = limiter(8);
        let spend = |number: u32| {
            let peer = Peer::new(number.to_be_bytes().into(), 0);
            limiter.check_key(&Ask { peer, purpose: Purpose::Spend }).is_ok()
        };
        for number in 0..1000 {
            assert!(spend(number));
        }
        // Those that came last are remembered, and those before them are not.
        assert!(spend(999) && !spend(999));
        assert!(spend(0) && spend(0) && !spend(0));
        let generations = limiter.into_state_store().generations.into_inner().expect("no panic");
        assert!(generations.young.len() <= 4 && generations.old.len() <= 4);
    }
}
