//! The identity of a peer, for limits.

use std::net::{IpAddr, Ipv6Addr};

/// The network of an address, which identifies a peer: the /64 of an IPv6 address, since providers
/// assign whole networks, and an IPv4 address itself.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}
