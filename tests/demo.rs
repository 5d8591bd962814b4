//! The repository's own site: it is what the program promises.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use kamishibai::compile::{Bundle, compile};
use kamishibai::load;
use kamishibai::page::Options;
use kamishibai::source::{Source, SourcePath, Sources};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn demo() -> Sources {
    let root = load::Root::at(root()).expect("the repository is a site");
    load::load(&root).expect("the repository has decks and a wiki")
}

fn compiled(sources: Sources) -> Bundle {
    compile(sources, Options { notes: true, ..Options::default() })
}

#[test]
fn nothing_is_wrong_with_it() {
    let bundle = compiled(demo());
    for address in bundle.addresses() {
        assert!(bundle.output(&address).is_some(), "nothing at {address}");
    }
    let found: Vec<String> = bundle
        .diagnostics()
        .iter()
        .map(|diagnostic| bundle.locate(diagnostic))
        .map(|at| format!("{}:{}:{}: {}: {}", at.path, at.line, at.column, at.code, at.message))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The built-in templates are the repository's, as they were when the program was built.
#[test]
fn with_and_without_its_templates_it_is_the_same() {
    let with = demo();
    let without: Sources = with
        .iter()
        .filter(|source| !source.path.as_str().starts_with("templates/"))
        .cloned()
        .collect();
    assert!(without.len() < with.len(), "the repository has templates");
    let (with, without) = (compiled(with), compiled(without));
    assert_eq!(with.addresses(), without.addresses());
    for address in with.addresses() {
        assert_eq!(with.make(&address), without.make(&address), "at {address}");
    }
}

/// A site with a template of its own has its pages made from the plain templates. Others get theirs from templates
/// with the words of a language and the ways from one depth already in them.
#[test]
fn words_written_into_templates_change_no_page() {
    let mut with_own = demo();
    with_own.insert(Source::text("templates/unused.html", "nobody asks for this"));
    let (plain, framed) = (compiled(with_own), compiled(demo()));
    assert_eq!(plain.addresses(), framed.addresses());
    for address in plain.addresses() {
        assert_eq!(plain.make(&address), framed.make(&address), "at {address}");
    }
}

/// A word that the program asks for is in every language, or readers would see its key.
#[test]
fn every_word_is_in_every_language() {
    let words = |lang: &str| -> BTreeMap<String, String> {
        let text = kamishibai::output::embedded(&format!("strings/{lang}.toml"));
        toml::from_str(&text.expect("the language has a table")).expect("a table of words")
    };
    let (ja, en) = (words("ja"), words("en"));
    assert_eq!(ja.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
    let mut asked = Vec::new();
    for file in [
        "page/deck.rs",
        "page/fill.rs",
        "page/player.rs",
        "page/list.rs",
        "page/shell.rs",
        "page/event.rs",
    ] {
        let code = fs::read_to_string(root().join("src").join(file)).unwrap_or_default();
        asked.extend(quoted(&code, &["word(", "word(&self.entry.lang, ", "word(lang, "]));
    }
    for file in ["blocks.rs", "drawn.rs", "mod.rs"] {
        let folder = root().join("src/document/parse/format");
        let code = fs::read_to_string(folder.join(file)).unwrap_or_default();
        asked.extend(quoted(&code, &["Filling::Word("]));
    }
    assert!(asked.iter().any(|key| key == "missing_link"), "the words are found in the source");
    for key in asked {
        assert!(ja.contains_key(&key), "no word for `{key}` in templates/strings");
    }
}

/// Returns the strings that stand right behind one of the marks.
fn quoted(code: &str, marks: &[&str]) -> Vec<String> {
    let after = marks.iter().flat_map(|mark| code.split(mark).skip(1));
    let inside = after.filter_map(|rest| rest.strip_prefix('"')?.split('"').next());
    inside.map(str::to_owned).collect()
}

/// A strict policy holds on every page, and the bundle is the same wherever it was made.
#[test]
fn every_page_stands_under_a_strict_policy() {
    let bundle = compiled(demo());
    let folder = root().to_string_lossy().into_owned();
    for address in bundle.addresses() {
        let output = bundle.output(&address).expect("it is one of the addresses");
        let Ok(text) = std::str::from_utf8(&output.bytes) else { continue };
        assert!(!text.contains(&folder), "{address} names the folder it was built in");
        if SourcePath::new(&address).extension() != Some("html") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if let Some(fault) = inline(line) {
                panic!("{address}:{}: {fault}: {line}", number + 1);
            }
        }
        let policy = text.find("Content-Security-Policy");
        assert!(policy.is_some(), "{address} has no policy");
        let first = text.find("<script").or_else(|| text.find("<link")).unwrap_or(text.len());
        assert!(policy.is_some_and(|at| at < first), "in {address} the policy comes too late");
    }
}

/// Finds in a line what a strict policy forbids: styles and scripts that stand in the page.
fn inline(line: &str) -> Option<&'static str> {
    let lower = line.to_ascii_lowercase();
    let tags: Vec<&str> =
        lower.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or(rest)).collect();
    let handler = |tag: &&str| {
        tag.split(' ').skip(1).any(|word| {
            let name = word.split('=').next().unwrap_or(word);
            name.len() > 2
                && name.starts_with("on")
                && word.contains("=\"")
                && name.bytes().all(|b| b.is_ascii_lowercase())
        })
    };
    if lower.contains("<style") {
        Some("a style sheet in the page")
    } else if tags.iter().any(|tag| tag.contains(" style=")) {
        Some("a style attribute")
    } else if tags.iter().any(|tag| tag.starts_with("script") && !tag.contains(" src=")) {
        Some("a script in the page")
    } else if tags.iter().any(handler) {
        Some("a handler of events")
    } else {
        None
    }
}

/// A command that the README shows is one that the program knows.
#[test]
fn the_readme_names_commands_that_exist() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap_or_default();
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_kami"))
        .arg("--help")
        .output()
        .expect("the program was built for this test");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let known: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| line.starts_with(' '))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(known.contains(&"serve"), "`kami --help` lists its commands: {help}");
    let mut rest = readme.as_str();
    while let Some(at) = rest.find("kami ") {
        let before = rest[..at].chars().next_back();
        rest = &rest[at + 5..];
        let word: &str =
            rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap_or("");
        let code = before.is_none_or(|c| "`\n $".contains(c)) && !word.is_empty();
        if code && !word.starts_with('-') && before != Some(' ') {
            assert!(known.contains(&word), "README.md says `kami {word}`, which there is not");
        }
    }
}
