//! Bundle -> one HTML file that holds a deck with all that it needs.
//!
//! The file is the deck's page as everybody else gets it. Addresses of the bundle become the files
//! themselves, and the policy names each script and style sheet by its hash instead of by its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::address::{Target, data_url, policy_hash, target};
use super::fonts::{self, Used};
use super::markup::{Piece, Tag, pieces};
use super::sheet;
use crate::catalog::Entry;
use crate::compile::Bundle;
use crate::output::{Output, compact};

/// A deck as one file, and what could not come along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneFile {
    pub html: String,
    /// Addresses of the site that links of the deck led to and that nobody can reach from the file.
    pub unlinked: Vec<String>,
    /// Addresses of other hosts from which the deck still shows something.
    pub remote: Vec<String>,
    /// Addresses of films that are too large for a page.
    pub left_out: Vec<String>,
}

/// A picture that stands on more than one slide is written once; this gives the others its bytes.
const COPIES: &str = "for(const i of document.querySelectorAll(\"img[data-copy]\"))\
    i.src=document.querySelector(`img[data-original=\"${i.dataset.copy}\"]`).src";
/// How wide most projectors show a slide, in pixels.
const PROJECTOR_WIDTH: u32 = 1920;
/// From how many bytes on it pays to write a picture once.
const COPY_BYTES_MIN: usize = 1 << 10;
/// From how many bytes on a film is not written into a page: no browser opens that.
const EMBEDDED_BYTES_MAX: u64 = 512 << 20;

/// Writes a deck as one file.
pub fn one_file(bundle: &Bundle, entry: &Entry) -> Option<OneFile> {
    let page = bundle.output(&entry.route)?;
    let html = String::from_utf8_lossy(&page.bytes);
    let pieces = pieces(&html);
    let mut writer = Writer::new(bundle, entry, counts(&entry.route, &pieces));
    writer.used = Used::of(&html, &sheets(bundle, &entry.route, &pieces));
    let mut pieces = pieces.into_iter();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Text(text) => writer.out.push_str(text),
            Piece::Tag(tag) => writer.tag(tag, &mut pieces),
        }
    }
    Some(writer.finish())
}

/// Counts how often each picture of the bundle is shown.
fn counts(from: &str, pieces: &[Piece<'_>]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for piece in pieces {
        if let Piece::Tag(tag) = piece
            && tag.name == "img"
            && let Some(Target::Bundle { address, .. }) = shown(tag).map(|src| target(from, src))
        {
            *counts.entry(address).or_default() += 1;
        }
    }
    counts
}

/// Returns the style sheets of a page.
fn sheets(bundle: &Bundle, from: &str, pieces: &[Piece<'_>]) -> Vec<String> {
    let tags = pieces.iter().filter_map(|piece| match piece {
        Piece::Tag(tag) if tag.name == "link" => tag.get("href"),
        _ => None,
    });
    let outputs = tags.filter_map(|href| match target(from, href) {
        Target::Bundle { address, .. } => bundle.output(&address),
        _ => None,
    });
    let styles = outputs.filter(|output| output.content_type.starts_with("text/css"));
    styles.map(|output| compact::sheet(&String::from_utf8_lossy(&output.bytes))).collect()
}

/// Returns the address of the picture that a file holds: of several widths the one for most projectors.
fn shown<'t>(tag: &'t Tag<'_>) -> Option<&'t str> {
    let src = tag.get("src");
    // What is shown in its own size must have it.
    if !tag.get("sizes").is_some_and(|sizes| sizes.contains("100vw")) {
        return src;
    }
    let widths = tag.get("srcset").unwrap_or_default().split(", ").filter_map(|candidate| {
        let (address, width) = candidate.rsplit_once(' ')?;
        Some((width.strip_suffix('w')?.parse::<u32>().ok()?, address))
    });
    let mut widths: Vec<(u32, &str)> = widths.collect();
    widths.sort_unstable();
    let fits = widths.iter().rev().find(|(width, _)| *width <= PROJECTOR_WIDTH);
    fits.or(widths.first()).map(|(_, address)| *address).or(src)
}

struct Writer<'a> {
    bundle: &'a Bundle,
    from: &'a str,
    handout: Arc<str>,
    counts: BTreeMap<String, usize>,
    used: Used,
    /// Pictures written once, by address: the number that their copies name them by.
    originals: BTreeMap<String, usize>,
    out: String,
    /// Where in `out` the policy belongs, and what the page said there.
    policy: Option<(usize, String)>,
    /// Hashes of the style sheets and of the scripts.
    hashes: [Vec<String>; 2],
    /// Scripts that wait for the document.
    deferred: Vec<String>,
    /// Whether the tags that come are those of slides.
    in_deck: bool,
    /// Whether they are of what is loaded when it is asked for.
    in_later: bool,
    file: OneFile,
}

impl<'a> Writer<'a> {
    fn new(bundle: &'a Bundle, entry: &'a Entry, counts: BTreeMap<String, usize>) -> Writer<'a> {
        Writer {
            bundle,
            from: &entry.route,
            handout: entry.handout_route(),
            counts,
            used: Used::default(),
            originals: BTreeMap::new(),
            out: String::new(),
            policy: None,
            hashes: [Vec::new(), Vec::new()],
            deferred: Vec::new(),
            in_deck: false,
            in_later: false,
            file: OneFile::default(),
        }
    }

    fn tag<'t>(&mut self, mut tag: Tag<'t>, rest: &mut impl Iterator<Item = Piece<'t>>) {
        match (tag.name.as_str(), tag.closes) {
            // What a page loads when it is asked for stands ready in a file.
            ("template", false) if tag.get("class") == Some("later") => self.in_later = true,
            ("template", true) if self.in_later => self.in_later = false,
            ("main", closes) => {
                self.in_deck = !closes;
                tag.write_raw(&mut self.out);
            }
            ("body", true) => {
                self.deferred_scripts();
                tag.write_raw(&mut self.out);
            }
            (_, true) => tag.write_raw(&mut self.out),
            ("meta", _) if tag.get("http-equiv").is_some_and(is_policy) => self.keep_policy(&tag),
            ("link", _) => self.link(tag),
            ("script", _) if tag.has("src") => {
                skip_to_end("script", rest);
                self.script(&tag);
            }
            ("a" | "area", _) if tag.has("href") => self.anchor(tag, rest),
            ("img", _) if tag.has("src") => self.picture(tag),
            // What an `img` without its sources shows is the picture itself.
            ("source", _) if tag.has("srcset") => {}
            _ => {
                let mut changed = false;
                for name in ["src", "poster", "href", "xlink:href", "data"] {
                    changed |= self.embed(&mut tag, name);
                }
                if changed { tag.write(&mut self.out) } else { tag.write_raw(&mut self.out) }
            }
        }
    }

    fn output(&mut self, from: &str, url: &str) -> Option<(String, Arc<Output>)> {
        match target(from, url) {
            Target::Bundle { address, .. } => {
                let large = self.bundle.large(&address);
                if large.is_some_and(|file| file.asset.facts.bytes > EMBEDDED_BYTES_MAX) {
                    note(&mut self.file.left_out, url);
                    return None;
                }
                let output = self.bundle.output(&address)?;
                Some((address, output))
            }
            Target::Here(_) => None,
            Target::Elsewhere => {
                if url.starts_with("http:") || url.starts_with("https:") {
                    note(&mut self.file.remote, url);
                }
                None
            }
        }
    }

    /// Puts the file itself in place of the address in an attribute.
    fn embed(&mut self, tag: &mut Tag<'_>, name: &str) -> bool {
        let Some(url) = tag.get(name).map(str::to_owned) else { return false };
        let Some((_, output)) = self.output(self.from, &url) else { return false };
        tag.set(name, data_url(&output));
        true
    }

    fn picture(&mut self, mut tag: Tag<'_>) {
        let url = shown(&tag).unwrap_or_default().to_owned();
        tag.remove("srcset");
        tag.remove("sizes");
        let Some((address, output)) = self.output(self.from, &url) else {
            return tag.write(&mut self.out);
        };
        let shared = self.counts.get(&address).is_some_and(|count| *count > 1)
            && output.bytes.len() >= COPY_BYTES_MIN;
        if let Some(number) = self.originals.get(&address) {
            tag.remove("src");
            tag.set("data-copy", number.to_string());
            return tag.write(&mut self.out);
        }
        tag.set("src", data_url(&output));
        if shared {
            let number = self.originals.len() + 1;
            tag.set("data-original", number.to_string());
            self.originals.insert(address, number);
        }
        tag.write(&mut self.out);
    }

    fn link(&mut self, mut tag: Tag<'_>) {
        let kinds: Vec<String> = tag
            .get("rel")
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_ascii_lowercase)
            .collect();
        let is = |kind: &str| kinds.iter().any(|known| known == kind);
        let href = tag.get("href").unwrap_or_default().to_owned();
        if is("stylesheet") {
            let Some((address, output)) = self.output(self.from, &href) else { return };
            let css = self.sheet(&address, &String::from_utf8_lossy(&output.bytes));
            self.write_style(&css, tag.get("media"));
        } else if is("icon") {
            if self.embed(&mut tag, "href") {
                tag.write(&mut self.out);
            }
        } else if (is("alternate") || is("canonical")) && href.contains("://") {
            tag.write_raw(&mut self.out);
        }
    }

    /// Returns a style sheet with its files in it.
    fn sheet(&mut self, address: &str, css: &str) -> String {
        let css = fonts::used(&compact::sheet(css), &self.used);
        let named = sheet::urls(&css);
        let mut words = BTreeMap::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for name in &named {
            *known.entry(name.url.clone()).or_default() += 1;
        }
        let mut variables = BTreeMap::new();
        for name in named {
            let Some((_, output)) = self.output(address, &name.url) else { continue };
            let url = format!("url(\"{}\")", data_url(&output));
            // What stands in many rules is written once.
            let word = if known[&name.url] > 1 && !name.is_literal {
                let variable = format!("--file-{}", output.digest.short());
                let word = format!("var({variable})");
                variables.insert(variable, url);
                word
            } else {
                url
            };
            words.insert(name.range.start, word);
        }
        if !variables.is_empty() {
            let rules: Vec<String> =
                variables.iter().map(|(name, url)| format!("{name}:{url}")).collect();
            self.write_style(&format!(":root{{{}}}", rules.join(";")), None);
        }
        sheet::replaced(&css, &words)
    }

    fn write_style(&mut self, css: &str, media: Option<&str>) {
        let css = css.trim().replace("</", "<\\/");
        self.hashes[0].push(policy_hash(&css));
        self.out.push_str("<style");
        if let Some(media) = media {
            self.out.push_str(" media=\"");
            crate::document::html::escape(media, &mut self.out);
            self.out.push('"');
        }
        self.out.extend([">", &css, "</style>"]);
    }

    fn script(&mut self, tag: &Tag<'_>) {
        let src = tag.get("src").unwrap_or_default().to_owned();
        let Some((_, output)) = self.output(self.from, &src) else { return };
        let code = compact::script(&String::from_utf8_lossy(&output.bytes));
        if tag.has("defer") || tag.has("async") {
            self.deferred.push(code);
        } else {
            self.write_script(&code);
        }
    }

    fn write_script(&mut self, code: &str) {
        let code = code.trim().replace("</", "<\\/").replace("<!--", "<\\!--");
        self.hashes[1].push(policy_hash(&code));
        self.out.extend(["<script>", &code, "</script>"]);
    }

    fn deferred_scripts(&mut self) {
        if !self.originals.is_empty() {
            self.write_script(COPIES);
        }
        for code in std::mem::take(&mut self.deferred) {
            self.write_script(&code);
        }
    }

    /// Lets a link lead on where it can, and otherwise be the text that it is.
    fn anchor<'t>(&mut self, mut tag: Tag<'t>, rest: &mut impl Iterator<Item = Piece<'t>>) {
        let href = tag.get("href").unwrap_or_default().to_owned();
        let (address, behind) = match target(self.from, &href) {
            Target::Here(behind) => {
                tag.set("href", if behind.is_empty() { "#1".to_owned() } else { behind });
                return tag.write(&mut self.out);
            }
            Target::Elsewhere => return tag.write_raw(&mut self.out),
            Target::Bundle { address, rest } => (address, rest),
        };
        if address == *self.handout {
            return skip_to_end("a", rest);
        }
        if let Some(base) = &self.bundle.config.base_url {
            let base = base.trim_end_matches('/');
            tag.set("href", format!("{base}/{}{behind}", crate::page::encode(&address)));
            return tag.write(&mut self.out);
        }
        if !self.in_deck {
            return skip_to_end("a", rest);
        }
        note(&mut self.file.unlinked, &address);
        tag.remove("href");
        "span".clone_into(&mut tag.name);
        tag.write(&mut self.out);
        for piece in rest {
            match piece {
                Piece::Text(text) => self.out.push_str(text),
                Piece::Tag(end) if end.name == "a" && end.closes => {
                    self.out.push_str("</span>");
                    return;
                }
                Piece::Tag(tag) if tag.name == "img" && tag.has("src") => self.picture(tag),
                Piece::Tag(tag) => tag.write_raw(&mut self.out),
            }
        }
    }

    fn keep_policy(&mut self, tag: &Tag<'_>) {
        self.out.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"");
        let content = tag.get("content").unwrap_or_default().to_owned();
        self.policy = Some((self.out.len(), content));
        self.out.push_str("\">");
    }

    fn finish(mut self) -> OneFile {
        // A page of a site's own template may lack the end of its body.
        self.deferred_scripts();
        if let Some((at, policy)) = self.policy.take() {
            let mut escaped = String::new();
            crate::document::html::escape(&self.policy_of(&policy), &mut escaped);
            self.out.insert_str(at, &escaped);
        }
        self.file.html = self.out;
        self.file
    }

    /// Returns the page's policy with what the file holds in place of what the site holds.
    fn policy_of(&self, policy: &str) -> String {
        let [styles, scripts] = &self.hashes;
        let directives = policy.split(';').map(str::trim).filter(|directive| !directive.is_empty());
        let directives = directives.map(|directive| {
            let (name, sources) = directive.split_once(' ').unwrap_or((directive, ""));
            let own = sources.split_whitespace().any(|source| source == "'self'");
            let mut kept: Vec<String> = sources
                .split_whitespace()
                .filter(|source| *source != "'self'")
                .map(str::to_owned)
                .collect();
            match name {
                "style-src" if own => kept.extend(styles.iter().cloned()),
                "script-src" if own => kept.extend(scripts.iter().cloned()),
                "img-src" | "media-src" | "font-src" if own => kept.push("data:".to_owned()),
                _ => {}
            }
            if own && kept.is_empty() {
                kept.push("'none'".to_owned());
            }
            format!("{name} {}", kept.join(" ")).trim_end().to_owned()
        });
        directives.collect::<Vec<_>>().join("; ")
    }
}

fn is_policy(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-security-policy")
}

/// Leaves out an element to its end.
fn skip_to_end<'t>(name: &str, rest: &mut impl Iterator<Item = Piece<'t>>) {
    for piece in rest {
        if matches!(&piece, Piece::Tag(tag) if tag.closes && tag.name == name) {
            return;
        }
    }
}

fn note(known: &mut Vec<String>, address: &str) {
    if !known.iter().any(|it| it == address) {
        known.push(address.to_owned());
    }
}
