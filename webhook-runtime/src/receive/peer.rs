//! The sender of a request.

use std::{net::IpAddr, sync::Arc};

use http::request::Parts;

use crate::support::peer::Peer;

/// The function that returns the address of a request's sender, where a proxy opens the connections.
pub(crate) type PeerIpFn = Arc<dyn Fn(&Parts) -> Option<IpAddr> + Send + Sync>;

/// The sender of a request: as `peer_ip` says, or else the other end of the connection.
pub(super) fn sender(peer_ip: Option<&PeerIpFn>, parts: &Parts) -> Peer {
    Peer::new(match peer_ip {
        Some(peer_ip) => peer_ip(parts),
        None => connected(parts),
    })
}

/// The address at the other end of the connection. Without these features, axum does not know it.
#[cfg(any(feature = "rate-limit", feature = "serve"))]
fn connected(parts: &Parts) -> Option<IpAddr> {
    use std::net::SocketAddr;

    use axum::extract::ConnectInfo;

    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip())
}

#[cfg(not(any(feature = "rate-limit", feature = "serve")))]
fn connected(_: &Parts) -> Option<IpAddr> {
    None
}
