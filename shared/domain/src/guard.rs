//! Decides which outgoing addresses are allowed. A webhook's URL is an operator's input, and must not give access to
//! the network in which this service runs.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use ipnet::{Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// Which targets are allowed, as set by the template's parameter `AllowPrivateTargets`. Each policy also allows the
/// targets of the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetPolicy {
    /// `false`: `https` to global unicast addresses.
    Public,
    /// `true`: also plain `http` and the addresses of private networks, for deployments in a closed network.
    Private,
    /// `loopback`: also this machine, for a local cloud and for tests. On Lambda, the function's own runtime API is
    /// there.
    Loopback,
}

impl FromStr for TargetPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "false" => Ok(Self::Public),
            "true" => Ok(Self::Private),
            "loopback" => Ok(Self::Loopback),
            _ => Err(format!("{text:?} is not one of false, true, loopback")),
        }
    }
}

/// Why a target is refused, with what to send instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The scheme is not `https`.
    #[error("the URL must begin with https://")]
    Scheme,
    /// The URL contains a user name or password.
    #[error("the URL may not hold a user name or password; check our signature instead")]
    Userinfo,
    /// The URL has no host, or one that public name servers don't know.
    #[error("the URL must name a public host such as example.com")]
    Host,
    /// The port is 0.
    #[error("the URL's port is not one that can be reached")]
    Port,
    /// The address is not global unicast.
    #[error("{0} is not a public address")]
    Address(IpAddr),
}

/// Judges a URL without resolving its host. [`judge_ip`] judges the resolved addresses when the connection is made.
pub fn judge_url(url: &Url, policy: TargetPolicy) -> Result<(), Refusal> {
    let private_too = policy >= TargetPolicy::Private;
    if !(url.scheme() == "https" || (private_too && url.scheme() == "http")) {
        return Err(Refusal::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Userinfo);
    }
    if url.port() == Some(0) {
        return Err(Refusal::Port);
    }
    match url.host() {
        None => Err(Refusal::Host),
        Some(Host::Ipv4(ip)) => judge_ip(ip.into(), policy),
        Some(Host::Ipv6(ip)) => judge_ip(ip.into(), policy),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            // Their addresses are judged when the connection is made.
            let this_machine = name == "localhost" || name.ends_with(".localhost");
            let allowed = match policy {
                TargetPolicy::Public => name.contains('.') && !this_machine,
                TargetPolicy::Private => !this_machine,
                TargetPolicy::Loopback => true,
            };
            if allowed { Ok(()) } else { Err(Refusal::Host) }
        }
    }
}

/// Judges an address just before the connection is made.
pub fn judge_ip(ip: IpAddr, policy: TargetPolicy) -> Result<(), Refusal> {
    // An IPv6 address may contain an IPv4 address, which it reaches.
    let (global, private) = match ip.to_canonical() {
        IpAddr::V4(ip) => (is_global_v4(ip), PRIVATE_V4.iter().any(|block| block.contains(&ip))),
        IpAddr::V6(ip) => (is_global_v6(ip), PRIVATE_V6.contains(&ip) && !METADATA_V6.contains(&ip)),
    };
    let allowed = match policy {
        TargetPolicy::Public => global && ip == ip.to_canonical(),
        TargetPolicy::Private => global || private,
        TargetPolicy::Loopback => global || private || ip.to_canonical().is_loopback(),
    };
    if allowed { Ok(()) } else { Err(Refusal::Address(ip)) }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, c: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

/// IANA's special-purpose blocks of IPv4, and its multicast and reserved space. All other IPv4 addresses are global
/// unicast.
const NOT_GLOBAL_V4: [Ipv4Net; 16] = [
    v4(0, 0, 0, 0, 8),       // this network
    v4(10, 0, 0, 0, 8),      // private
    v4(100, 64, 0, 0, 10),   // carrier-grade NAT
    v4(127, 0, 0, 0, 8),     // loopback
    v4(169, 254, 0, 0, 16),  // link-local, and the metadata services of clouds
    v4(172, 16, 0, 0, 12),   // private
    v4(192, 0, 0, 0, 24),    // protocol assignments
    v4(192, 0, 2, 0, 24),    // documentation
    v4(192, 31, 196, 0, 24), // AS112
    v4(192, 88, 99, 0, 24),  // 6to4 relays
    v4(192, 168, 0, 0, 16),  // private
    v4(192, 175, 48, 0, 24), // AS112
    v4(198, 18, 0, 0, 15),   // benchmarks
    v4(198, 51, 100, 0, 24), // documentation
    v4(203, 0, 113, 0, 24),  // documentation
    v4(224, 0, 0, 0, 3),     // multicast, reserved, broadcast
];

/// The addresses of private networks: RFC 1918, and RFC 6598, which AWS assigns to subnets of clusters.
const PRIVATE_V4: [Ipv4Net; 4] =
    [v4(10, 0, 0, 0, 8), v4(100, 64, 0, 0, 10), v4(172, 16, 0, 0, 12), v4(192, 168, 0, 0, 16)];
/// The private addresses of IPv6: RFC 4193, except the block with the EC2 metadata service.
const PRIVATE_V6: Ipv6Net = v6(0xfc00, 0, 0, 7);
const METADATA_V6: Ipv6Net = v6(0xfd00, 0xec2, 0, 32);

/// The only block of IPv6 from which global unicast addresses are assigned. Loopback, IPv4-mapped, IPv4-compatible,
/// NAT64, unique-local, link-local, site-local and multicast addresses are all outside it.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 0, 3);

/// Blocks inside it that are not global unicast.
const NOT_GLOBAL_V6: [Ipv6Net; 4] = [
    v6(0x2001, 0, 0, 23),     // protocol assignments, Teredo among them
    v6(0x2001, 0xdb8, 0, 32), // documentation
    v6(0x2002, 0, 0, 16),     // 6to4
    v6(0x3fff, 0, 0, 20),     // documentation
];

fn is_global_v4(ip: Ipv4Addr) -> bool {
    NOT_GLOBAL_V4.iter().all(|block| !block.contains(&ip))
}

fn is_global_v6(ip: Ipv6Addr) -> bool {
    GLOBAL_V6.contains(&ip) && NOT_GLOBAL_V6.iter().all(|block| !block.contains(&ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(ip: &str) -> bool {
        judge_ip(ip.parse().expect("an address"), TargetPolicy::Public).is_ok()
    }

    #[test]
    fn global_unicast_is_allowed() {
        for ip in ["1.1.1.1", "93.184.215.14", "172.15.0.1", "100.63.255.255", "2606:4700::1111", "2a00:1450:4001::1"] {
            assert!(allowed(ip), "{ip}");
        }
    }

    #[test]
    fn every_kind_that_the_design_names_is_refused() {
        for ip in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.9",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:1.1.1.1",
            "::1.1.1.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff::1",
        ] {
            assert!(!allowed(ip), "{ip}");
        }
    }

    #[test]
    fn private_networks_are_reached_where_that_is_allowed_and_metadata_never() {
        let allowed = |ip: &str, policy| judge_ip(ip.parse().expect("an address"), policy).is_ok();
        for ip in
            ["10.1.2.3", "172.31.255.255", "192.168.0.1", "100.64.0.1", "fd12:3456::1", "::ffff:10.0.0.1", "1.1.1.1"]
        {
            assert!(allowed(ip, TargetPolicy::Private) && allowed(ip, TargetPolicy::Loopback), "{ip}");
        }
        for ip in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"] {
            assert!(!allowed(ip, TargetPolicy::Private) && allowed(ip, TargetPolicy::Loopback), "{ip}");
        }
        for ip in [
            "169.254.169.254",
            "169.254.170.2",
            "fe80::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
        ] {
            assert!(!allowed(ip, TargetPolicy::Private) && !allowed(ip, TargetPolicy::Loopback), "{ip}");
        }
        let judge = |url: &str, policy| judge_url(&url.parse().expect("a URL"), policy);
        assert_eq!(judge("http://intranet/hooks", TargetPolicy::Private), Ok(()));
        for url in ["http://localhost:9001/2018-06-01/runtime", "http://x.localhost/", "http://127.0.0.1:9001/"] {
            assert!(judge(url, TargetPolicy::Private).is_err() && judge(url, TargetPolicy::Loopback).is_ok(), "{url}");
        }
        assert_eq!("loopback".parse(), Ok(TargetPolicy::Loopback));
        assert!("yes".parse::<TargetPolicy>().is_err());
    }

    #[test]
    fn a_local_cloud_may_allow_them() {
        let url = "http://127.0.0.1:8080/hooks".parse().expect("a URL");
        assert_eq!(judge_url(&url, TargetPolicy::Loopback), Ok(()));
        assert_eq!(judge_url(&url, TargetPolicy::Public), Err(Refusal::Scheme));
    }
}
