//! Quotas of peers and endpoints.

use super::Webhooks;
use crate::{endpoint::Webhook, receive::rate_limit::Quota, webhooks::problems::StartProblem};

impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// Limits how many forged requests a peer may send to each endpoint. Once the quota is used up,
    /// every request of the peer gets a 429 with `Retry-After`, before it is verified or read.
    ///
    /// These spend the quota: a 401, a 403 for a wrong verify token, a body that does not arrive, and an
    /// unsigned handshake that is answered with the help of a secret. Genuine deliveries are free,
    /// however many arrive at once: those whose turn it is not yet wait until the ones before them are
    /// verified. But other customers of the same provider can make it send forged
    /// requests from the same address, and then genuine deliveries wait until the quota is
    /// replenished: choose a quota with some room. Every provider that retries at all retries after a
    /// 429.
    ///
    /// A peer is the address at the other end of the connection. It comes from `serve`, or from axum's
    /// `into_make_service_with_connect_info::<SocketAddr>()`. An IPv6 network (/64) is one peer. If
    /// the address is unknown, as on a Unix socket, only [`limit_on`](Self::limit_on) applies. Behind
    /// a proxy, all requests come from one peer: set [`peer_ip`](Self::peer_ip). The last 65,536 peers
    /// are remembered, in some 4 MB.
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

    /// Limits how many requests one endpoint takes from all senders together. Any further request
    /// gets a 429 with `Retry-After`, before its body is read.
    ///
    /// Every request with a well-formed signature spends the quota, also a genuine one: set it to what
    /// you can handle, well above what the provider sends. An attacker can use it up with forged
    /// requests, and then the provider has to retry genuine deliveries. With
    /// [`limit_per_peer`](Self::limit_per_peer), that takes many addresses.
    pub fn limit_on<H: Webhook<S>>(mut self, quota: Quota) -> Self {
        let endpoint = H::endpoint();
        self.quotas.endpoints.retain(|(known, _)| !known.is(&endpoint));
        self.quotas.endpoints.push((endpoint, quota));
        self
    }

    /// The problems of quotas that allow no request.
    pub(super) fn empty_quotas(&self) -> impl Iterator<Item = StartProblem> {
        let per_peer = self.quotas.per_peer.iter().map(|quota| (None, quota));
        let per_endpoint =
            self.quotas.endpoints.iter().map(|(endpoint, quota)| (Some(endpoint.function), quota));
        let empty = per_peer.chain(per_endpoint).filter(|(_, quota)| quota.is_empty());
        empty.map(|(endpoint, _)| StartProblem::EmptyQuota { endpoint })
    }
}
