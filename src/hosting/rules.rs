//! `_headers` and `_redirects` of a bundle, read: ours, or a site's own in their place.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::compile::Bundle;
use crate::page::base_path;

/// What a bundle says to its host.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// Headers of all files.
    pub(super) headers: Vec<Header>,
    /// What addresses begin with that may be kept for ever.
    pub(super) lasting: Vec<String>,
    pub(super) redirects: Vec<Redirect>,
    /// Lines that a host of another kind cannot be told, each with why.
    pub(super) lost: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redirect {
    /// The old address, decoded.
    pub(super) from: String,
    /// Where it leads, in ASCII.
    pub(super) to: String,
    pub(super) status: u16,
    /// Whether all that begins with `from` is meant; `:splat` in `to` is then the rest.
    pub(super) below: bool,
}

impl Rules {
    pub(super) fn of(bundle: &Bundle) -> Rules {
        let mut rules = Rules::of_headers(bundle);
        rules.read_redirects(&text(bundle, "_redirects"));
        rules
    }

    /// Reads `_headers` alone.
    pub(super) fn of_headers(bundle: &Bundle) -> Rules {
        let mut rules = Rules::default();
        rules.read_headers(&text(bundle, "_headers"), &base_path(bundle.site()));
        rules
    }

    fn read_headers(&mut self, text: &str, base: &str) {
        let mut pattern = "";
        for (index, line) in text.lines().enumerate() {
            let said = line.trim();
            if said.is_empty() || said.starts_with('#') {
                continue;
            }
            if !line.starts_with([' ', '\t']) {
                pattern = said;
                continue;
            }
            let Some((name, value)) = said.split_once(':') else { continue };
            let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
            let start = pattern.strip_suffix('*').filter(|start| !start.contains(['*', ':']));
            match start {
                Some(start) if start == base || start == "/" => {
                    self.headers.push(Header { name, value });
                }
                Some(start)
                    if name.eq_ignore_ascii_case("cache-control")
                        && value == crate::page::FOR_EVER =>
                {
                    self.lasting.push(start.to_owned());
                }
                _ => self
                    .lost
                    .push(format!("_headers:{}: `{name}` of `{pattern}` is left out", index + 1)),
            }
        }
    }

    fn read_redirects(&mut self, text: &str) {
        let mut known = BTreeSet::new();
        for (index, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words.first().is_none_or(|word| word.starts_with('#')) {
                continue;
            }
            match redirect(&words) {
                Some(found) => {
                    // The first that fits counts.
                    if known.insert((found.from.clone(), found.below)) {
                        self.redirects.push(found);
                    }
                }
                None => self.lost.push(format!(
                    "_redirects:{}: `{}` is left out",
                    index + 1,
                    line.trim()
                )),
            }
        }
    }
}

fn text(bundle: &Bundle, address: &str) -> String {
    let output = bundle.output(address);
    output.map_or_else(String::new, |it| String::from_utf8_lossy(&it.bytes).into_owned())
}

/// Reads a line whose old address is a path of its own, or all below one.
fn redirect(words: &[&str]) -> Option<Redirect> {
    let (from, to, status) = match words {
        [from, to] => (from, to, "301"),
        [from, to, status] => (from, to, *status),
        _ => return None,
    };
    let status: u16 = status.trim_end_matches('!').parse().ok()?;
    let (start, below) =
        from.strip_suffix('*').map_or((*from, false), |start| (start, start.ends_with('/')));
    let is_plain = start.starts_with('/') && !start.contains(['*', '?', '#']);
    let names = start.contains("/:") || (to.contains(":splat") && !below);
    let leads = to.starts_with('/') || to.starts_with("https://") || to.starts_with("http://");
    let may = matches!(status, 301 | 302 | 303 | 307 | 308) && is_plain && !names && leads;
    if !may || (from.ends_with('*') && !below) {
        return None;
    }
    let from = percent_decode_str(start).decode_utf8().ok()?;
    let odd = from.chars().any(char::is_control) || to.chars().any(|c| "\"\\{}<>".contains(c));
    (!odd).then(|| Redirect { from: from.into_owned(), to: ascii(to), status, below })
}

fn ascii(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_graphic() {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a string takes all");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::Rules;

    #[test]
    fn what_cannot_be_told_is_said() {
        let mut rules = Rules::default();
        rules.read_redirects("# old\n/a /b\n/%E9%9B%A8 /c 302!\n/x/* /y/:splat\n/:id /b\n/q id=1 /b 301\n/w /z 200\n/a* /b\n");
        let read: Vec<_> =
            rules.redirects.iter().map(|it| (it.from.as_str(), it.status, it.below)).collect();
        assert_eq!(read, [("/a", 301, false), ("/雨", 302, false), ("/x/", 301, true)]);
        assert_eq!(rules.lost.len(), 4, "{:?}", rules.lost);
        rules.read_headers("/*\n  X-A: b: c\n/pdf/*\n  X-B: d\n", "/");
        assert_eq!(
            (rules.headers[0].name.as_str(), rules.headers[0].value.as_str()),
            ("X-A", "b: c")
        );
        assert!(rules.lost[4].starts_with("_headers:4: `X-B`"), "{:?}", rules.lost);
    }
}
