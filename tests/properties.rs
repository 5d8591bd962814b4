//! Properties: what holds for every site, tried on many that nobody wrote.
//!
//! A site that breaks one becomes a case; no seeds are kept.

use std::collections::BTreeMap;

use kamishibai::compile::{Bundle, Change, compile, recompile};
use kamishibai::digest::Digest;
use kamishibai::document::{self, Settings, Workshop, yaml};
use kamishibai::page::Options;
use kamishibai::source::{Source, SourcePath, Sources};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;

use crate::harm::harm;

/// Files whose coming and going changes what others are: translations, namesakes, twins, assets, looks.
const PATHS: &[&str] = &[
    "wiki/A.md",
    "wiki/A.en.md",
    "wiki/B.md",
    "wiki/b.md",
    "wiki/Help.md",
    "wiki/Help/index.md",
    "wiki/Help/A.md",
    "wiki/Help/A.en.md",
    "wiki/ガ.md",
    "wiki/カ\u{3099}.md",
    "wiki/A.png",
    "wiki/Help/A.png",
    "decks/A.md",
    "decks/t.md",
    "decks/t.en.md",
    "decks/t/index.md",
    "decks/_p.md",
    "wiki/_p.md",
    "decks/A.png",
    "wiki/v.csv",
    "static/robots.txt",
    "static/wiki/A.html",
    "templates/wiki/page.html",
    "templates/themes/rain.css",
    "templates/strings/ja.toml",
    "kami.toml",
];

/// What documents are pieced together from.
const LINES: &[&str] = &[
    "[[A]] [[B|b]] [[b]] [[A.en]] [[Help]] [[Help/A#x]] [[./A]] [[../A]] [[/A]] [[ガ]] [[t#2]] [[decks/t#x]]",
    "[a](A.md) [b](A.en.md) [c](../decks/t.md#1) [d](Help/index.md) [e](index.md) [f](A.png)",
    "![x](A.png) ![[A.png|30]] ![y](https://example.com/y.png) ![[B]]",
    "# 題",
    "## x",
    "## x",
    "## 2",
    "---",
    "***",
    "<!-- メモ -->",
    "<!-- class: lead -->",
    "<!-- _class: wet -->",
    "<!-- theme: rain -->",
    "<!-- headingDivider: 2 -->",
    "<!-- backgroundColor: red -->",
    "<!-- paginate: true -->",
    "<!-- id: x -->",
    "<!-- header: \"[[B]]\" -->",
    "* 一",
    "本文 [[Category:雨]] [[別名]] [[old/path]] [[題]]",
    "別名と**old** pathと別名を、ここではリンクにしない。",
    "> [!NOTE]\n> x",
    "| a |\n|:-:|\n| b |",
    "<b>x",
    "</div>",
    "<!-- include: _p.md -->",
    "<!-- include: A.md -->",
    "<!-- include: ../wiki/_p.md -->",
    "![[v.csv]]",
    "```chart\nfile: ../wiki/v.csv\n```",
    "![[A]]",
    "![[t#2]]",
    "![[Help/A#x]]",
    "![[B#題]]",
    "![bg left:30%](A.png)",
    "![w:30 blur](A.png)",
    "::: columns",
    "::: column 40%",
    ":::",
    ". . .",
    "```rust {1|2-3}\na\nb\n```",
    "<!-- _hide: true -->",
    "",
];

const MATTERS: &[&str] = &[
    "",
    "",
    "---\ntitle: 題\n---\n",
    "---\naliases: [別名, old/path, A]\n---\n",
    "---\nlang: en\n---\n",
    "---\ntags: [雨, aws]\ndate: 2011-04-23\n---\n",
    "---\ndraft: true\n---\n",
    "---\nredirect: B\n---\n",
    "---\ntheme: rain\nclass: wet\n---\n",
    "---\ntitle: [\n---\n",
    "\u{feff}---\ntitle: B\n---\n",
];

const CONFIGS: &[&str] = &[
    "title = \"会\"\n",
    "lang = \"en\"\n",
    "html = true\n",
    "languages = [\"ja\", \"fr\"]\n",
    "[event]\nname = \"会\"\ntalks = [\"t\", \"A\"]\n",
    "[deck]\ntheme = \"rain\"\nsize = \"4:3\"\n",
    "lang = \n",
];

const TEMPLATES: &[&str] =
    &["<article>{{ page.html | safe }}</article>", "{{ page.nothing.x }}", "{{ page.html", "x"];

fn text_of(path: &'static str) -> BoxedStrategy<String> {
    if path == "kami.toml" {
        return select(CONFIGS).prop_map(str::to_owned).boxed();
    }
    if path.starts_with("templates/wiki") {
        return select(TEMPLATES).prop_map(str::to_owned).boxed();
    }
    if path.starts_with("templates/strings") {
        return select(&["pages = \"頁\"\n", "pages = 1\n"][..]).prop_map(str::to_owned).boxed();
    }
    if path == "wiki/v.csv" {
        return select(&["a,b\n1,2\n", "a\n\"1", "題;b\n~~~;1,5", ""][..])
            .prop_map(str::to_owned)
            .boxed();
    }
    if !is_markdown(path) {
        return select(&["a", "b", ".wet { color: blue }"][..]).prop_map(str::to_owned).boxed();
    }
    let lines = prop::collection::vec(select(LINES), 0..5);
    (select(MATTERS), lines)
        .prop_map(|(matter, lines)| matter.to_owned() + &lines.join("\n\n"))
        .boxed()
}

fn is_markdown(path: &str) -> bool {
    SourcePath::new(path).extension() == Some("md")
}

fn is_html(address: &str) -> bool {
    SourcePath::new(address).extension() == Some("html")
}

fn source(path: &str, text: &str) -> Source {
    let is_text = is_markdown(path) || path.starts_with("templates/") || path == "kami.toml";
    if text.contains("title: B") && path.ends_with("A.md") {
        return unusable(path);
    }
    if is_text { Source::text(path, text) } else { Source::asset(path, text.as_bytes(), None) }
}

/// Some files turn out not to be text.
fn unusable(path: &str) -> Source {
    let fault = kamishibai::source::Fault {
        code: "not-utf8",
        message: "the text is not UTF-8".to_owned(),
        help: String::new(),
        line: 1,
        column: 1,
    };
    Source { content: kamishibai::source::Content::Unusable(fault), ..Source::text(path, "") }
}

/// A file that comes or changes, or one that goes.
fn edit() -> impl Strategy<Value = (&'static str, Option<String>)> {
    select(PATHS).prop_flat_map(|path| {
        (Just(path), prop_oneof![3 => text_of(path).prop_map(Some), 1 => Just(None)])
    })
}

fn files() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let file = select(PATHS).prop_flat_map(|path| (Just(path), text_of(path)));
    prop::collection::vec(file, 0..12)
}

fn options() -> Options {
    Options { notes: true, ..Options::default() }
}

/// Everything that a bundle says, in one order.
fn said(bundle: &Bundle) -> (BTreeMap<String, Vec<u8>>, Vec<String>) {
    let outputs = bundle
        .addresses()
        .into_iter()
        .map(|address| {
            let output = bundle.output(&address);
            let bytes = output.unwrap_or_else(|| panic!("nothing at {address}")).bytes.clone();
            (address, bytes)
        })
        .collect();
    let diagnostics = bundle
        .diagnostics()
        .iter()
        .map(|diagnostic| serde_json::to_string(&bundle.locate(diagnostic)).expect("plain data"))
        .collect();
    (outputs, diagnostics)
}

#[track_caller]
fn assert_same(one: &Bundle, other: &Bundle) {
    let ((one, told), (other, told_other)) = (said(one), said(other));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "other addresses");
    for (address, bytes) in &one {
        let (bytes, others) =
            (String::from_utf8_lossy(bytes), String::from_utf8_lossy(&other[address]));
        assert_eq!(bytes, others, "at {address}");
    }
    assert_eq!(told, told_other, "other diagnostics");
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        max_shrink_iters: 300,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn warm_is_cold(
        files in files(),
        edits in prop::collection::vec(prop::collection::vec(edit(), 1..4), 1..6),
    ) {
        let mut sources: Sources = files.iter().map(|(path, text)| source(path, text)).collect();
        let mut warm = compile(sources.clone(), options());
        for edits in edits {
            let mut changes = Vec::new();
            for (path, text) in edits {
                let source = text.map(|text| source(path, &text));
                match source.clone() {
                    Some(source) => sources.insert(source),
                    None => drop(sources.remove(&SourcePath::new(path))),
                }
                changes.retain(|change: &Change| change.path.as_str() != path);
                changes.push(Change { path: SourcePath::new(path), source });
            }
            warm = recompile(&warm, changes);
            let cold = compile(sources.clone(), options());
            // What is worked out for all links at once is what is found for each, and goes with the state.
            cold.catalog.resolve_all();
            assert_same(&warm, &cold);
            warm.catalog.resolve_all();
        }
    }

    #[test]
    fn any_order_of_sources_gives_the_same_bytes(files in files(), seed in any::<u64>()) {
        let by_path: BTreeMap<&str, String> = files.into_iter().collect();
        let forward: Vec<Source> = by_path.iter().map(|(path, text)| source(path, text)).collect();
        let mut shuffled = forward.clone();
        shuffled.sort_by_key(|source| {
            Digest::of(source.path.as_str().as_bytes()).as_bytes()[0] ^ seed.to_le_bytes()[source.path.as_str().len() % 8]
        });
        let one = compile(forward.into_iter().collect(), options());
        let mut changes: Vec<Change> = shuffled
            .into_iter()
            .map(|source| Change { path: source.path.clone(), source: Some(source) })
            .collect();
        let rest = changes.split_off(changes.len() / 2);
        let mut other = compile(Sources::new(), options());
        other = recompile(&other, changes);
        other = recompile(&other, rest);
        assert_same(&one, &other);
    }
}

/// What Markdown, YAML, raw HTML and links are made of.
#[rustfmt::skip]
const TOKENS: &[&str] = &[
    "[", "]", "[[", "]]", "![[", "!", "(", ")", "|", "#", "##", "*", "**", "_", "~~", "`",
    "```", "\n", "\n", "\n\n", "    ", "\t", "- ", "* ", "1) ", "> ", "---", "***", "===", ":",
    ": ", ":::", "<!--", "-->", "<", ">", "<b", "<script", "</script>", "<style>", " onclick=x",
    "\"", "'", "=", "/", "\\", "&", "&amp;", "&#0;", "$", "$$", "^", "[^a]", "[^a]: ", "^[",
    "{", "}", "{#x}", "a", "B", "ガ", "カ\u{3099}", "。", "「", "😀", "\u{200d}", "\u{3000}",
    "\u{feff}", "\u{2060}", "\u{202e}", "\0", "\r", "\r\n", "javascript:", "https://a.b/",
    "www.a.b", "a@b.c", ".md", "A.png", "class: x", "headingDivider: 1", "title: ",
    "paginate: hold", "header: ", "fit", "|-|", "|a|", "[ ] ", "[!NOTE]", "==", "++", ". . .",
    "<a href=", "<img src=", "<video src=", "data:text/html,", "data:image/svg+xml,", "&#58;",
    "&colon;", ":rain:", ">>>", "%20", "%", "?", "..", "./",
];

/// Text rich in it.
fn markup() -> impl Strategy<Value = String> {
    let token = select(TOKENS);
    prop::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => markup(),
        2 => markup().prop_map(|text| format!("---\n{text}\n---\n{text}")),
        1 => markup().prop_map(|text| format!("<!--\n{text}\n-->\n\n{text}")),
        1 => any::<String>(),
    ]
}

fn bundle_of(path: &str, text: &str) -> Bundle {
    compile([Source::text(path, text)].into_iter().collect(), options())
}

/// Old editors end lines with a return alone, in front matter too.
#[test]
fn a_lone_return_ends_a_line_of_front_matter() {
    let draft = "---\ntitle: [\ndraft: true\n---\n\nsecret\n";
    for text in ["---\n\n[^a]: ", "---\n\ntheme: x\n", "\n---\ntitle: A\n\n---\ntext", draft] {
        for path in ["wiki/A.md", "decks/A.md"] {
            let told = |text: &str| shown(&bundle_of(path, text));
            assert_eq!(told(&text.replace('\n', "\r")), told(text), "{path} {text:?}");
        }
    }
    let written = draft.replace('\n', "\r");
    assert!(bundle_of("wiki/A.md", &written).output("wiki/A.html").is_none());
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn no_text_is_too_much(text in any_text()) {
        for path in ["wiki/A.md", "decks/A.md", "kami.toml", "templates/wiki/page.html"] {
            drop(said(&bundle_of(path, &text)));
        }
    }

    /// What is not looked for, because nothing in the text hints at it, would not have been found.
    #[test]
    fn what_is_not_looked_for_is_not_there(text in markup()) {
        // What stands in a comment that has no end may be a directive.
        prop_assume!(text.rfind("<!--") <= text.rfind("-->"));
        // A definition is no text, unless it stands in code or in HTML.
        let hint = "[|@zq]: x";
        let lines = |text: &str| {
            shown(&bundle_of("wiki/A.md", text)).replace(hint, "").replace('\n', "")
        };
        // A tag that is not closed opens a block only where its line has an end.
        let text = format!("a\n\n{text}\n");
        prop_assert_eq!(lines(&text), lines(&format!("{text}\n{hint}\n")));
    }

    #[test]
    fn line_ends_and_marks_change_nothing(text in any_text()) {
        let plain = text.replace("\r\n", "\n").replace('\r', "\n").replace('\u{feff}', "");
        for path in ["wiki/A.md", "decks/A.md"] {
            let html = |text: &str| shown(&bundle_of(path, text));
            let expected = html(&plain);
            prop_assert_eq!(&html(&plain.replace('\n', "\r\n")), &expected);
            prop_assert_eq!(&html(&plain.replace('\n', "\r")), &expected);
            prop_assert_eq!(&html(&format!("\u{feff}{plain}")), &expected);
        }
    }

    #[test]
    fn nothing_that_runs_gets_through(text in any_text()) {
        for path in ["wiki/A.md", "decks/A.md"] {
            let bundle = bundle_of(path, &text);
            for address in bundle.addresses().iter().filter(|address| is_html(address)) {
                let output = bundle.output(address).expect("it is one of the addresses");
                let html = String::from_utf8_lossy(&output.bytes).into_owned();
                let fault = harm(&html);
                prop_assert!(fault.is_none(), "{:?} in {} from {:?}", fault, address, text);
            }
        }
    }
}

/// Returns the page of a bundle of one document, its line ends alike.
fn shown(bundle: &Bundle) -> String {
    let entry = bundle.catalog.entries().next();
    let route = entry.map_or("404.html", |entry| &entry.route);
    let output = bundle.output(route).expect("a document has a page");
    String::from_utf8_lossy(&output.bytes).replace("\r\n", "\n").replace('\r', "\n")
}

/// Lines of front matter, of which some are plain and some are nearly so.
const KEYS: &[&str] = &["title", "tags", "a_1", "null", "b c", "ä", "-", "1"];
const VALUES: &[&str] = &[
    "雨の日",
    "Rainy day",
    "2011-04-23",
    "\"a: b\"",
    "\"a\\\"b\"",
    "\"\"",
    "\"a",
    "'a'",
    "[a, b c]",
    "[雨, aws]",
    "[]",
    "[a,b]",
    "[a, [b]]",
    "null",
    "~",
    "",
    " a",
    "a ",
    "a #b",
    "a: b",
    "a-b/c (d)",
    "- a",
    "&a b",
    "*a",
    "|",
    "true",
    "1e3",
    "a\r",
    "a\u{85}b",
    "ー、。",
];

proptest! {
    #![proptest_config(config(256))]

    /// The short way through plain front matter comes to the end that the rules of YAML come to.
    #[test]
    fn plain_front_matter_is_yaml(
        lines in prop::collection::vec((select(KEYS), select(VALUES)), 0..5),
        last in select(&["", "\n", "\n\n", "\nx", "\n# y\n"][..]),
    ) {
        let lines: Vec<String> = lines.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        let text = lines.join("\n") + last;
        prop_assert_eq!(yaml::parse(&text), yaml::parse_any(&text));
    }

    /// The anchors of headings are those of the Markdown library, namesakes included.
    #[test]
    fn anchors_are_those_of_the_library(
        texts in prop::collection::vec("[a-cA-C1 _.-]{1,4}|[あア雨ー々Ä٣é龿_ -]{1,4}", 1..8),
    ) {
        let path = SourcePath::new("wiki/A.md");
        let text = format!("## x{}x\n", texts.join("x\n\n## x"));
        let settings = Settings { html: false, workshop: &Workshop::default() };
        let document = document::parse(&path, &text, settings);
        let mut anchorizer = comrak::Anchorizer::new();
        for heading in &document.headings {
            prop_assert_eq!(&heading.id, &anchorizer.anchorize(&heading.text));
        }
    }
}
