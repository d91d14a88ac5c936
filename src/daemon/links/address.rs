//! Where a peer listens.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use crate::daemon::node_api::{MAX_HOST_BYTES, PeerAddress};

/// Why an address was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The host is no name and no IP address.
    #[error("{host:?} is neither a host name nor an IP address")]
    Host {
        /// The host given.
        host: String,
    },
    /// No port from 1 to 65535.
    #[error("{text:?} is not HOST:PORT with a port from 1 to 65535, such as 127.0.0.1:65002")]
    Port {
        /// What was given.
        text: String,
    },
}

/// Reads `HOST:PORT`.
///
/// ```
/// use tickchain::daemon::node_api::PeerAddress;
/// let peer: PeerAddress = "[::1]:65001".parse()?;
/// assert_eq!((peer.addr.as_str(), peer.port), ("::1", 65001));
/// assert_eq!(peer.to_string(), "[::1]:65001");
/// assert!("node2".parse::<PeerAddress>().is_err());
/// # Ok::<(), tickchain::daemon::links::AddressError>(())
/// ```
impl FromStr for PeerAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError::Port {
            text: text.to_owned(),
        };
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let bracketed = (host.strip_prefix('[')).and_then(|host| host.strip_suffix(']'));
        let address = Self {
            addr: bracketed.unwrap_or(host).to_owned(),
            port: port.parse().map_err(|_| wrong())?,
        };
        if address.port == 0 {
            return Err(wrong());
        }
        let address = normal(&address);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let named =
            (1..=MAX_HOST_BYTES).contains(&address.addr.len()) && address.addr.chars().all(plain);
        match named || address.addr.parse::<IpAddr>().is_ok() {
            true => Ok(address),
            false => Err(AddressError::Host { host: address.addr }),
        }
    }
}

/// One writing for one address, so that two can be compared.
pub(super) fn normal(address: &PeerAddress) -> PeerAddress {
    let addr = match address.addr.parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().to_string(),
        Err(_) => address.addr.to_ascii_lowercase(),
    };
    PeerAddress {
        addr,
        port: address.port,
    }
}

/// Where a peer can be reached that is connected from `remote` and says it listens on `told`: a node
/// bound to every interface cannot know which of its addresses others see, and one that names another
/// address than it comes from may be lying.
pub(super) fn reachable(told: SocketAddr, remote: IpAddr) -> PeerAddress {
    PeerAddress {
        addr: remote.to_canonical().to_string(),
        port: told.port(),
    }
}

/// Who stands behind an address: of IPv6 its first 64 bits, since whoever has one has all of those.
pub(super) fn host(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) if !ip.is_loopback() => {
            let network = ip.to_bits() & (u128::MAX << 64);
            Ipv6Addr::from_bits(network).into()
        }
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_alike() {
        for text in ["127.0.0.1:1", "[::1]:65535", "node-2.example:80", "a_b:9"] {
            let address: PeerAddress = text.parse().expect(text);
            assert_eq!(address.to_string(), text);
        }
        let long = format!("{}:1", "x".repeat(254));
        for text in [
            "", ":", ":1", "a:0", "a:65536", "a:-1", "a b:1", "a:1x", "é:1", "[::1]", &long,
        ] {
            assert!(text.parse::<PeerAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_peer_is_where_it_comes_from() {
        let remote = IpAddr::from([10, 0, 0, 7]);
        let told =
            |text: &str| reachable(text.parse().expect("a socket address"), remote).to_string();
        assert_eq!(told("0.0.0.0:5"), "10.0.0.7:5");
        assert_eq!(told("[::]:5"), "10.0.0.7:5");
        assert_eq!(
            told("10.0.0.8:5"),
            "10.0.0.7:5",
            "nobody speaks for another"
        );
    }
}
