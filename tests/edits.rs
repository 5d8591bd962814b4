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
