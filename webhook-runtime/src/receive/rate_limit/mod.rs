//! Quotas: how many forged requests a peer may send, and how many requests an endpoint takes.
//!
//! Forged and unfinished requests spend a peer's quota. A provider that delivers a thousand events at
//! once is never limited; an attacker who guesses is, before the next guess is read or hashed. Every
//! request with a well-formed signature spends the endpoint's quota: to refuse any other one costs too
//! little for a quota.

mod monotonic;
mod peers;
mod quota;
mod request;

use std::{sync::Arc, time::Duration};

use governor::{
    NotUntil, RateLimiter,
    clock::Clock as _,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};

use self::{monotonic::MonotonicClock, request::PeerLimiter};
use crate::{
    delivery::{LimitedBy, Rejection},
    endpoint::Endpoint,
    support::metrics::{Series, table::RATE_LIMITED},
};

pub(super) use self::request::RequestQuota;
pub use quota::Quota;

/// The quotas as they were configured.
#[derive(Clone, Default)]
pub(crate) struct Quotas {
    pub(crate) per_peer: Option<Quota>,
    pub(crate) endpoints: Vec<(Endpoint, Quota)>,
}

/// The quota of one endpoint.
type EndpointLimiter = RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware<Nanos>>;

impl Quotas {
    /// One limiter for all endpoints: its memory is bounded for all of them together.
    pub(crate) fn peer_limiter(&self) -> Option<Arc<PeerLimiter>> {
        Some(Arc::new(PeerLimiter::new(self.per_peer?.to_governor()?)))
    }

    /// The limiters of one endpoint. Its number tells its peers apart from those of other endpoints.
    pub(crate) fn limiters_of(
        &self,
        endpoint: &Endpoint,
        number: u32,
        peers: Option<&Arc<PeerLimiter>>,
    ) -> Limiters {
        let quota = self.endpoints.iter().find(|(known, _)| known.is(endpoint));
        let quota = quota.and_then(|(_, quota)| quota.to_governor());
        Limiters {
            name: endpoint.name,
            number,
            peers: peers.cloned(),
            endpoint: quota.map(|quota| {
                Arc::new(RateLimiter::direct_with_clock(quota, MonotonicClock::new()))
            }),
        }
    }
}

/// The limiters of one endpoint.
#[derive(Clone)]
pub(crate) struct Limiters {
    name: &'static str,
    number: u32,
    peers: Option<Arc<PeerLimiter>>,
    endpoint: Option<Arc<EndpointLimiter>>,
}

impl Limiters {
    /// Spends the endpoint's quota, or refuses if it is used up.
    pub(crate) fn spend(&self) -> Result<(), Rejection> {
        let Some(limiter) = &self.endpoint else { return Ok(()) };
        limiter.check().map_err(|until| self.limited(LimitedBy::Endpoint, &until, limiter.clock()))
    }

    fn limited(&self, by: LimitedBy, until: &NotUntil<Nanos>, clock: &MonotonicClock) -> Rejection {
        count(self.name, by);
        let wait = until.wait_time_from(clock.now());
        // Rounded up: a retry that is a moment too early would be refused.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Rejection::RateLimited { by, retry_after: Duration::from_secs(seconds.max(1)) }
    }
}

fn count(endpoint: &'static str, by: LimitedBy) {
    let by = match by {
        LimitedBy::Peer => "peer",
        LimitedBy::Endpoint => "endpoint",
    };
    Series::new(&RATE_LIMITED, &[("endpoint", endpoint), ("by", by)]).add(1);
}
