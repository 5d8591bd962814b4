//! What lets another device do what else only this machine may: one token to drive talks, one to edit.
//!
//! Tokens are made anew with every start and are kept nowhere but here. Whoever opens an address with one
//! gets a cookie for it and is led to the same address without it: no script can read a cookie, it needs no
//! script either, and it goes along when a socket is opened or notes are loaded. A browser sends it to the
//! other ports of this machine too; what listens there asks us from this machine, and needs no token.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::guard::{Refusal, is_here};

/// No capitals, and nothing that is taken for something else when it is typed off a screen.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Five bits a letter: guessing finds none in the time there is.
const LETTERS_IN_TOKEN: usize = 24;
/// What a token is called in an address.
const PARAMETER: &str = "token=";

/// What a token allows. Neither allows the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Moving what others are shown, and reading the speaker's notes.
    Drive,
    /// Changing sources.
    Edit,
}

impl Right {
    const ALL: [Right; 2] = [Right::Drive, Right::Edit];

    fn name(self) -> &'static str {
        match self {
            Right::Drive => "drive",
            Right::Edit => "edit",
        }
    }
}

/// The tokens of one run of the server.
pub(super) struct Tokens {
    drive: String,
    edit: String,
    /// Cookies are shared by all ports of a machine, so their names tell them apart.
    port: u16,
}

impl Tokens {
    pub(super) fn make(port: u16) -> Result<Tokens> {
        Ok(Tokens { drive: random()?, edit: random()?, port })
    }

    pub(super) fn of(&self, right: Right) -> &str {
        match right {
            Right::Drive => &self.drive,
            Right::Edit => &self.edit,
        }
    }

    /// Tells whether who asks may do something: they sit at this machine, or show the token for it, in a
    /// cookie or, as programs do, as `Authorization: Bearer` or in the address.
    pub(super) fn allow(
        &self,
        right: Right,
        peer: Option<SocketAddr>,
        (uri, headers): (&Uri, &HeaderMap),
    ) -> bool {
        let bearer = headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| {
            let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token)
        });
        peer.is_some_and(is_here)
            || self.cookies(right, headers).any(|token| self.is(right, token))
            || bearer.chain(in_address(uri)).any(|token| self.is(right, token))
    }

    /// Turns a token in the address of a page into a cookie. An address with a wrong one is refused, so that
    /// nobody takes yesterday's for today's.
    pub(super) fn trade(&self, uri: &Uri) -> Result<Option<Response>, Refusal> {
        let Some(token) = in_address(uri) else { return Ok(None) };
        let right = Right::ALL.into_iter().find(|right| self.is(*right, token));
        let right = right.ok_or(Refusal::Token)?;
        let rest: Vec<&str> =
            uri.query().unwrap_or("").split('&').filter(|it| !it.starts_with(PARAMETER)).collect();
        let mark = if rest.is_empty() { "" } else { "?" };
        // Slashes at the start could name another machine.
        let place = format!("/{}{mark}{}", uri.path().trim_start_matches('/'), rest.join("&"));
        let cookie =
            format!("{}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie(right), self.of(right));
        let header = |text: String| HeaderValue::from_str(&text).map_err(|_| Refusal::Malformed);
        let head = [
            (header::LOCATION, header(place)?),
            (header::SET_COOKIE, header(cookie)?),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        Ok(Some((StatusCode::SEE_OTHER, head).into_response()))
    }

    /// Compares in a time that tells nothing: digests are compared whole, and say nothing of what they are of.
    fn is(&self, right: Right, token: &str) -> bool {
        let digest = |text: &str| blake3::hash(text.as_bytes());
        digest(&token.to_ascii_lowercase()) == digest(self.of(right))
    }

    fn cookie(&self, right: Right) -> String {
        format!("kami-{}-{}", right.name(), self.port)
    }

    fn cookies<'a>(
        &self,
        right: Right,
        headers: &'a HeaderMap,
    ) -> impl Iterator<Item = &'a str> + use<'a> {
        let name = self.cookie(right);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(';')).filter_map(move |pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        })
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tokens")
    }
}

fn in_address(uri: &Uri) -> Option<&str> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix(PARAMETER))
}

/// Makes a token: groups of letters, for whoever has to type it.
fn random() -> Result<String> {
    let mut bytes = [0; LETTERS_IN_TOKEN];
    getrandom::fill(&mut bytes).context("ask the system for a random number")?;
    let letters = bytes.map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    let groups: Vec<String> = letters.chunks(6).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::http::{HeaderMap, HeaderValue, Uri, header};

    use super::{Right, Tokens};

    const FAR: &str = "192.0.2.7:1234";

    fn allowed(
        tokens: &Tokens,
        right: Right,
        (peer, uri): (&str, &str),
        head: &[(header::HeaderName, &str)],
    ) -> bool {
        let peer: SocketAddr = peer.parse().unwrap();
        let uri: Uri = uri.parse().unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in head {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        tokens.allow(right, Some(peer), (&uri, &headers))
    }

    #[test]
    fn each_right_has_a_token_of_its_own() {
        let tokens = Tokens::make(4000).unwrap();
        for right in Right::ALL {
            for shown in Right::ALL {
                let token = tokens.of(shown);
                let cookie = format!("a=b; kami-{}-4000={token}", right.name());
                let bearer = format!("Bearer {}", token.to_ascii_uppercase());
                let address = format!("/_kami/live?route=x&token={token}");
                for (address, head) in [
                    ("/", vec![(header::COOKIE, cookie.as_str())]),
                    ("/", vec![(header::AUTHORIZATION, bearer.as_str())]),
                    (address.as_str(), vec![]),
                ] {
                    assert_eq!(
                        allowed(&tokens, right, (FAR, address), &head),
                        right == shown,
                        "{right:?} with the token of {shown:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn without_a_token_only_this_machine_may() {
        let tokens = Tokens::make(4000).unwrap();
        let other = Tokens::make(4000).unwrap();
        assert_ne!(tokens.of(Right::Drive), other.of(Right::Drive));
        assert_ne!(tokens.of(Right::Drive), tokens.of(Right::Edit));
        assert!(allowed(&tokens, Right::Drive, ("127.0.0.1:9", "/"), &[]));
        assert!(allowed(&tokens, Right::Edit, ("[::ffff:127.0.0.1]:9", "/"), &[]));
        let old = format!("kami-drive-4000={}", other.of(Right::Drive));
        let port = format!("kami-drive-4001={}", tokens.of(Right::Drive));
        let nothing = "kami-drive-4000=".to_owned();
        for cookie in [&old, &port, &nothing] {
            assert!(!allowed(&tokens, Right::Drive, (FAR, "/"), &[(header::COOKIE, cookie)]));
        }
        assert!(!allowed(&tokens, Right::Drive, (FAR, "/?token="), &[]));
    }

    #[test]
    fn an_address_with_a_token_leads_to_the_same_without() {
        let tokens = Tokens::make(4000).unwrap();
        let token = tokens.of(Right::Drive);
        for (address, place) in [
            (format!("/?token={token}"), "/"),
            (
                format!("/decks/a%20b.html?view=presenter&token={token}&x=1"),
                "/decks/a%20b.html?view=presenter&x=1",
            ),
            (format!("//evil.example/?token={token}"), "/evil.example/"),
        ] {
            let uri: Uri = address.parse().unwrap();
            let answer = tokens.trade(&uri).unwrap().unwrap();
            assert_eq!(
                (answer.status(), &answer.headers()[header::LOCATION]),
                (303.try_into().unwrap(), &HeaderValue::from_static(place))
            );
            let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
            assert_eq!(
                cookie,
                format!("kami-drive-4000={token}; Path=/; HttpOnly; SameSite=Strict")
            );
        }
        assert!(tokens.trade(&Uri::from_static("/?view=print")).unwrap().is_none());
        assert!(tokens.trade(&Uri::from_static("/?token=0")).is_err());
    }
}
