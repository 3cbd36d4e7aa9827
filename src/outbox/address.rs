//! Where outgoing requests may go: to the public internet, and nowhere into the network that the server stands in.
//!
//! A name is looked up once for each connection, every address it has is checked, and the connection is made to one of these and no other, so a name
//! that says something else a moment later changes nothing. Redirects are followed nowhere. Loopback is allowed only where the server's owner says
//! so.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;
use url::{Host, Url};

/// Which addresses may be gone to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowed {
    /// This machine's own too, over plain HTTP.
    pub loopback: bool,
}

/// An address that is not to be gone to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Private;

impl fmt::Display for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its name leads to an address that is not public")
    }
}

impl Error for Private {}

impl Allowed {
    /// Whether an address may be gone to.
    pub fn has(self, address: IpAddr) -> bool {
        if address.is_loopback() {
            return self.loopback;
        }
        match address {
            IpAddr::V4(address) => is_public_v4(address),
            IpAddr::V6(address) => is_public_v6(address),
        }
    }

    /// What is wrong with an address as an owner writes it, if something is; `None` where it may be tried.
    pub fn problem(self, url: &Url) -> Option<&'static str> {
        if !url.username().is_empty() || url.password().is_some() {
            return Some("must hold no user name or password");
        }
        if url.fragment().is_some() {
            return Some("must hold no fragment");
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        if address.is_some_and(|address| !self.has(address)) {
            return Some("must not be an address of a private network");
        }
        let near = self.loopback
            && (url.host_str() == Some("localhost")
                || address.is_some_and(|address| address.is_loopback()));
        (url.scheme() != "https" && !near).then_some("must begin with https://")
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let reserved = matches!(
        (a, b, c),
        (0 | 240.., _, _) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18 | 19, _)
    );
    !(reserved
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || address.is_broadcast()
        || address.is_unspecified())
}

/// Of version 6 only what is handed out to the world, and of that nothing that carries an address of version 4 or stands for examples.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let global = first & 0xe000 == 0x2000;
    let carries_v4 = first == 0x2002 || (first == 0x2001 && second == 0);
    let special = first == 0x2001 && (second < 0x0200 || second == 0x0db8);
    let documentation = first == 0x3fff && second < 0x1000;
    global && !carries_v4 && !special && !documentation
}

/// Looks names up for a client, and answers only what may be gone to.
#[derive(Debug, Clone, Copy)]
pub struct Resolver(pub Allowed);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|address| !allowed.has(address.ip())) {
                return Err(Box::from(Private));
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str) -> bool {
        Allowed::default().has(text.parse().unwrap())
    }

    #[test]
    fn only_public_addresses_are_gone_to() {
        for public in [
            "8.8.8.8",
            "1.1.1.1",
            "100.63.255.255",
            "172.32.0.1",
            "192.88.98.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001::1",
        ] {
            assert!(has(public), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::a00:1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!has(private), "{private}");
        }
        assert!(Allowed { loopback: true }.has("127.0.0.1".parse().unwrap()));
        assert!(!Allowed { loopback: true }.has("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn an_address_that_cannot_be_used_says_why() {
        let problem = |text: &str, loopback| {
            let url = Url::parse(text).unwrap();
            Allowed { loopback }.problem(&url)
        };
        assert_eq!(problem("https://hooks.example.com/a?b=c", false), None);
        for wrong in [
            "http://hooks.example.com/",
            "https://u:p@hooks.example.com/",
            "https://hooks.example.com/#a",
            "https://10.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[fd00::1]/",
            "http://localhost:1/",
        ] {
            assert!(problem(wrong, false).is_some(), "{wrong}");
        }
        assert_eq!(problem("http://127.0.0.1:1/", true), None);
        assert_eq!(problem("http://localhost:1/", true), None);
        assert!(problem("http://hooks.example.com/", true).is_some());
        assert!(problem("http://192.168.0.1/", true).is_some());
    }
}
