//! A language that the program does not speak by itself: a file of words in the site's `templates/strings`.

use kamishibai::compile::{Bundle, compile};
use kamishibai::page::Options;
use kamishibai::source::{Source, Sources};

const WORDS: &str = r#"
language = "Français"
locale = "fr_FR"
date_format = "{weekday} {day} {month_name} {year}"
weekdays = "lundi mardi mercredi jeudi vendredi samedi dimanche"
months = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
pages = "Toutes les pages"
"#;

fn site(words: Option<&str>) -> Bundle {
    let texts = [
        ("kami.toml", "languages = [\"ja\", \"fr\"]\nbase_url = \"https://example.org/\"\n"),
        ("wiki/Pluie.md", "# 雨\n\n降る。\n"),
        ("wiki/Pluie.fr.md", "---\ndate: 2026-11-27\n---\n# La pluie\n\nElle tombe.\n"),
    ];
    let texts = texts.into_iter().chain(words.map(|words| ("templates/strings/fr.toml", words)));
    let sources: Sources = texts.map(|(path, text)| Source::text(path, text)).collect();
    compile(sources, Options::default())
}

fn text(bundle: &Bundle, address: &str) -> String {
    let output = bundle.output(address).unwrap_or_else(|| panic!("{address} is there"));
    String::from_utf8_lossy(&output.bytes).into_owned()
}

#[test]
fn a_file_of_words_adds_a_language() {
    let bundle = site(Some(WORDS));
    let page = text(&bundle, "wiki/Pluie.fr.html");
    for words in [">Toutes les pages<", "vendredi 27 novembre 2026", "content=\"fr_FR\""] {
        assert!(page.contains(words), "the page does not say {words}: {page}");
    }
    // What the file does not say is said in English, and the other page names the language.
    assert!(page.contains(">Recent<"), "{page}");
    assert!(text(&bundle, "wiki/Pluie.html").contains(">Français<"));
    assert!(text(&bundle, "pages.fr.html").contains("La pluie"));
}

#[test]
fn a_language_without_words_is_called_by_its_code() {
    let bundle = site(None);
    assert!(text(&bundle, "wiki/Pluie.html").contains(">fr<"));
    assert!(text(&bundle, "wiki/Pluie.fr.html").contains("Friday 27 November 2026"));
}
