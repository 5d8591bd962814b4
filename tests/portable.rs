//! `kami export`: what stands in the one file, and what a person sees who names the wrong deck.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::serve::write;

const RAIN: &[u8] = include_bytes!("../wiki/osaka-rain.jpg");

fn export(folder: &Path, arguments: &[&str]) -> Output {
    let mut kami = Command::new(env!("CARGO_BIN_EXE_kami"));
    kami.current_dir(folder).arg("export").args(arguments).output().expect("the program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn exported(folder: &Path, arguments: &[&str], file: &str) -> String {
    let output = export(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", said(&output));
    fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A site whose deck has notes, links of all kinds and a picture on each of three slides.
fn site() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder is ours");
    let here = folder.path();
    write(here, "kami.toml", "lang = \"en\"\n");
    write(here, "wiki/Page.md", "# Page\n\n[[Night talk]]\n");
    write(
        here,
        "decks/night.md",
        "---\ntitle: Night talk\nheader: \"![rain](rain.jpg)\"\n---\n\n# Night\n\n[[Page|to the page]] and \
         [[#Closing]] and [out](https://example.org/)\n\n<!-- Say \"good night\" </script>. -->\n\n---\n\n\
         ## Middle\n\n<!-- first -->\n<!-- second -->\n\n---\n\n## Closing\n",
    );
    fs::write(here.join("decks/rain.jpg"), RAIN).expect("a temporary folder is ours");
    folder
}

#[test]
fn one_file_holds_all_that_the_deck_needs() {
    let site = site();
    let here = site.path();
    let html = exported(here, &["night"], "night.html");
    // Nothing is fetched: neither from the bundle nor from elsewhere.
    for address in ["src=\"../", "href=\"../", "url(../", "src=\"assets", "rel=\"stylesheet\""] {
        assert!(!html.contains(address), "{address} is left in the file");
    }
    assert!(html.contains("<style>") && html.contains("<script>"));
    assert_eq!(html.matches("data:image/webp;base64,").count(), 1, "a picture is written once");
    assert_eq!(html.matches("data-copy=\"1\"").count(), 2, "the other slides share it");
    assert_eq!(html.matches("data:font/woff2;base64,").count(), 3, "the fonts that it is set in");
    assert!(html.len() < 160_000 + RAIN.len() * 4 / 3 + 100, "{} bytes", html.len());
    // Links: into the deck and out of the site they lead on; to the wiki they are text.
    assert!(html.contains("href=\"#closing\""), "the link inside the deck leads on");
    assert!(html.contains("href=\"https://example.org/\""));
    assert!(html.contains("<span class=\"wikilink\">to the page</span>"));
    assert!(!html.contains("night.notes.html"), "there is no handout beside the file");
    assert!(!html.contains("good night"), "notes stay at home");
    let piped = export(here, &["night", "-o", "-"]);
    assert!(piped.stdout == html.as_bytes(), "standard output gets the same");
    assert!(!here.join("-").exists());
}

#[test]
fn the_policy_of_one_file_names_its_scripts_and_styles() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let site = site();
    let html = exported(site.path(), &["night", "--with-notes"], "night.html");
    let policy = html.split("content=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("'self'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for tag in ["style", "script"] {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        let inside = html.split(&open).skip(1).map(|rest| rest.split(&close).next().unwrap());
        let texts: Vec<&str> = inside.collect();
        assert!(!texts.is_empty());
        for text in texts {
            let hash = sha2::Sha256::digest(text.as_bytes());
            let hash = base64::engine::general_purpose::STANDARD.encode(hash);
            assert!(policy.contains(&format!("'sha256-{hash}'")), "no hash for {text:.80}");
        }
    }
    assert!(html.contains("good night"), "--with-notes brings the notes along");
}

#[test]
fn a_link_to_the_wiki_leads_to_the_address_of_the_site() {
    let site = site();
    write(
        site.path(),
        "kami.toml",
        "lang = \"en\"\nbase_url = \"https://talks.example.org/osaka/\"\n",
    );
    let html = exported(site.path(), &["decks/night.md", "-o", "out.html"], "out.html");
    assert!(html.contains("href=\"https://talks.example.org/osaka/wiki/Page.html\""));
}

#[test]
fn the_same_sources_give_the_same_file() {
    let site = site();
    let once = exported(site.path(), &["night"], "night.html");
    fs::create_dir(site.path().join("out")).unwrap();
    let again = exported(site.path(), &["Night talk", "-o", "out"], "out/night.html");
    assert!(once == again, "two exports differ");
}

#[test]
fn a_deck_without_a_site_is_exported_with_what_lies_beside_it() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    write(
        here,
        "talk.md",
        "# Talk\n\n![rain](rain.jpg)\n\n<!-- hello -->\n\n---\n\n# End\n\n<!-- a -->\n<!-- b -->\n",
    );
    fs::write(here.join("rain.jpg"), RAIN).unwrap();
    let html = exported(here, &["talk.md"], "talk.html");
    assert!(html.contains("data:image/webp;base64,") && html.contains("<h1"));
    let notes = export(here, &["talk.md", "--format", "text"]);
    assert_eq!(String::from_utf8_lossy(&notes.stdout), "hello\n\n---\n\na\n\nb\n");
    assert_eq!(
        exported(here, &["talk.md", "--format", "text", "-o", "n.txt"], "n.txt"),
        "hello\n\n---\n\na\n\nb\n"
    );
    let left: Vec<_> = fs::read_dir(here).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "nothing else is written: {left:?}");
}

#[test]
fn a_deck_that_is_not_there_is_explained() {
    let site = site();
    let here = site.path();
    for (arguments, text) in [
        (vec!["nigth"], "did you mean `night`?"),
        (vec!["something"], "the decks here: night"),
        (vec!["night", "-o", "no/such/folder.html"], "make the folder first"),
    ] {
        let output = export(here, &arguments);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(text), "{arguments:?}: {said}");
    }
    assert!(!here.join("night.html").exists());
}

#[test]
fn a_deck_with_an_error_is_exported_all_the_same() {
    let site = site();
    write(site.path(), "decks/night.md", "---\ntitle: [oops\n---\n\n# Night\n");
    write(site.path(), "decks/other.md", "---\ntitle: [oops\n---\n\n# Other\n");
    let output = export(site.path(), &["night"]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("decks/night.md:2:8: error[front-matter]"), "{said}");
    assert!(!said.contains("other.md"), "what is not written is not told of: {said}");
    assert!(site.path().join("night.html").exists());
}

#[test]
fn only_what_the_deck_is_made_of_is_told() {
    let site = site();
    write(site.path(), "templates/themes/broken.css", "/* @theme broken */\nh1 { color: }\n");
    write(site.path(), "decks/one.md", "# One\n\n<!-- include: _part.md -->\n");
    write(site.path(), "decks/_part.md", "![gone](gone.png)\n");
    write(site.path(), "decks/two.md", "---\ntheme: broken\n---\n\n# Two\n");
    let one = export(site.path(), &["one"]);
    assert_eq!(one.status.code(), Some(0), "{}", said(&one));
    assert!(said(&one).contains("_part.md:1:1: warning[missing-picture]"), "{}", said(&one));
    assert!(!said(&one).contains("broken.css"), "{}", said(&one));
    let two = export(site.path(), &["two"]);
    assert_eq!(two.status.code(), Some(1), "{}", said(&two));
    assert!(said(&two).contains("broken.css:2:6: error[css-syntax]"), "{}", said(&two));
}

/// A font family of many files is one of those of which the deck shows a letter.
#[test]
fn one_file_holds_the_fonts_that_the_deck_can_use() {
    let site = site();
    let here = site.path();
    let face = |family: &str, file: &str, more: &str| {
        format!(
            "@font-face {{ font-family: \"{family}\"; src: url({file}) format(\"woff2\"); {more} }}\n"
        )
    };
    let theme = [
        "/* @theme brand */\n@import 'default';\n".to_owned(),
        face("Brand", "latin.woff2", "unicode-range: U+0000-00FF;"),
        face("Brand", "cyrillic.woff2", "unicode-range: U+0400-04FF;"),
        face("Idle", "idle.woff2", ""),
        "section { font-family: Brand, sans-serif; }\n".to_owned(),
    ];
    write(here, "kami.toml", "lang = \"en\"\nfonts = \"system\"\n");
    write(here, "templates/themes/brand.css", &theme.concat());
    for name in ["latin", "cyrillic", "idle"] {
        write(here, &format!("templates/themes/{name}.woff2"), &format!("font {name}"));
    }
    write(here, "decks/night.md", "---\ntheme: brand\n---\n\n# Night\n");
    let count = |html: &str| html.matches("data:font/woff2;base64,").count();
    assert_eq!(count(&exported(here, &["night"], "night.html")), 1, "latin alone");
    write(
        here,
        "decks/night.md",
        "---\ntheme: brand\n---\n\n# Ночь\n\n<style>h1 { font-family: Idle }</style>\n",
    );
    assert_eq!(count(&exported(here, &["night"], "night.html")), 3);
}
