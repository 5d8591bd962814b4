//! Cases: small sites in Markdown files, with what each must become written beside it.
//!
//! A heading `##` begins a case, a sentence says why it is there. A fence whose info is a kind and a path is a file of
//! the site: `markdown wiki/A.md`, `toml kami.toml`; `escaped` decodes `\r`, `\0`, `\u{feff}`; `asset` is a file
//! served as it is; `picture` is drawn by its words, see tests/pictures.rs; `bytes`, `symlink`, `socket` and `sparse` lie on a real disk, `unreadable` stands for one that is not. Every other fence is expected:
//! `html ADDRESS`, `file ADDRESS`, `title ADDRESS`, `cards ADDRESS`, `csp ADDRESS`, `backlinks ADDRESS`, `routes`,
//! `sequence ADDRESS`, `head ADDRESS`, `diagnostics`. A case without `diagnostics` has none; `diagnostics all` tells orphans and empty pages, too. `UPDATE=1 cargo test` rewrites what is expected.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use kamishibai::compile::{Bundle, compile};
use kamishibai::diagnostic::{Located, rules};
use kamishibai::load;
use kamishibai::page::Options;
use kamishibai::picture;
use kamishibai::source::{Content, Fault, Source, SourcePath, Sources};

#[test]
fn links() {
    check("links");
}

#[test]
fn resolution() {
    check("resolution");
}

#[test]
fn slides() {
    check("slides");
}

#[test]
fn directives() {
    check("directives");
}

#[test]
fn grounds() {
    check("grounds");
}

#[test]
fn steps() {
    check("steps");
}

#[test]
fn blocks() {
    check("blocks");
}

#[test]
fn includes() {
    check("includes");
}

#[test]
fn embeds() {
    check("embeds");
}

#[test]
fn pages() {
    check("pages");
}

#[test]
fn ruby() {
    check("ruby");
}

#[test]
fn html() {
    check("html");
}

#[test]
fn faults() {
    check("faults");
}

#[test]
fn checks() {
    check("checks");
}

#[test]
fn styles() {
    check("styles");
}

#[test]
fn themes() {
    check("themes");
}

#[test]
fn code() {
    check("code");
}

#[test]
fn diagrams() {
    check("diagrams");
}

#[test]
fn files() {
    check("files");
}

#[test]
fn pictures() {
    check("pictures");
}

/// What only a browser sees is tried in tests/browser.
const SEEN: [&str; 3] = ["overfull-slide", "small-text", "coarse-picture"];

/// What takes too long a text to be a case, or another program, and the test that shows it.
const LONG: [(&str, &str); 2] =
    [("redirects", include_str!("hosts.rs")), ("unmade-avif", include_str!("pictures.rs"))];

/// A rule that no case shows is a rule that may have stopped working.
#[test]
fn every_rule_has_a_case() {
    let all: String = fs::read_dir(folder())
        .expect("tests/cases is beside this file")
        .map(|entry| entry.expect("a folder of ours can be read").path())
        .map(|path| fs::read_to_string(path).expect("a case file is text"))
        .collect();
    let missing: Vec<&str> = rules::ALL
        .iter()
        .map(|rule| rule.code)
        .filter(|code| !SEEN.contains(code) && !LONG.iter().any(|(long, _)| long == code))
        .filter(|code| !all.contains(&format!("[{code}]: ")))
        .collect();
    assert!(missing.is_empty(), "no case shows {}", missing.join(", "));
    let shown = LONG.iter().all(|(code, test)| test.contains(&format!("\"{code}\"")));
    assert!(shown, "a test shows each of what is too long");
    let seen = include_str!("browser/export.test.mjs");
    assert!(
        SEEN.iter().all(|code| seen.contains(code)),
        "tests/browser does not try all of {SEEN:?}"
    );
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// Runs every case of a file and tells all that are not as written, or writes down what they are.
#[track_caller]
fn check(name: &str) {
    let path = folder().join(format!("{name}.md"));
    let written = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}.md: {error}"));
    let found: String = cases(&written).iter().map(|case| run(case)).collect();
    if found == written {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, found).unwrap_or_else(|error| panic!("{name}.md: {error}"));
        return;
    }
    panic!("tests/cases/{name}.md is not what the site says:\n{}", difference(&written, &found));
}

/// One piece of a case: prose, or a fence with its kind, its path or address, and its inside.
enum Piece<'a> {
    Prose(&'a str),
    Fence { open: &'a str, kind: &'a str, place: &'a str, inside: &'a str, close: &'a str },
}

/// Cuts a file before every `##` that stands outside of fences.
fn cases(text: &str) -> Vec<Vec<Piece<'_>>> {
    let mut cases = vec![Vec::new()];
    for piece in pieces(text) {
        if matches!(piece, Piece::Prose(line) if line.starts_with("## ")) {
            cases.push(Vec::new());
        }
        cases.last_mut().expect("there is one from the start").push(piece);
    }
    cases
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.find('\n').map_or(rest.len(), |at| at + 1));
        let ticks = line.len() - line.trim_start_matches('`').len();
        if ticks < 3 {
            pieces.push(Piece::Prose(line));
            rest = after;
            continue;
        }
        let fence = &line[..ticks];
        let end = ends_of_lines(after)
            .find(|(_, line)| line.trim_end() == fence)
            .unwrap_or_else(|| panic!("the fence {line:?} has no end"));
        let close = &after[end.0..end.0 + end.1.len()];
        let info = line[ticks..].trim();
        let (kind, place) = info.split_once(' ').unwrap_or((info, ""));
        pieces.push(Piece::Fence { open: line, kind, place, inside: &after[..end.0], close });
        rest = &after[end.0 + end.1.len()..];
    }
    pieces
}

fn ends_of_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        at += line.len();
        (at - line.len(), line)
    })
}

/// Compiles the site of a case; returns the case with what came out in the place of what was expected.
fn run(case: &[Piece<'_>]) -> String {
    let bundle = compile(sources(case), Options { notes: true, ..Options::default() });
    let mut out = String::new();
    let mut told = false;
    let mut any = false;
    for piece in case {
        let (open, kind, place, inside, close) = match piece {
            Piece::Prose(line) => {
                out.push_str(line);
                continue;
            }
            Piece::Fence { open, kind, place, inside, close } => {
                (open, *kind, *place, inside, close)
            }
        };
        told |= kind == "diagnostics";
        let found = match kind {
            "diagnostics" => Some(diagnostics(&bundle, place == "all")),
            "routes" => Some(routes(&bundle)),
            "backlinks" => Some(backlinks(&bundle, place)),
            "html" | "file" | "title" | "csp" | "cards" | "sequence" | "head" => {
                Some(output(&bundle, kind, place))
            }
            _ => None,
        };
        any = true;
        let inside = found.as_deref().unwrap_or(inside);
        let newline = if inside.is_empty() || inside.ends_with('\n') { "" } else { "\n" };
        write!(out, "{open}{inside}{newline}{close}").expect("a string takes every case");
    }
    let unexpected = if told || !any { String::new() } else { diagnostics(&bundle, false) };
    if !unexpected.is_empty() {
        let text = out.trim_end().to_owned();
        out = format!("{text}\n\n```diagnostics\n{unexpected}\n```\n\n");
    }
    out
}

fn diagnostics(bundle: &Bundle, orphans: bool) -> String {
    let lines: Vec<String> = bundle
        .diagnostics()
        .iter()
        .map(|diagnostic| bundle.locate(diagnostic))
        .filter(|located| orphans || !matches!(located.code, "orphan" | "empty-page"))
        .map(|Located { path, line, column, severity, code, message, help, .. }| {
            let severity = severity.name();
            format!("{path}:{line}:{column}: {severity}[{code}]: {message}\n  help: {help}")
        })
        .collect();
    lines.join("\n")
}

fn routes(bundle: &Bundle) -> String {
    let line = |(address, routes): (_, &Vec<_>)| {
        let routes: Vec<String> = routes.iter().map(|route| format!("{route:?}")).collect();
        format!("{address}: {}", routes.join(", "))
    };
    bundle.catalog.routes().map(line).collect::<Vec<_>>().join("\n")
}

fn backlinks(bundle: &Bundle, address: &str) -> String {
    let entry = bundle.catalog.entries().find(|entry| *entry.route == *address);
    let entry = entry.unwrap_or_else(|| panic!("there is no document at {address}"));
    let mentions = bundle.catalog.mentions(entry).into_iter().map(|mention| {
        let link = &mention.from.document.links[mention.link];
        let slide = link.slide.map_or_else(String::new, |number| format!("#{number}"));
        let [before, label, after] = link.sentence.parts();
        format!("{}{slide}: {before}<{label}>{after}", mention.from.document.path)
    });
    mentions.collect::<Vec<_>>().join("\n")
}

/// Returns what a case shows of an output. A `*` in the address stands for what nobody can foresee, such as a digest.
fn output(bundle: &Bundle, kind: &str, address: &str) -> String {
    let fits = |known: &String| match address.split_once('*') {
        Some((start, end)) => known.starts_with(start) && known.ends_with(end),
        None => known == address,
    };
    let found = bundle.addresses().into_iter().find(fits);
    let Some(output) = found.and_then(|address| bundle.output(&address)) else {
        return format!("there is nothing at {address}");
    };
    let text = String::from_utf8_lossy(&output.bytes).into_owned();
    match kind {
        "file" => text.trim_end().to_owned(),
        "title" => between(&text, "<h1", "</h1>").split_once('>').map_or("", |(_, t)| t).to_owned(),
        "sequence" => between(&text, "<nav class=\"sequence\"", "</nav>")
            .lines()
            .skip(1)
            .collect::<Vec<_>>()
            .join("\n"),
        "head" => {
            let told = ["canonical", "\"og:", "\"twitter:", "\"alternate\"", "\"description\""];
            let told = || told.iter().chain(&["\"author\"", "\"keywords\""]);
            let lines = text.lines().filter(|line| told().any(|mark| line.contains(mark)));
            lines.collect::<Vec<_>>().join("\n")
        }
        "csp" => {
            let policy = text.replace("&#39;", "'");
            let of = |name| between(&policy, name, ";").trim();
            match of("media-src") {
                "'self'" => of("img-src").to_owned(),
                players => format!("{}\nmedia-src {players}", of("img-src")),
            }
        }
        "cards" => {
            let tags = text.split("<main class=\"deck\"").skip(1).flat_map(|rest| {
                let cards = rest.split("<div class=\"card\"").skip(1);
                std::iter::once(rest).chain(cards)
            });
            let tags = tags.filter_map(|rest| Some(rest.split_once('>')?.0.trim()));
            tags.collect::<Vec<_>>().join("\n")
        }
        _ if text.contains("<article>") => {
            between(&text, "<article>", "</article>").trim().to_owned()
        }
        _ => sections(&text),
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let inside = text.split_once(start).map_or("", |(_, rest)| rest);
    inside.split_once(end).map_or("", |(inside, _)| inside)
}

fn sections(html: &str) -> String {
    let main = between(html, "<main class=\"deck\"", "</main>");
    let cards = main.split("<div class=\"card\" data-number").skip(1);
    let sections = cards.map(|rest| {
        let inside = rest.split_once('>').map_or("", |(_, inside)| inside).trim_end();
        inside.strip_suffix("</div>").unwrap_or(inside)
    });
    sections.collect::<Vec<_>>().join("\n")
}

fn sources(case: &[Piece<'_>]) -> Sources {
    let disk = tempfile::tempdir().expect("the system has a folder for temporary files");
    let mut on_disk = false;
    let mut sources = Sources::new();
    for piece in case {
        let Piece::Fence { kind, place, inside, .. } = piece else { continue };
        match *kind {
            "html" | "file" | "title" | "csp" | "cards" | "sequence" | "head" | "backlinks"
            | "routes" | "diagnostics" => {}
            "bytes" | "symlink" | "socket" | "sparse" => {
                on_disk = true;
                put(&disk.path().join(place), kind, inside);
            }
            "picture" => {
                let bytes = crate::pictures::from_words(inside.trim());
                let path = SourcePath::new(place);
                sources.insert(Source::asset(place, &bytes, picture::size(&path, &bytes)));
            }
            "unreadable" => sources.insert(unreadable(place)),
            "escaped" => sources.insert(Source::text(place, &unescaped(inside))),
            "asset" => {
                let (path, size) = place.split_once(" of ").unwrap_or((place, ""));
                let size = size.split_once('x').map(|(width, height)| {
                    (width.parse().expect("pixels"), height.parse().expect("pixels"))
                });
                sources.insert(Source::asset(path, inside.as_bytes(), size));
            }
            _ => sources.insert(Source::text(place, inside)),
        }
    }
    if on_disk {
        let root = load::Root::at(disk.path()).expect("the folder was made a moment ago");
        for source in load::load(&root).expect("the case has a wiki or decks").iter() {
            sources.insert(source.clone());
        }
    }
    sources
}

/// Returns what stands for a file that the system refused to read; who runs the tests may read all.
fn unreadable(path: &str) -> Source {
    let fault = Fault {
        code: "unreadable-file",
        message: "the file cannot be read: permission denied".to_owned(),
        help: "check its permissions".to_owned(),
        line: 1,
        column: 1,
    };
    Source { content: Content::Unusable(fault), ..Source::text(path, "") }
}

fn put(path: &Path, kind: &str, inside: &str) {
    fs::create_dir_all(path.parent().expect("a case's file lies in a folder"))
        .expect("a folder can be made in a temporary one");
    let done = match kind {
        "bytes" => fs::write(path, bytes(inside)),
        "symlink" => std::os::unix::fs::symlink(inside.trim(), path),
        "socket" => std::os::unix::net::UnixListener::bind(path).map(drop),
        _ => fs::File::create(path)
            .and_then(|file| file.set_len(inside.trim().parse().expect("a count of bytes"))),
    };
    done.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// Decodes `\n`, `\r`, `\t`, `\0`, `\\` and `\u{...}`; line breaks of the fence itself do not count.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars().filter(|c| *c != '\n');
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('0') => out.push('\0'),
            Some('u') => {
                let code: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                let code = u32::from_str_radix(&code, 16).expect("hexadecimal digits in \\u{}");
                out.push(char::from_u32(code).expect("a character in \\u{}"));
            }
            other => out.extend(other),
        }
    }
    out
}

/// Decodes `\xNN`; the line break at the end stays.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\x") {
        out.extend(before.as_bytes());
        out.push(u8::from_str_radix(&after[..2], 16).expect("two hexadecimal digits in \\x"));
        rest = &after[2..];
    }
    out.extend(rest.as_bytes());
    out
}

/// Tells the lines that differ, each under the case it belongs to.
fn difference(written: &str, found: &str) -> String {
    let (written, found): (Vec<_>, Vec<_>) = (written.lines().collect(), found.lines().collect());
    let mut out = String::new();
    let (mut a, mut b) = (0, 0);
    let mut heading = "";
    while a < written.len() || b < found.len() {
        let (old, new) = (written.get(a), found.get(b));
        if old == new {
            heading = old.filter(|line| line.starts_with("## ")).copied().unwrap_or(heading);
            (a, b) = (a + 1, b + 1);
            continue;
        }
        let meets = |lines: &[&str], from: usize, line: Option<&&str>| {
            line.and_then(|line| lines.iter().skip(from).position(|other| other == line))
        };
        let (skip_old, skip_new) = (meets(&written, a, new), meets(&found, b, old));
        let old_first = skip_old.unwrap_or(usize::MAX) <= skip_new.unwrap_or(usize::MAX);
        let (sign, line) = match (old, new) {
            (Some(line), None) => ("-", line),
            (Some(line), _) if old_first && skip_old.is_some() || skip_new.is_none() => ("-", line),
            (_, Some(line)) => ("+", line),
            (None, None) => break,
        };
        (a, b) = if sign == "-" { (a + 1, b) } else { (a, b + 1) };
        writeln!(out, "{heading}: {sign} {line}").expect("a string takes every line");
    }
    out
}
