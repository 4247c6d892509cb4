//! Where a socket comes from: the address at its other end, or the one that a trusted proxy names.
//! Anybody can write a header; so it is read only if the proxy in front is one of ours.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;

/// The header in which proxies say whom they speak for, the nearest last.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Addresses that begin alike: `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    address: Ipv6Addr,
    /// How many bits count, of 128.
    bits: u32,
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        let differing = u128::from(self.address) ^ u128::from(widened(address));
        // A shift by all bits is none in Rust; the network of everything needs it.
        differing.checked_shr(128 - self.bits).unwrap_or(0) == 0
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is neither an address nor a network such as 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let (most, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let bits = match bits {
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= most).ok_or_else(wrong)?,
            None => most,
        };
        Ok(Self { address: widened(address), bits: before + bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address.to_ipv4_mapped() {
            Some(address) => write!(f, "{address}/{}", self.bits - 96),
            None => write!(f, "{}/{}", self.address, self.bits),
        }
    }
}

/// Every address as one of IPv6, so that both kinds compare.
fn widened(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

/// Whom a request comes from, seen past the proxies that are trusted.
pub(crate) fn origin(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_ours = |address| trusted.iter().any(|network| network.contains(address));
    let mut nearest = peer.to_canonical();
    let lines: Vec<&str> =
        headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok()).collect();
    let mut named = lines.iter().rev().flat_map(|line| line.rsplit(',')).map(str::trim);
    // Each of our proxies vouches for the one before it; the first that is none of ours is it.
    while is_ours(nearest)
        && let Some(before) = named.next().and_then(|name| name.parse::<IpAddr>().ok())
    {
        nearest = before.to_canonical();
    }
    nearest
}

/// How many sockets each address has.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: Mutex<HashMap<IpAddr, usize>>,
}

impl Tally {
    /// Counts one more socket of `address` as long as the place lives; `None` if it has `max`
    /// already. This machine's own addresses may have any number.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr, max: usize) -> Option<Place> {
        let mut counts = self.counts();
        let count = counts.entry(address).or_default();
        if *count >= max && !address.is_loopback() {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Place { tally: self.clone(), address })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A socket that is counted; dropping it counts it no more.
#[derive(Debug)]
pub(crate) struct Place {
    tally: Arc<Tally>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.tally.counts();
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_what_begins_alike() {
        let check = |network: &str, address: &str, expected| {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), expected, "{address}");
        };
        check("10.0.0.0/8", "10.255.1.2", true);
        check("10.0.0.0/8", "11.0.0.1", false);
        check("10.1.2.3", "10.1.2.3", true);
        check("10.1.2.3", "10.1.2.4", false);
        check("0.0.0.0/0", "200.1.2.3", true);
        check("::/0", "fe80::1", true);
        check("fd00::/8", "fd12::1", true);
        check("fd00::/8", "fe80::1", false);
        for wrong in ["", "10.0.0.0/33", "::/129", "10.0.0", "localhost", "10.0.0.0/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        let check = |peer: &str, forwarded: &[&str], expected: &str| {
            let trusted = ["10.0.0.0/8".parse().unwrap()];
            let mut headers = HeaderMap::new();
            for line in forwarded {
                headers.append(FORWARDED_FOR, line.parse().unwrap());
            }
            let found = origin(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found.to_string(), expected);
        };
        check("1.2.3.4", &["9.9.9.9"], "1.2.3.4");
        check("10.0.0.1", &[], "10.0.0.1");
        check("10.0.0.1", &["9.9.9.9"], "9.9.9.9");
        check("10.0.0.1", &["6.6.6.6, 9.9.9.9"], "9.9.9.9");
        check("10.0.0.1", &["6.6.6.6", "9.9.9.9, 10.0.0.2"], "9.9.9.9");
        check("10.0.0.1", &["9.9.9.9, nonsense"], "10.0.0.1");
        check("::ffff:10.0.0.1", &["9.9.9.9"], "9.9.9.9");
    }

    #[test]
    fn an_address_has_so_many_sockets() {
        let tally = Arc::new(Tally::default());
        let (one, own) = (IpAddr::from([9, 9, 9, 9]), IpAddr::from([127, 0, 0, 1]));
        let held = [tally.enter(one, 2).unwrap(), tally.enter(one, 2).unwrap()];
        assert!(tally.enter(one, 2).is_none());
        assert!(tally.enter(IpAddr::from([9, 9, 9, 8]), 2).is_some());
        drop(held);
        assert!(tally.enter(one, 2).is_some());
        let all: Vec<_> = (0..5).filter_map(|_| tally.enter(own, 2)).collect();
        assert_eq!(all.len(), 5);
    }
}
