//! Drawn diagrams that lie in the cache of a site: they save time and change nothing.

use std::fs;
use std::path::{Path, PathBuf};

use kamishibai::cache;
use kamishibai::compile::{Bundle, compile};
use kamishibai::page::Options;
use kamishibai::source::{Source, Sources};

const DECK: &str = "# 雨\n\n```mermaid\nflowchart LR\n  雲 --> 傘\n```\n";
const PAGE: &str =
    "```dot\ndigraph { 雲 -> 傘 }\n```\n\n```mermaid\nflowchart LR\n  雲 --> 傘\n```\n";
const BROKEN: &str = "```mermaid\nflowchart LR\n  雲 --> [\n```\n";

fn site(folder: &Path) -> Bundle {
    let mut sources = Sources::new();
    for (path, text) in [("decks/rain.md", DECK), ("wiki/傘.md", PAGE), ("wiki/穴.md", BROKEN)] {
        sources.insert(Source::text(path, text));
    }
    compile(sources, Options { memo: cache::on_disk(folder), ..Options::default() })
}

/// Returns what the pages with diagrams are, and what is said of them.
fn seen(folder: &Path) -> Vec<String> {
    let bundle = site(folder);
    let pages = ["decks/rain.html", "wiki/傘.html", "wiki/穴.html"].map(|address| {
        let page = bundle.output(address).expect("it is there");
        String::from_utf8(page.bytes.clone()).expect("it is text")
    });
    let said = bundle.diagnostics().into_iter().map(|it| format!("{}: {}", it.path, it.message));
    pages.into_iter().chain(said).collect()
}

fn kept(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder.join(".kami/cache/diagrams")).expect("diagrams are kept");
    files.map(|file| file.expect("it can be read").path()).collect()
}

#[test]
fn a_site_that_is_opened_again_shows_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let cold = seen(folder.path());
    assert_eq!(
        cold[..2].concat().matches("<figure class=\"mermaid\"><svg").count(),
        3,
        "all are drawn"
    );
    let files = kept(folder.path());
    assert_eq!(files.len(), 2, "one for each that can be drawn, wherever it stands");
    assert_eq!(seen(folder.path()), cold);
    // What is half of a file, or nothing like a drawing, is none.
    for damaged in ["", "half of it"] {
        for file in &files {
            fs::write(file, damaged).expect("written");
        }
        assert_eq!(seen(folder.path()), cold);
    }
    let whole: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).expect("kept anew")).collect();
    assert!(whole.iter().all(|bytes| bytes.len() > 500), "they are drawn and kept anew");
    fs::remove_dir_all(folder.path().join(".kami")).expect("it is safe to delete");
    assert_eq!(seen(folder.path()), cold);
}

/// Who opens a site does not wait for diagrams of pages that nobody looks at.
#[test]
fn a_diagram_is_drawn_when_somebody_asks_for_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let bundle = site(folder.path());
    let drawn =
        || fs::read_dir(folder.path().join(".kami/cache/diagrams")).map_or(0, Iterator::count);
    assert!(bundle.output("pages.html").is_some(), "it is there");
    assert_eq!((bundle.parse_diagnostics().len(), drawn()), (0, 0), "nothing shows a diagram");
    assert!(bundle.output("decks/rain.html").is_some(), "it is there");
    assert_eq!(drawn(), 1, "the one of the deck");
    let said: Vec<String> =
        bundle.diagnostics().into_iter().map(|it| it.path.to_string()).collect();
    assert!(said.contains(&"wiki/穴.md".to_owned()), "{said:?}");
    assert_eq!(drawn(), 2, "each is tried before it is said that one cannot be drawn");
}

/// What is not part of the site yet is checked all the same.
#[test]
fn a_draft_is_told_of_its_diagram() {
    let mut sources = Sources::new();
    let draft = format!("---\ndraft: true\n---\n{BROKEN}");
    sources.insert(Source::text("wiki/穴.md", &draft));
    let said = compile(sources, Options::default()).diagnostics();
    let places: Vec<&str> = said.iter().map(|it| it.rule.code).collect();
    assert!(places.contains(&"diagram"), "{places:?}");
}

/// The cache is what saves the time: a drawing that lies there is not made again.
#[test]
fn what_is_kept_is_not_drawn_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let cold = seen(folder.path());
    let files = kept(folder.path());
    let one = fs::read(&files[0]).expect("it is kept");
    for file in &files {
        fs::write(file, &one).expect("written");
    }
    assert_ne!(seen(folder.path()), cold, "what lies there is shown");
}
