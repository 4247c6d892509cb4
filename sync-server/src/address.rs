//! Where a socket comes from: the address at its other end, or the one that a trusted proxy names.
//! Anybody can write a header; so it is read only if the proxy in front is one of ours.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;

/// The header in which proxies say whom they speak for, the nearest last.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Whom a request comes from, seen past the proxies that are trusted.
pub(crate) fn origin(
    peer: IpAddr,
    headers: &HeaderMap,
    is_ours: impl Fn(IpAddr) -> bool,
) -> IpAddr {
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
    use crate::guard::proxy::Network;

    #[test]
    fn only_our_own_proxies_are_believed() {
        let check = |peer: &str, forwarded: &[&str], expected: &str| {
            let ours: Network = "10.0.0.0/8".parse().unwrap();
            let mut headers = HeaderMap::new();
            for line in forwarded {
                headers.append(FORWARDED_FOR, line.parse().unwrap());
            }
            let found = origin(peer.parse().unwrap(), &headers, |it| ours.contains(it));
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
