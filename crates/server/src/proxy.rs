//! Who a request comes from, where a reverse proxy may stand between.

use std::{fmt, net::IpAddr, str::FromStr};

use allmende_nextcloud::Origin;
use http::{HeaderMap, header};
use serde::Deserialize;

/// An address or a network in the notation `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an address nor a network")]
pub struct InvalidNetwork(String);

impl Network {
    /// Whether an address lies in the network. An IPv4 address that came through an IPv6
    /// socket counts as itself.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;
    fn from_str(s: &str) -> Result<Self, InvalidNetwork> {
        let bad = || InvalidNetwork(s.to_owned());
        let (address, prefix) =
            s.trim().split_once('/').map_or((s.trim(), None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(widest), str::parse).map_err(|_| bad())?;
        if prefix > widest { Err(bad()) } else { Ok(Self { address, prefix }) }
    }
}

impl TryFrom<String> for Network {
    type Error = InvalidNetwork;
    fn try_from(text: String) -> Result<Self, InvalidNetwork> {
        text.parse()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Tells where a request comes from. `X-Forwarded-For`, `-Proto` and `-Host` count only if the
/// peer is trusted; of the addresses, the last one that is not itself a trusted proxy is
/// the client: what stands before it may be forged.
pub(crate) fn origin(
    peer: IpAddr,
    https: bool,
    host: Option<&str>,
    headers: &HeaderMap,
    trusts: impl Fn(IpAddr) -> bool,
) -> Origin {
    let own = Origin { client: peer.to_canonical(), https, host: host.map(str::to_owned) };
    if !trusts(peer) {
        return own;
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut client = own.client;
    for hop in hops.iter().rev() {
        let Ok(address) = hop.parse::<IpAddr>() else { break };
        client = address.to_canonical();
        if !trusts(client) {
            break;
        }
    }
    let host = text("x-forwarded-host").or_else(|| text(header::HOST.as_str()));
    let host = host.filter(|host| host.parse::<http::uri::Authority>().is_ok());
    Origin {
        client,
        https: text("x-forwarded-proto").map_or(https, |proto| proto.eq_ignore_ascii_case("https")),
        host: host.map(str::to_owned).or(own.host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, pairs: &[(&'static str, &str)]) -> Origin {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        let proxies: Network = "10.0.0.0/8".parse().unwrap();
        origin(peer.parse().unwrap(), false, Some("inner"), &headers, |a| proxies.contains(a))
    }

    #[test]
    fn strangers_cannot_forge_their_way() {
        let forged = [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https")];
        let way = seen("192.0.2.1", &forged);
        assert_eq!((way.client, way.https), ("192.0.2.1".parse().unwrap(), false));
    }

    #[test]
    fn the_last_untrusted_hop_is_the_client() {
        let pairs = [
            ("x-forwarded-for", "6.6.6.6, 203.0.113.9"),
            ("x-forwarded-for", "10.0.0.2"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "cloud.example.org"),
        ];
        let way = seen("10.0.0.1", &pairs);
        assert_eq!(way.client, "203.0.113.9".parse::<IpAddr>().unwrap());
        assert!(way.https && way.host.as_deref() == Some("cloud.example.org"));
    }

    #[test]
    fn networks() {
        let network: Network = "2001:db8::/32".parse().unwrap();
        assert!(network.contains("2001:db8:1::1".parse().unwrap()));
        assert!(!network.contains("2001:db9::1".parse().unwrap()));
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("::ffff:1.2.3.4".parse().unwrap()));
        for bad in ["", "x", "1.2.3.4/33", "1.2.3/8", "::/129", "1.2.3.4/-1"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }
}
