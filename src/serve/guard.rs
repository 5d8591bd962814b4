//! Who may ask: `Host` against rebinding, `Origin` against other sites, and what an address may look like.

use std::net::{IpAddr, SocketAddr};

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use percent_encoding::percent_decode_str;

/// How long an address may be.
pub(super) const PATH_BYTES_MAX: usize = 4096;

/// The names under which the server answers, but for those that the configuration adds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hosts {
    port: u16,
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
    /// 400: a body where none belongs.
    Body,
    /// 403: another site asks.
    CrossSite,
    /// 403: a token that is none, or not of this run.
    Token,
}

impl Hosts {
    pub(super) fn new(bound: SocketAddr) -> Hosts {
        Hosts { port: bound.port(), literals: !bound.ip().is_loopback() }
    }

    /// Checks where a request was sent; `names` are the configuration's.
    pub(super) fn check(
        self,
        uri: &Uri,
        headers: &HeaderMap,
        names: &[String],
    ) -> Result<(), Refusal> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(Refusal::Malformed);
        };
        let host = host.to_str().map_err(|_| Refusal::Malformed)?;
        let authority = uri.authority().map(Authority::as_str);
        if !self.is_ours(host, names)
            || authority.is_some_and(|authority| !self.is_ours(authority, names))
        {
            return Err(Refusal::Misdirected);
        }
        Ok(())
    }

    fn is_ours(self, host: &str, names: &[String]) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        if names.iter().any(|known| known.eq_ignore_ascii_case(bare)) {
            return true;
        }
        let local = bare.eq_ignore_ascii_case("localhost")
            || bare.parse::<IpAddr>().is_ok_and(|ip| is_loopback(ip) || self.literals);
        local && port == Some(self.port)
    }
}

/// Tells whether a client is on this machine.
pub(super) fn is_here(peer: SocketAddr) -> bool {
    is_loopback(peer.ip())
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// Checks who sends a request that opens a channel or changes something: this site, or a program.
pub(super) fn check_origin(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return Ok(()) };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    let own = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
        .is_some_and(|(scheme, own)| own.eq_ignore_ascii_case(host) && is_scheme(scheme, host));
    if own && origins.next().is_none() { Ok(()) } else { Err(Refusal::CrossSite) }
}

/// Tells whether a browser may write a host of ours behind a scheme: nothing that has a secure name for us is on this
/// machine itself, and anything else that is shows its own.
fn is_scheme(scheme: &str, host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let is_local =
        bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(is_loopback);
    scheme == "http" || (scheme == "https" && !is_local)
}

/// Checks whether another site includes a file of ours.
pub(super) fn check_site(headers: &HeaderMap) -> Result<(), Refusal> {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    // Another port of this machine is the same site to a browser, and another program to us.
    let foreign = matches!(value("sec-fetch-site"), "cross-site" | "same-site")
        && value("sec-fetch-mode") != "navigate";
    if foreign { Err(Refusal::CrossSite) } else { Ok(()) }
}

/// Checks that no other site has a hand in a request that changes something.
pub(super) fn check_own_site(headers: &HeaderMap) -> Result<(), Refusal> {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let own = site.is_none_or(|site| matches!(site, b"same-origin" | b"none"));
    if own { Ok(()) } else { Err(Refusal::CrossSite) }
}

/// Returns the address that a request names: decoded once, with nothing in it that could mean more.
pub(super) fn address(path: &str) -> Option<String> {
    if !is_encoded(path) {
        return None;
    }
    let decoded = percent_decode_str(path.strip_prefix('/')?).decode_utf8().ok()?;
    let odd = decoded.chars().any(|c| c.is_control() || c == '\\')
        || decoded.split('/').any(|part| part == ".." || part == ".")
        || decoded.contains("//")
        || decoded.starts_with('/');
    (!odd).then(|| decoded.into_owned())
}

/// Tells whether two hexadecimal digits follow every percent sign.
fn is_encoded(path: &str) -> bool {
    let digits = |rest: &str| {
        rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    path.split('%').skip(1).all(digits)
}

/// Checks that a question has no body: nothing here takes one, and two readers might not agree on its end.
pub(super) fn check_body(headers: &HeaderMap) -> Result<(), Refusal> {
    let length = headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    let body = length || headers.contains_key(header::TRANSFER_ENCODING);
    if body { Err(Refusal::Body) } else { Ok(()) }
}
