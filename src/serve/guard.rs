//! Who may ask: `Host` against rebinding, `Origin` against other sites, and what an address may look like.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, Uri, header};
use percent_encoding::percent_decode_str;

/// How long an address may be.
const PATH_BYTES_MAX: usize = 4096;

/// The names under which the server answers.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    port: u16,
    names: Vec<String>,
    /// On an address of the network any address literal is ours: it cannot be rebound.
    literals: bool,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// 400: no `Host`, two of them, or one that cannot be read.
    Malformed,
    /// 421: a `Host` that is not ours.
    Misdirected,
    /// 403: another site asks.
    CrossSite,
}

impl Hosts {
    pub(super) fn new(bound: SocketAddr, names: &[String]) -> Hosts {
        let names = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        Hosts { port: bound.port(), names, literals: !bound.ip().is_loopback() }
    }

    /// Checks where a request was sent.
    pub(super) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(Refusal::Malformed);
        };
        let host = host.to_str().map_err(|_| Refusal::Malformed)?;
        if !self.is_ours(host)
            || uri.authority().is_some_and(|authority| !self.is_ours(authority.as_str()))
        {
            return Err(Refusal::Misdirected);
        }
        Ok(())
    }

    fn is_ours(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        let bare = name.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if self.names.contains(&bare) {
            return true;
        }
        let local = bare == "localhost"
            || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || self.literals);
        local && port == Some(self.port)
    }

    /// Checks who sends a request that opens a channel or changes something: this site, or a program.
    pub(super) fn check_origin(headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
        let own = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.split_once("://"))
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host));
        if own { Ok(()) } else { Err(Refusal::CrossSite) }
    }
}

/// Checks whether another site includes a file of ours.
pub(super) fn check_site(headers: &HeaderMap) -> Result<(), Refusal> {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let foreign = value("sec-fetch-site") == "cross-site" && value("sec-fetch-mode") != "navigate";
    if foreign { Err(Refusal::CrossSite) } else { Ok(()) }
}

/// Returns the address that a request names: decoded once, with nothing in it that could mean more.
pub(super) fn address(path: &str) -> Option<String> {
    if path.len() > PATH_BYTES_MAX {
        return None;
    }
    let decoded = percent_decode_str(path.strip_prefix('/')?).decode_utf8().ok()?;
    let odd = decoded.chars().any(|c| c.is_control() || c == '\\')
        || decoded.split('/').any(|part| part == ".." || part == ".")
        || decoded.contains("//")
        || decoded.starts_with('/');
    (!odd).then(|| decoded.into_owned())
}
