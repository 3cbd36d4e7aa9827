//! From where somebody asks, for limits by address. A wrong answer costs a limit, never more.

use std::net::IpAddr;

use axum::http::{Extensions, HeaderMap};

use crate::server::{Peer, network};

/// What a proxy adds the address to that it was asked from.
const FORWARDED: &str = "x-forwarded-for";

/// The network that a request comes from. Where the other end of the connection is a proxy of our own, on this machine
/// or in a private network, its word counts: the last address of `X-Forwarded-For` is the one that it has seen itself.
pub fn network_of(extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = extensions.get::<Peer>()?.network();
    if !is_own(peer) {
        return Some(peer);
    }
    let last = headers.get_all(FORWARDED).iter().next_back();
    let told = last.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    Some(told.map_or(peer, network))
}

/// Whether an address is this machine's or of a private network: not of one visitor in the world.
pub fn is_own(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        IpAddr::V6(address) => {
            // The last 64 bits of `::1` are cut off in a network.
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::http::HeaderValue;

    use super::*;

    fn from(peer: &str, forwarded: &[&'static str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(Peer(peer.parse::<SocketAddr>().unwrap()));
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED, HeaderValue::from_static(value));
        }
        network_of(&extensions, &headers).unwrap().to_string()
    }

    #[test]
    fn a_stranger_says_nothing_about_his_address() {
        assert_eq!(from("192.0.2.1:9", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(from("[2001:db8::5]:9", &["198.51.100.7"]), "2001:db8::");
    }

    #[test]
    fn a_proxy_of_our_own_tells_whom_it_has_seen() {
        assert_eq!(from("127.0.0.1:9", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            from("10.0.0.2:9", &["203.0.113.9, 198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(
            from("[::1]:9", &["203.0.113.9", "2001:db8:0:1::7"]),
            "2001:db8:0:1::"
        );
        assert_eq!(from("127.0.0.1:9", &[]), "127.0.0.1");
        assert_eq!(from("127.0.0.1:9", &["unknown"]), "127.0.0.1");
    }
}
