//! Fonts of pages that are no decks.

use std::collections::BTreeSet;

use kamishibai::compile::{Bundle, Change, compile, recompile};
use kamishibai::page::Options;
use kamishibai::source::{Source, SourcePath, Sources};

const WIKI: [(&str, &str); 3] = [
    ("wiki/雨.md", "雨は傘で防ぐ。$x$ ☔\n"),
    ("wiki/Rain.md", "Rain in `code`.\n"),
    ("decks/傘.md", "# 傘\n"),
];

fn site(config: &str) -> Bundle {
    let mut sources = Sources::new();
    for (path, text) in WIKI.into_iter().chain([("kami.toml", config)]) {
        sources.insert(Source::text(path, text));
    }
    compile(sources, Options::default())
}

fn html(bundle: &Bundle, address: &str) -> String {
    let page = bundle.output(address).expect("the page is there");
    String::from_utf8(page.bytes.clone()).expect("it is text")
}

/// Returns the address of the style sheet of fonts that a page has.
fn sheet(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("assets/fonts-+-")?;
    Some(format!("assets/fonts-+-{}", rest.split_once('"')?.0))
}

#[test]
fn pages_have_fonts_where_the_site_asks() {
    for config in ["", "fonts = \"system\"\n", "fonts = \"bundled\"\n"] {
        let bundle = site(config);
        assert_eq!(sheet(&html(&bundle, "wiki/雨.html")), None, "{config}");
        assert!(!bundle.addresses().iter().any(|it| it.contains("fonts-+-")), "{config}");
    }
    let bundle = site("fonts = \"all\"\n");
    let known: BTreeSet<String> = bundle.addresses().into_iter().collect();
    let one = sheet(&html(&bundle, "wiki/雨.html")).expect("it has a sheet");
    for page in ["wiki/Rain.html", "index.html", "pages.html", "404.html", "decks/傘.notes.html"] {
        assert_eq!(sheet(&html(&bundle, page)).as_ref(), Some(&one), "{page}");
    }
    assert_eq!(sheet(&html(&bundle, "decks/傘.html")), None, "a deck has its own");
    assert!(known.contains(&one));
    let css = html(&bundle, &one);
    for family in ["Noto Sans", "Noto Sans JP", "Noto Sans Mono", "Noto Sans Math", "Twemoji"] {
        assert!(css.contains(&format!("font-family:\"{family}\"")), "{family}: {css}");
    }
    let urls: Vec<&str> =
        css.split("url(\"").skip(1).filter_map(|it| it.split_once('"')).map(|it| it.0).collect();
    assert!(urls.len() > 5);
    for url in urls {
        let file = format!("assets/{url}");
        assert!(known.contains(&file), "{file}");
        let bytes = &bundle.output(&file).expect("the font is there").bytes;
        assert!(bytes.starts_with(b"wOF2") && bytes.len() < 300_000, "{file}: {}", bytes.len());
    }
}

/// A letter that is new to the site is in its fonts; what an older page asks for is still there.
#[test]
fn fonts_follow_what_the_site_says() {
    let bundle = site("fonts = \"all\"\n");
    let old = sheet(&html(&bundle, "wiki/Rain.html")).expect("it has a sheet");
    let path = SourcePath::new("wiki/雨.md");
    let text = Source::text(path.as_str(), "梅雨は傘で防ぐ。$x$ ☔\n");
    let next = recompile(&bundle, vec![Change { path, source: Some(text) }]);
    let new = sheet(&html(&next, "wiki/Rain.html")).expect("it has a sheet");
    assert_ne!(old, new);
    assert!(next.output(&old).is_some(), "a page that was fetched before asks for it");
    let mut sources = Sources::new();
    for source in next.sources.iter() {
        sources.insert(source.clone());
    }
    let cold = compile(sources, Options::default());
    assert_eq!(html(&cold, "wiki/Rain.html"), html(&next, "wiki/Rain.html"));
    let file = |bundle: &Bundle| {
        let addresses = bundle.addresses();
        let jp = addresses.iter().find(|it| it.starts_with("assets/font-+-noto-sans-jp-400"));
        bundle.output(jp.expect("it is there")).expect("it can be made").digest
    };
    assert_eq!(file(&cold), file(&next));
    assert_ne!(file(&cold), file(&bundle));
}

/// A name that would end an address, or be another when it is read, ends none in a style sheet.
#[test]
fn decks_of_any_name_find_their_fonts() {
    let names = ["C#", "50%25 off", "何?", "a\"b", "深い/C# 1"];
    let mut sources = Sources::new();
    for name in names {
        sources.insert(Source::text(&format!("decks/{name}.md"), "# 傘 Rain\n"));
    }
    let bundle = compile(sources, Options::default());
    let known: BTreeSet<String> = bundle.addresses().into_iter().collect();
    let sheets = known.iter().filter(|address| address.starts_with("assets/fonts-"));
    let sheets: Vec<String> = sheets.cloned().collect();
    assert_eq!(sheets.len(), names.len(), "{known:?}");
    for sheet in sheets {
        let css = html(&bundle, &sheet);
        let urls = css.split("url(\"").skip(1).filter_map(|it| it.split_once('"'));
        let urls: Vec<&str> = urls.map(|it| it.0).collect();
        assert!(!urls.is_empty(), "{css}");
        for url in urls {
            assert!(!url.contains(['#', '?', '%']), "{url} would be read otherwise");
            let file = format!("assets/{url}");
            assert!(known.contains(&file) && bundle.output(&file).is_some(), "{file}");
        }
    }
}
