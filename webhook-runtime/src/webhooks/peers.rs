//! The identity of peers behind a proxy.

use std::{net::IpAddr, sync::Arc};

use http::request::Parts;

use super::Webhooks;

impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// Sets the function that returns a request's sender, for programs behind a proxy. Peers share the
    /// connections of the server, the memory for bodies
    /// ([`max_bytes_in_flight`](Self::max_bytes_in_flight)) and the questions to sources, and have quotas
    /// (`limit_per_peer`). The function may be called more than once for one
    /// request. All requests without a sender (`None`) have one share, and no quota for each peer.
    ///
    /// Headers such as `X-Forwarded-For` are never trusted unless this function does. Anybody can send
    /// them: trust only what your own proxy has written, and only if all requests pass the proxy.
    ///
    /// ```
    /// use std::net::{IpAddr, Ipv4Addr, SocketAddr};
    ///
    /// use axum::extract::ConnectInfo;
    /// use http::request::Parts;
    /// use webhook_runtime::Webhooks;
    ///
    /// /// The only address whose header is trusted.
    /// const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
    ///
    /// fn client(parts: &Parts) -> Option<IpAddr> {
    ///     let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    ///     if peer.ip() != PROXY {
    ///         return Some(peer.ip());
    ///     }
    ///     // The proxy appends the address of its client. Everything before that is untrusted.
    ///     let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back()?;
    ///     forwarded.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    /// }
    ///
    /// let webhooks: Webhooks = Webhooks::new().peer_ip(client);
    /// ```
    pub fn peer_ip(
        mut self,
        peer: impl Fn(&Parts) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        self.peer_ip = Some(Arc::new(peer));
        self
    }
}
