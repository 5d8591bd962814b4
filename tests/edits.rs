//! Edits: what a change of one file does to the pages of others.

use kamishibai::compile::{Bundle, Change, compile, recompile};
use kamishibai::page::Options;
use kamishibai::source::{Source, SourcePath, Sources};

fn recompiled(bundle: &Bundle, path: &str, text: &str) -> Bundle {
    let change = Change { path: SourcePath::new(path), source: Some(Source::text(path, text)) };
    recompile(bundle, vec![change])
}

/// What a page shows of another document, and what a deck is put together from, is never of yesterday.
#[test]
fn an_edit_reaches_what_embeds_and_includes_it() {
    let files = [
        ("wiki/A.md", "![[B]]\n\n![[t#2]]"),
        ("wiki/B.md", "一"),
        ("decks/t.md", "一\n\n<!-- include: _p.md -->"),
        ("decks/_p.md", "---\n\n二"),
    ];
    let sources: Sources = files.iter().map(|(path, text)| Source::text(path, text)).collect();
    let cold = compile(sources, Options::default());
    let shown = |bundle: &Bundle, address: &str| {
        let output = bundle.output(address).expect("the document has a page");
        String::from_utf8_lossy(&output.bytes).into_owned()
    };
    let warm = recompiled(&cold, "wiki/B.md", "三");
    assert!(shown(&warm, "wiki/A.html").contains("<p>三</p>"), "the page embeds the new text");
    let warm = recompiled(&warm, "decks/_p.md", "---\n\n四");
    assert!(shown(&warm, "decks/t.html").contains("<p>四</p>"), "the deck includes the new part");
    assert!(shown(&warm, "wiki/A.html").contains("<p>四</p>"), "the page embeds the new slide");
    let gone = Change { path: SourcePath::new("decks/_p.md"), source: None };
    let warm = recompile(&warm, vec![gone]);
    assert!(!shown(&warm, "decks/t.html").contains("四"), "the part is gone");
    let told = warm.diagnostics();
    assert!(told.iter().any(|diagnostic| diagnostic.rule.code == "missing-include"));
    let warm = recompiled(&warm, "decks/_p.md", "---\n\n五");
    assert!(shown(&warm, "wiki/A.html").contains("<p>五</p>"), "the part is back");
}

/// Values are read where they are shown, so a saved file is never of yesterday either, come or gone or unreadable.
#[test]
fn an_edit_of_values_reaches_the_tables_and_charts_of_them() {
    let files = [
        ("wiki/A.md", "![[v.csv]]\n"),
        ("decks/t.md", "```chart\ntype: bar\nfile: /wiki/v.csv\n```\n"),
    ];
    let texts: Sources = files.iter().map(|(path, text)| Source::text(path, text)).collect();
    let asset = |bytes: &[u8]| Source::asset("wiki/v.csv", bytes, None);
    let mut warm = compile(texts.clone(), Options::default());
    let states: [Option<&[u8]>; 5] = [
        Some("店,本\n東,3\n".as_bytes()),
        Some(b"a,b\nx,40\ny,5\n"),
        None,
        Some(b"a,b\n\xff,1\n"),
        Some(b"a,b\nz,6\n"),
    ];
    for state in states {
        let source = state.map(asset);
        warm = recompile(
            &warm,
            vec![Change { path: SourcePath::new("wiki/v.csv"), source: source.clone() }],
        );
        let cold = compile(texts.iter().cloned().chain(source).collect(), Options::default());
        for address in ["wiki/A.html", "decks/t.html"] {
            let bytes = |bundle: &Bundle| bundle.output(address).map(|output| output.bytes.clone());
            assert_eq!(bytes(&warm), bytes(&cold), "{address} with {state:?}");
        }
        let told = |bundle: &Bundle| -> Vec<String> {
            let found = bundle.diagnostics();
            found.iter().map(|it| format!("{} {} {}", it.path, it.rule.code, it.message)).collect()
        };
        assert_eq!(told(&warm), told(&cold), "{state:?}");
        let unreadable =
            told(&warm).iter().any(|it| it.contains("wiki/v.csv values the file is not UTF-8"));
        assert_eq!(unreadable, state.is_some_and(|bytes| bytes.contains(&0xff)), "{state:?}");
    }
    let page = warm.output("wiki/A.html").expect("the document has a page");
    assert!(String::from_utf8_lossy(&page.bytes).contains("<td class=\"right\">6</td>"));
}
