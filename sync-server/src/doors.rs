//! What is asked of a request before anybody looks at what it wants: whether a page of another
//! site sent it, whether it came under a name that is this server's, and who it says it is from.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};

use crate::guard::book::KeyHash;
use crate::guard::proxy::Proxy;
use crate::guard::{Caller, Policy};
use crate::http::Problem;
use crate::server::State;

/// How long a user's name may be.
const USER_BYTES_MAX: usize = 256;

/// What the server was told about who may come in.
pub(crate) struct Doors {
    /// Whether nobody has to show anything: a browser on this machine could then be made to
    /// bring a stranger's page here under a name of the stranger's.
    open: bool,
    proxy: Proxy,
    origins: Vec<String>,
}

impl Doors {
    /// The doors of a server with this policy. Pages of `origins` may talk to it as its own do.
    pub(crate) fn new(policy: &Policy, origins: Vec<String>) -> Self {
        let (open, proxy) = match policy {
            Policy::Open => (true, Proxy::default()),
            Policy::Links(proxy) => (false, proxy.clone()),
        };
        Self { open, proxy, origins }
    }

    /// Whether a request may go on.
    ///
    /// # Errors
    /// If a page of another site sent it and it could change something or be answered over a
    /// socket, or if it came to an open server under a name that is not this machine's.
    pub(crate) fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
        if self.open && !is_local(headers) {
            let detail = "this server answers only to names of this machine, such as localhost";
            return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail));
        }
        let harmless = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        let is_socket = headers.contains_key("sec-websocket-key");
        if (!harmless || is_socket) && !self.is_own_page(headers) {
            let detail = "a page of another site may not do this here";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        Ok(())
    }

    /// A page may talk to the server if it came from it, or from an address that the server was
    /// told of; a program that is no browser says no origin.
    fn is_own_page(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(ORIGIN).iter();
        let Some(origin) = origins.next() else { return true };
        let (Ok(origin), None) = (origin.to_str(), origins.next()) else { return false };
        if self.origins.iter().any(|own| own.eq_ignore_ascii_case(origin)) {
            return true;
        }
        let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else {
            return false;
        };
        origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
    }

    /// Who sent a request, as far as it shows.
    ///
    /// # Errors
    /// If it shows a key that is none.
    pub(crate) fn caller(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Caller, Problem> {
        let key = key(headers)?.as_ref().map(KeyHash::of);
        Ok(Caller { key, user: self.user(headers, peer) })
    }

    /// Where a request comes from, seen past the proxies that are trusted.
    pub(crate) fn origin(&self, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
        crate::address::origin(peer, headers, |address| self.proxy.trusts(address))
    }

    /// The user that a trusted proxy names, at one of the addresses that the server was told of: a
    /// page of a stranger's could come through a browser beside the proxy, but not under that name.
    pub(crate) fn user(&self, headers: &HeaderMap, peer: IpAddr) -> Option<String> {
        let name = self.proxy.user_header.as_deref()?;
        let host = headers.get(HOST)?.to_str().ok()?;
        let mut own = self.origins.iter().filter_map(|origin| origin.split_once("://"));
        let at_own_address = own.any(|(_, authority)| authority.eq_ignore_ascii_case(host));
        if !self.proxy.trusts(peer) || !at_own_address {
            return None;
        }
        let mut said = headers.get_all(name).iter();
        let (Some(said), None) = (said.next(), said.next()) else { return None };
        let said = said.to_str().ok()?.trim();
        let sound = !said.is_empty() && said.len() <= USER_BYTES_MAX;
        sound.then(|| said.to_owned())
    }
}

/// The key that a request shows (RFC 6750). Never from the address, which ends in logs.
fn key(headers: &HeaderMap) -> Result<Option<palimpsest_core::LinkKey>, Problem> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let wrong = || {
        let detail = "an authorization is `Bearer` and the key of a link";
        Problem::new(StatusCode::UNAUTHORIZED, detail)
    };
    let (scheme, key) = value.to_str().ok().and_then(|v| v.split_once(' ')).ok_or_else(wrong)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(wrong());
    }
    key.trim().parse().map(Some).map_err(|_| wrong())
}

/// Whether a request names this machine as its host.
fn is_local(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return true };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The caller of an HTTP request, for handlers to take.
pub(crate) struct Visitor(pub(crate) Caller);

impl axum::extract::FromRequestParts<Arc<State>> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Problem> {
        state.doors.caller(&parts.headers, peer(parts)?).map(Self)
    }
}

/// Where a request came from.
pub(crate) fn peer(parts: &Parts) -> Result<IpAddr, Problem> {
    let info = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let unknown = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the sender is not known");
    info.map(|info| info.0.ip()).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), value.parse().unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn only_pages_of_this_server_may_change_something_or_open_a_socket() {
        let doors = Doors {
            open: false,
            proxy: Proxy::default(),
            origins: vec!["https://Notes.example".into()],
        };
        let check = |pairs: &[(&'static str, &str)], allowed: bool| {
            let mut all = headers(pairs);
            assert_eq!(doors.check(&Method::POST, &all).is_ok(), allowed, "{all:?}");
            assert!(doors.check(&Method::GET, &all).is_ok(), "{all:?}");
            all.insert("sec-websocket-key", "x".parse().unwrap());
            assert_eq!(doors.check(&Method::GET, &all).is_ok(), allowed, "{all:?}");
        };
        check(&[("host", "127.0.0.1:4800")], true);
        check(&[("host", "127.0.0.1:4800"), ("origin", "http://127.0.0.1:4800")], true);
        check(&[("host", "inside:80"), ("origin", "https://notes.example")], true);
        check(&[("host", "inside:80"), ("origin", "https://evil.example")], false);
        check(&[("host", "127.0.0.1:4800"), ("origin", "http://127.0.0.1:4801")], false);
        check(&[("host", "127.0.0.1:4800"), ("origin", "null")], false);
        check(&[("origin", "http://127.0.0.1:4800")], false);
    }

    #[test]
    fn an_open_server_answers_to_names_of_this_machine_only() {
        let doors = Doors { open: true, proxy: Proxy::default(), origins: Vec::new() };
        let check = |host: &str, allowed: bool| {
            let asked = doors.check(&Method::GET, &headers(&[("host", host)]));
            assert_eq!(asked.is_ok(), allowed, "{host}");
        };
        for own in ["localhost", "LOCALHOST:4800", "127.0.0.1:4800", "[::1]:4800", "127.8.8.8"] {
            check(own, true);
        }
        for strange in ["evil.example", "localhost.evil.example:4800", "10.0.0.1", "[::2]:80", ""] {
            check(strange, false);
        }
    }

    #[test]
    fn a_user_is_believed_from_a_trusted_proxy_only() {
        let trusted = vec!["10.0.0.0/8".parse().unwrap()];
        let user_header = Some("remote-user".to_owned());
        let proxy = Proxy { trusted, user_header, owners: Vec::new() };
        let origins = vec!["https://notes.example".to_owned()];
        let mut doors = Doors { open: false, proxy, origins };
        let check = |doors: &Doors, pairs: &[(&'static str, &str)], peer: &str, user| {
            let mut all = headers(pairs);
            all.entry("host").or_insert("notes.example".parse().unwrap());
            let found = doors.user(&all, peer.parse().unwrap());
            assert_eq!(found.as_deref(), user, "{pairs:?} from {peer}");
        };
        let ada = ("remote-user", "ada");
        check(&doors, &[ada], "10.1.1.1", Some("ada"));
        check(&doors, &[("x-forwarded-user", "ada")], "10.1.1.1", None);
        check(&doors, &[("remote-user", " ")], "10.1.1.1", None);
        check(&doors, &[ada], "11.1.1.1", None);
        check(&doors, &[("x-forwarded-for", "10.0.0.1"), ada], "11.1.1.1", None);
        check(&doors, &[("host", "evil.example"), ada], "10.1.1.1", None);
        check(&doors, &[], "10.1.1.1", None);
        doors.proxy.user_header = None;
        check(&doors, &[ada], "10.1.1.1", None);
    }

    #[test]
    fn a_key_is_a_bearer_of_forty_digits() {
        let good = "0123456789abcdef0123456789abcdef01234567";
        for scheme in ["Bearer", "bearer"] {
            let shown = key(&headers(&[("authorization", &format!("{scheme} {good}"))]));
            assert_eq!(shown.unwrap().unwrap().reveal(), good);
        }
        assert!(key(&headers(&[])).unwrap().is_none());
        for wrong in [good, "Basic abc", "Bearer", "Bearer 12", "Bearer zz", ""] {
            assert!(key(&headers(&[("authorization", wrong)])).is_err(), "{wrong}");
        }
    }
}
