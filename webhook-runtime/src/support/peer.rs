//! The identity of a peer, for limits and shares.

use std::net::{IpAddr, Ipv6Addr};

/// A peer: the /64 of an IPv6 address, since providers assign whole networks, or an IPv4 address. All
/// peers without an address are one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Peer(Option<IpAddr>);

impl Peer {
    pub(crate) fn new(address: Option<IpAddr>) -> Self {
        Self(address.map(network_of))
    }

    /// False for a peer without an address.
    #[cfg(any(feature = "rate-limit", feature = "serve"))]
    pub(crate) fn is_known(self) -> bool {
        self.0.is_some()
    }
}

fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}
