//! Quotas: how often a peer may be refused, and how often an endpoint may be asked.
//!
//! A peer spends its quota by requests that are not believed. So a provider that delivers a thousand
//! events at once is never limited, and whoever guesses is, before anything of the next guess is read
//! or hashed. What an endpoint's quota is spent by is every request that comes with a signature of
//! the right form: what is refused at sight costs nothing worth a quota.

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
    monotonic::Ticks,
    peers::{Ask, Peer, Peers, Purpose},
};
use crate::{
    delivery::{LimitedBy, Rejection},
    endpoint::Endpoint,
};

pub use quota::Quota;

/// Says who sent a request, where that is not who opened the connection.
pub(crate) type PeerBy = Arc<dyn Fn(&Parts) -> Option<IpAddr> + Send + Sync>;

/// What was asked for, before the endpoints are known.
#[derive(Clone, Default)]
pub(crate) struct Quotas {
    pub(crate) per_peer: Option<Quota>,
    pub(crate) endpoints: Vec<(Endpoint, Quota)>,
    pub(crate) peer_by: Option<PeerBy>,
}

/// Those that the peers of all endpoints spend.
pub(crate) type PeerLimiter = RateLimiter<Ask, Peers, Ticks, NoOpMiddleware<Nanos>>;

/// That of one endpoint.
type EndpointLimiter = RateLimiter<NotKeyed, InMemoryState, Ticks, NoOpMiddleware<Nanos>>;

impl Quotas {
    /// One for all endpoints, so that it is bounded for all of them together.
    pub(crate) fn peer_limiter(&self) -> Option<Arc<PeerLimiter>> {
        let quota = self.per_peer?.of_governor()?;
        Some(Arc::new(RateLimiter::new(quota, Peers::new(), Ticks::new())))
    }

    /// What one endpoint is limited by, which is the one of this number.
    pub(crate) fn of(
        &self,
        endpoint: &Endpoint,
        number: u32,
        peers: Option<&Arc<PeerLimiter>>,
    ) -> Limiters {
        let quota = crate::webhooks::given(&self.endpoints, endpoint);
        let quota = quota.and_then(|quota| quota.of_governor());
        Limiters {
            name: endpoint.name,
            number,
            peers: peers.cloned(),
            peer_by: self.peer_by.clone(),
            all: quota.map(|quota| Arc::new(RateLimiter::direct_with_clock(quota, Ticks::new()))),
        }
    }
}

/// What the requests to one endpoint are limited by.
#[derive(Clone)]
pub(crate) struct Limiters {
    name: &'static str,
    number: u32,
    peers: Option<Arc<PeerLimiter>>,
    peer_by: Option<PeerBy>,
    all: Option<Arc<EndpointLimiter>>,
}

impl Limiters {
    /// Refuses a peer that has used up its quota.
    pub(crate) fn admit(&self, parts: &Parts) -> Result<(), Rejection> {
        let Some(peers) = &self.peers else { return Ok(()) };
        let Some(peer) = self.peer(parts) else { return Ok(()) };
        peers
            .check_key(&Ask { peer, purpose: Purpose::Look })
            .map_err(|until| self.limited(LimitedBy::Peer, &until, peers.clock()))
    }

    /// Takes of the endpoint's quota, or refuses where nothing is left.
    pub(crate) fn spend(&self) -> Result<(), Rejection> {
        let Some(all) = &self.all else { return Ok(()) };
        all.check().map_err(|until| self.limited(LimitedBy::Endpoint, &until, all.clock()))
    }

    /// Takes of the peer's quota, if this is a refusal that it has to pay for: its signature was
    /// wrong, or its verify token.
    pub(crate) fn charge(&self, parts: &Parts, rejection: &Rejection) {
        if !matches!(rejection, Rejection::Unauthorized(_) | Rejection::Forbidden) {
            return;
        }
        if let Some(peers) = &self.peers
            && let Some(peer) = self.peer(parts)
        {
            // Requests at the same time may overdraw it. They have been answered by then.
            let _ = peers.check_key(&Ask { peer, purpose: Purpose::Spend });
        }
    }

    /// Who sent this, as far as it is known.
    fn peer(&self, parts: &Parts) -> Option<Peer> {
        let address = match &self.peer_by {
            Some(peer_by) => peer_by(parts)?,
            None => parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip(),
        };
        Some(Peer::new(address, self.number))
    }

    fn limited(&self, by: LimitedBy, until: &NotUntil<Nanos>, clock: &Ticks) -> Rejection {
        count(self.name, by);
        let wait = until.wait_time_from(clock.now());
        // Whoever comes a moment too early would come in vain.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Rejection::Limited { by, retry_after: Duration::from_secs(seconds.max(1)) }
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
        metrics::counter!("webhook_limited_total", "endpoint" => endpoint, "by" => by).increment(1);
    }
}
