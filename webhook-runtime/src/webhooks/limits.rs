//! What requests are limited by.

use std::{net::IpAddr, sync::Arc};

use http::request::Parts;

use super::Webhooks;
use crate::{endpoint::Webhook, receive::limit::Quota, webhooks::start::StartProblem};

impl<S> Webhooks<S> {
    /// How many requests of one peer may be refused as not genuine, at each endpoint. Whoever has used
    /// that up is answered by 429, with `Retry-After`, before anything of the request is judged or
    /// read.
    ///
    /// Only a 401, and a 403 for a wrong verify token, are paid for: genuine deliveries cost nothing,
    /// however many come at once. But they come from the same address as what others have the same
    /// provider send here, and wait with it until the quota is replenished: leave room for more than
    /// nothing. Every provider that resends at all resends after a 429.
    ///
    /// A peer is the address at the other end of the connection, as `serve` and axum's
    /// `into_make_service_with_connect_info::<SocketAddr>()` tell it, and an IPv6 network (/64) is one
    /// peer. Where it is not known, as on a Unix socket, nobody is limited by this, and only
    /// [`limit_on`](Self::limit_on) holds. Behind a proxy, everybody is one peer: say who it is by
    /// [`peer_by`](Self::peer_by). What is remembered is bounded: some 4 MB, for the 65,536 last ones.
    ///
    /// ```
    /// use webhook_runtime::{Delivery, Quota, Secret, Webhooks, webhook};
    ///
    /// #[webhook(path = "/webhook")]
    /// async fn paid(_: &Delivery) {}
    ///
    /// let router: axum::Router = Webhooks::new()
    ///     .mount::<paid>()
    ///     .secrets::<paid>([Secret::new("for this test")])
    ///     .limit_per_peer(Quota::per_minute(60))
    ///     .into_router()?;
    /// # Ok::<(), webhook_runtime::StartError>(())
    /// ```
    pub fn limit_per_peer(mut self, quota: Quota) -> Self {
        self.quotas.per_peer = Some(quota);
        self
    }

    /// How many requests one endpoint takes, whoever sends them. What comes beyond that is answered
    /// by 429, with `Retry-After`, before anything of its body is read.
    ///
    /// Every request whose signature has the right form is counted: as genuine ones are among them,
    /// this is what you can handle, and well above what the provider sends. A stranger can use it up
    /// by forgeries, and then genuine deliveries have to be sent again; with
    /// [`limit_per_peer`](Self::limit_per_peer), it takes many addresses to do that.
    pub fn limit_on<H: Webhook<S>>(mut self, quota: Quota) -> Self {
        let endpoint = H::endpoint();
        self.quotas.endpoints.retain(|(known, _)| !known.is(&endpoint));
        self.quotas.endpoints.push((endpoint, quota));
        self
    }

    /// Who a request is from, for [`limit_per_peer`](Self::limit_per_peer), where a proxy opens the
    /// connections. It may be asked more than once for one request. `None` is nobody who could be
    /// limited.
    ///
    /// Headers such as `X-Forwarded-For` are never believed unless this does it. Anybody can send
    /// them: believe only what your own proxy has written, and only if nobody gets past the proxy.
    ///
    /// ```
    /// use std::net::{IpAddr, Ipv4Addr, SocketAddr};
    ///
    /// use axum::extract::ConnectInfo;
    /// use http::request::Parts;
    /// use webhook_runtime::{Quota, Webhooks};
    ///
    /// /// The only one whose word counts.
    /// const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
    ///
    /// fn client(parts: &Parts) -> Option<IpAddr> {
    ///     let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    ///     if peer.ip() != PROXY {
    ///         return Some(peer.ip());
    ///     }
    ///     // The proxy adds who it was called by at the very end. What stands before that, anybody
    ///     // may have written.
    ///     let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back()?;
    ///     forwarded.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    /// }
    ///
    /// let webhooks: Webhooks =
    ///     Webhooks::new().limit_per_peer(Quota::per_minute(60)).peer_by(client);
    /// ```
    pub fn peer_by(
        mut self,
        peer: impl Fn(&Parts) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        self.quotas.peer_by = Some(Arc::new(peer));
        self
    }

    /// Quotas that would let nothing through.
    pub(super) fn empty_quotas(&self) -> impl Iterator<Item = StartProblem> {
        let of_peers = self.quotas.per_peer.iter().map(|quota| (None, quota));
        let of_endpoints =
            self.quotas.endpoints.iter().map(|(endpoint, quota)| (Some(endpoint.name), quota));
        let empty = of_peers.chain(of_endpoints).filter(|(_, quota)| quota.is_empty());
        empty.map(|(endpoint, _)| StartProblem::EmptyQuota { endpoint })
    }
}
