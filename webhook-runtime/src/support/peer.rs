//! Who is at the other end of a connection.

use std::net::{IpAddr, Ipv6Addr};

/// The address by which a peer is known: IPv6 hands out networks, and whoever has one address has at
/// least 2 to the 64 of them.
pub(crate) fn known_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}
