//! Quotas: how many forged requests a peer may send, and how many requests an endpoint takes.
//!
//! Only forged requests spend a peer's quota. A provider that delivers a thousand events at once is
//! never limited; an attacker who guesses is, before the next guess is read or hashed. Every request
//! with a well-formed signature spends the endpoint's quota: to refuse any other one costs too little
//! for a quota.

mod monotonic;
mod peers;
mod quota;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::extract::ConnectInfo;
use governor::{
    NotUntil, RateLimiter,
    clock::Clock as _,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use http::request::Parts;

use self::{
    monotonic::MonotonicClock,
    peers::{Operation, Peer, PeerQuery, Peers},
};
use crate::{
    delivery::{LimitedBy, Rejection},
    endpoint::Endpoint,
};

pub use quota::Quota;

/// The address of a request's sender, where a proxy opens the connections.
pub(crate) type PeerIpFn = Arc<dyn Fn(&Parts) -> Option<IpAddr> + Send + Sync>;

/// The quotas as they were configured.
#[derive(Clone, Default)]
pub(crate) struct Quotas {
    pub(crate) per_peer: Option<Quota>,
    pub(crate) endpoints: Vec<(Endpoint, Quota)>,
    pub(crate) peer_ip: Option<PeerIpFn>,
}

/// The quotas of all peers at all endpoints.
pub(crate) type PeerLimiter = RateLimiter<PeerQuery, Peers, MonotonicClock, NoOpMiddleware<Nanos>>;

/// The quota of one endpoint.
type EndpointLimiter = RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware<Nanos>>;

impl Quotas {
    /// One limiter for all endpoints: its memory is bounded for all of them together.
    pub(crate) fn peer_limiter(&self) -> Option<Arc<PeerLimiter>> {
        let quota = self.per_peer?.to_governor()?;
        Some(Arc::new(RateLimiter::new(quota, Peers::new(), MonotonicClock::new())))
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
            peer_ip: self.peer_ip.clone(),
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
    peer_ip: Option<PeerIpFn>,
    endpoint: Option<Arc<EndpointLimiter>>,
}

impl Limiters {
    /// Refuses a peer that has used up its quota.
    pub(crate) fn admit(&self, parts: &Parts) -> Result<(), Rejection> {
        let Some(peers) = &self.peers else { return Ok(()) };
        let Some(peer) = self.peer(parts) else { return Ok(()) };
        peers
            .check_key(&PeerQuery { peer, operation: Operation::Peek })
            .map_err(|until| self.limited(LimitedBy::Peer, &until, peers.clock()))
    }

    /// Spends the endpoint's quota, or refuses if it is used up.
    pub(crate) fn spend(&self) -> Result<(), Rejection> {
        let Some(limiter) = &self.endpoint else { return Ok(()) };
        limiter.check().map_err(|until| self.limited(LimitedBy::Endpoint, &until, limiter.clock()))
    }

    /// Spends the peer's quota if its request was forged: if its signature or its verify token was
    /// wrong.
    pub(crate) fn charge(&self, parts: &Parts, rejection: &Rejection) {
        if !matches!(rejection, Rejection::Unauthorized(_) | Rejection::Forbidden) {
            return;
        }
        if let Some(peers) = &self.peers
            && let Some(peer) = self.peer(parts)
        {
            // Concurrent requests may overdraw it. They have their response already.
            let _ = peers.check_key(&PeerQuery { peer, operation: Operation::Spend });
        }
    }

    /// The sender of a request, if it is known.
    fn peer(&self, parts: &Parts) -> Option<Peer> {
        let address = match &self.peer_ip {
            Some(peer_ip) => peer_ip(parts)?,
            None => parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip(),
        };
        Some(Peer::new(address, self.number))
    }

    fn limited(&self, by: LimitedBy, until: &NotUntil<Nanos>, clock: &MonotonicClock) -> Rejection {
        count(self.name, by);
        let wait = until.wait_time_from(clock.now());
        // Rounded up: a retry that is a moment too early would be refused.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Rejection::RateLimited { by, retry_after: Duration::from_secs(seconds.max(1)) }
    }
}

#[cfg_attr(not(feature = "metrics"), allow(unused_variables, reason = "they are for metrics"))]
fn count(endpoint: &'static str, by: LimitedBy) {
    #[cfg(feature = "metrics")]
    {
        let by = match by {
            LimitedBy::Peer => "peer",
            LimitedBy::Endpoint => "endpoint",
        };
        metrics::counter!("webhook_rate_limited_total", "endpoint" => endpoint, "by" => by)
            .increment(1);
    }
}
