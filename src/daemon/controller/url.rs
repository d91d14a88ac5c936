//! Where a node's HTTP API is.

use std::net::SocketAddr;
use std::str::FromStr;

use crate::daemon::links::AddressError;
use crate::daemon::node_api::PeerAddress;

/// Why a URL was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Another scheme, or none.
    #[error(
        "{text:?} does not begin with http://: give a node as http://HOST:PORT, such as http://127.0.0.1:50082"
    )]
    Scheme {
        /// What was given.
        text: String,
    },
    /// Something after the port.
    #[error("{text:?} has something after its port: give a node as http://HOST:PORT and no more")]
    Rest {
        /// What was given.
        text: String,
    },
    /// No host or port.
    #[error("a node's URL is http://HOST:PORT: {0}")]
    Address(#[from] AddressError),
}

/// The most characters of a wrong URL that are shown.
const SHOWN: usize = 80;

/// Where a node's HTTP API is: `http://HOST:PORT`, nothing else.
///
/// ```
/// use tickchain::daemon::controller::NodeUrl;
/// let url: NodeUrl = "http://127.0.0.1:50082".parse()?;
/// assert_eq!(url.to_string(), "http://127.0.0.1:50082");
/// assert!("https://127.0.0.1:50082".parse::<NodeUrl>().is_err());
/// # Ok::<(), tickchain::daemon::controller::UrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeUrl(PeerAddress);

impl NodeUrl {
    pub(super) fn of(socket: SocketAddr) -> Self {
        let ip = match socket.ip() {
            ip if !ip.is_unspecified() => ip,
            ip if ip.is_ipv4() => std::net::Ipv4Addr::LOCALHOST.into(),
            _ => std::net::Ipv6Addr::LOCALHOST.into(),
        };
        Self(PeerAddress {
            addr: ip.to_string(),
            port: socket.port(),
        })
    }

    /// The host, without brackets.
    pub fn host(&self) -> &str {
        &self.0.addr
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// `HOST:PORT`, as a request's `Host` has it.
    pub fn authority(&self) -> String {
        self.0.to_string()
    }
}

impl FromStr for NodeUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let shown = || text.chars().take(SHOWN).collect();
        let rest = text
            .strip_prefix("http://")
            .ok_or_else(|| UrlError::Scheme { text: shown() })?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '@']) {
            return Err(UrlError::Rest { text: shown() });
        }
        Ok(Self(rest.parse()?))
    }
}

impl std::fmt::Display for NodeUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_http_host_and_port() {
        for text in [
            "http://127.0.0.1:1",
            "http://[::1]:65535",
            "http://a-b.example:80",
        ] {
            assert_eq!(text.parse::<NodeUrl>().expect(text).to_string(), text);
        }
        let with_slash: NodeUrl = "http://localhost:50082/".parse().expect("a slash is fine");
        assert_eq!(with_slash.authority(), "localhost:50082");
        let error = |text: &str| text.parse::<NodeUrl>().expect_err(text);
        assert!(matches!(error("127.0.0.1:50082"), UrlError::Scheme { .. }));
        assert!(matches!(error("https://a:1"), UrlError::Scheme { .. }));
        assert!(matches!(error("http://a:1/status"), UrlError::Rest { .. }));
        assert!(matches!(error("http://user@a:1"), UrlError::Rest { .. }));
        assert!(matches!(error("http://127.0.0.1"), UrlError::Address(_)));
        assert!(matches!(error("http://a b:1"), UrlError::Address(_)));
    }
}
