//! Inputs that nobody writes and somebody sends: each is understood in the end, and the page beside it is built.
//!
//! Nothing here looks at a clock. What takes more than linear time does not come back at these sizes.

use std::ops::Range;

use kamishibai::compile::{Bundle, compile};
use kamishibai::page::Options;
use kamishibai::source::{Source, Sources};

/// Compiles a page or deck beside an ordinary page; renders both, looks for what is wrong.
fn survive(path: &str, text: &str) -> Bundle {
    let neighbour = Source::text("wiki/Neighbour.md", "本文\n");
    let sources: Sources = [Source::text(path, text), neighbour].into_iter().collect();
    let bundle = compile(sources, Options { notes: true, ..Options::default() });
    let route = path.replace(".md", ".html");
    let output = bundle.output(&route).unwrap_or_else(|| panic!("{path} has no page"));
    // Wrapped in what a page has, output grows with input.
    assert!(
        output.bytes.len() <= 100_000 + 100 * text.len(),
        "{} bytes became {}",
        text.len(),
        output.bytes.len()
    );
    let neighbour = bundle.output("wiki/Neighbour.html").expect("the neighbour is built");
    assert!(String::from_utf8_lossy(&neighbour.bytes).contains("本文"));
    bundle.diagnostics().iter().for_each(|diagnostic| drop(bundle.locate(diagnostic)));
    bundle
}

/// Puts one piece for each number together.
fn each(numbers: Range<usize>, piece: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in numbers {
        text += &piece(number);
    }
    text
}

fn page(text: &str) -> Bundle {
    survive("wiki/A.md", text)
}

fn deck(text: &str) -> Bundle {
    let bundle = survive("decks/a.md", text);
    assert!(bundle.output("decks/a.notes.html").is_some(), "a deck has a handout");
    drop(bundle.output("decks/a.notes.js"));
    bundle
}

#[test]
fn fifty_megabytes() {
    let paragraph = "大阪の雨は[[Neighbour]]で、**強く**降る。\n\n- 一\n- 二\n\n";
    page(&paragraph.repeat(50_000_000 / paragraph.len()));
}

/// A disk takes names of 255 bytes: tags and titles may be longer, and files may have that length already.
#[test]
fn names_of_any_length_have_an_address() {
    let kanji = "漢".repeat(84);
    let tags = [format!("{}甲", "雨".repeat(199)), format!("{}乙", "雨".repeat(199))];
    let text = format!("---\ntags: [{}, {}]\n---\n本文\n", tags[0], tags[1]);
    let bundle = {
        let page = Source::text(&format!("wiki/{kanji}.md"), text.as_str());
        let deck = Source::text(&format!("decks/{kanji}.md"), "# 題\n\n<!-- note -->\n");
        let link = Source::text("wiki/Links.md", &format!("[[{kanji}]]\n"));
        let options = Options { notes: true, ..Options::default() };
        compile([page, deck, link].into_iter().collect::<Sources>(), options)
    };
    let addresses = bundle.addresses();
    let long =
        addresses.iter().flat_map(|address| address.split('/')).find(|name| name.len() > 255);
    assert_eq!(long, None);
    let tagged = addresses.iter().filter(|address| address.starts_with("tags/雨"));
    assert_eq!(tagged.count(), 2, "{addresses:?}");
    assert!(addresses.iter().all(|address| bundle.make(address).is_some()));
    let links = bundle.output("wiki/Links.html").expect("it is built");
    assert!(!String::from_utf8_lossy(&links.bytes).contains("missing"), "the link finds its page");
}

#[test]
fn quotations_within_quotations() {
    for text in [">".repeat(10_000), "> ".repeat(10_000), format!("- {}", ">".repeat(10_000))] {
        page(&format!("{text}一\n"));
        deck(&format!("<!--\n{text}一\n-->\n"));
        deck(&format!("---\nheader: '{text}'\n---\n"));
    }
    let deeper = each(1..300, |depth| format!("{}一\n", ">".repeat(depth)));
    page(&deeper);
}

#[test]
fn lists_within_lists() {
    let dashes = "- ".repeat(5_000);
    let indented = each(0..500, |depth| format!("{}- 一\n", "  ".repeat(depth)));
    let numbered = "1) ".repeat(2_000);
    for text in [dashes, indented, numbered] {
        page(&format!("{text}一\n"));
        deck(&format!("{text}一\n"));
        deck(&format!("一\n\n<!--\n{text}一\n-->\n"));
    }
    page(&"* a\n".repeat(100_000));
}

#[test]
fn tables_without_end() {
    let columns = 10_000;
    let row = |cell: &str| format!("|{}\n", format!("{cell}|").repeat(columns));
    page(&format!("{}{}{}", row("a"), row("-"), row("b").repeat(3)));
    page(&format!("{}{}{}", row("a"), row("-"), "|\n".repeat(1_000)));
    page(&format!("|a|\n|-|\n{}", "|b|\n".repeat(100_000)));
}

#[test]
fn references_that_multiply() {
    let target = "x".repeat(50_000);
    page(&format!("[a]: {target}\n\n{}", "[a]\n".repeat(50_000)));
    let many = each(0..20_000, |n| {
        format!(
            "[r{n}]: /u{n}
"
        )
    });
    page(&format!("{many}\n{}", "[r1] ".repeat(20_000)));
    page(&"[^a] ".repeat(20_000));
    page(&format!("{}\n\n[^a]: 註\n", "[^a] ".repeat(20_000)));
}

#[test]
fn headings_of_one_name() {
    page(&"# 一\n\n".repeat(50_000));
    page(&"## 😀\n".repeat(50_000));
    deck(&"# 1\n".repeat(20_000));
    let linked = each(0..10_000, |n| format!("## 一\n\n[[#一-{n}]]\n\n"));
    page(&linked);
}

#[test]
fn slides_without_end() {
    deck(&"---\n\n".repeat(20_000));
    deck(&"<!-- _class: lead -->\n\n# 一\n\n[[Neighbour]]\n\n---\n\n".repeat(20_000));
    deck(&"* 一\n\n---\n\n<!-- メモ -->\n\n<!-- paginate: true -->\n\n".repeat(10_000));
}

#[test]
fn links_in_one_paragraph() {
    page(&"[[Neighbour]] ".repeat(10_000));
    page(&"[[ない]] ".repeat(50_000));
    page(&"![](no.png)".repeat(50_000));
    page(&"[[ない]]\n\n".repeat(20_000));
    page(&"[a](Neighbour.md)の".repeat(20_000));
    page(&"https://example.com/。".repeat(20_000));
    deck(&"[[Neighbour]] ".repeat(10_000));
}

#[test]
fn brackets_and_marks_without_end() {
    let n = 50_000;
    for mark in [
        "[", "![", "[[", "![[", "*a", "_a ", "**a **", "`", "<", "<a", "<!--", "$", "~", "==",
        "++", "^", ":", "\\", "&", "a**b_c* ",
    ] {
        page(&mark.repeat(n));
        deck(&mark.repeat(n / 5));
    }
    for (open, close) in
        [("[", "]"), ("![", "](x)"), ("[[", "]]"), ("**", "**"), ("<b>", "</b>"), ("(", ")")]
    {
        page(&format!("{}a{}", open.repeat(n), close.repeat(n)));
    }
    page(&format!("{}\n", "`a``b".repeat(n / 10)));
    page(&each(1..1_000, |n| format!("{} ", "`".repeat(n))));
    page(&"<b title=\"".repeat(n));
    page(&"<div>\n\n".repeat(5_000));
    page(&"a\n---\n".repeat(20_000));
    page(&"> [!NOTE]\n".repeat(20_000));
    page(&":::\n".repeat(20_000));
    page(&":::a\n".repeat(20_000));
    page(&"```nothing\n```\n\n".repeat(1_000));
    for mark in ["<!A ", "<?", "<![CDATA[", "<a \"", "<b '>"] {
        page(&mark.repeat(n));
        page(&format!("<div>{}\">", mark.repeat(n)));
    }
    page(&"term\n\n: x\n\n".repeat(5_000));
    page(&"$$a\n".repeat(n * 4));
    deck(&"$$a\n".repeat(n * 4));
    for line in ["$$a$$\n", "$$a$$ b\n", "a $$b$$\n\n$$\n"] {
        page(&line.repeat(n / 2));
        deck(&line.repeat(n / 2));
    }
}

#[test]
fn comments_without_end() {
    deck(&"<!-- a -->".repeat(50_000));
    deck(&"a <!-- b --> ".repeat(20_000));
    deck(&format!("<!--\n{}\n-->\n", "- a\n  - b\n".repeat(20_000)));
    deck(&format!("<!-- {} -->\n", "a".repeat(1_000_000)));
    deck(&"<!-- header: x -->\n\n".repeat(5_000));
    deck(&"<!--".repeat(50_000));
    deck(&format!("<!-- {0}a{0} -->\n", "*".repeat(20_000)));
    deck(&format!("<!-- {}a{} -->\n", "[".repeat(20_000), "](x)".repeat(20_000)));
}

#[test]
fn bombs_of_yaml() {
    let laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n";
    let deep = format!("a: {}", "[".repeat(100_000));
    let deeper = each(0..5_000, |depth| format!("{}a:\n", " ".repeat(depth)));
    let dashes = format!("a:\n  {}x", "- ".repeat(20_000));
    let wide = each(0..50_000, |n| format!("k{n}: v\n"));
    let tags = format!("tags: [{}]", "a, ".repeat(50_000));
    let other_tags = format!("tags: {}", each(0..9_000, |n| format!("t{n},")));
    let long = format!("title: {}", "x".repeat(1_000_000));
    let quoted = format!("header: {}", "\"".repeat(100_000));
    let questions = "? ".repeat(20_000);
    let braces = "{a: ".repeat(20_000);
    for yaml in [
        laughs,
        &deep,
        &deeper,
        &dashes,
        &wide,
        &tags,
        &other_tags,
        &long,
        &quoted,
        &questions,
        &braces,
    ] {
        survive("wiki/A.md", &format!("---\n{yaml}\n---\n本文\n"));
        survive("decks/a.md", &format!("---\n{yaml}\n---\n一\n"));
        survive("decks/a.md", &format!("一\n\n<!--\n{yaml}\n-->\n"));
    }
}

#[test]
fn bombs_of_toml() {
    let deep = format!("a = {}", "[".repeat(100_000));
    let braces = format!("a = {}", "{ a = ".repeat(20_000));
    let dots = format!("{}a = 1", "a.".repeat(50_000));
    let wide = each(0..20_000, |n| format!("k{n} = 1\n"));
    let tables = each(0..20_000, |n| format!("[t{n}]\n"));
    for toml in [deep, braces, dots, wide, tables] {
        let page = Source::text("wiki/A.md", "本文\n");
        let sources = [Source::text("kami.toml", &toml), page].into_iter().collect();
        let bundle = compile(sources, Options::default());
        assert!(bundle.output("wiki/A.html").is_some(), "a site is built whatever its kami.toml");
        assert!(!bundle.diagnostics().is_empty(), "what is wrong is told");
    }
}

/// A page that links to every other, and ten thousand that link back.
#[test]
fn ten_thousand_pages() {
    let names = || (0..10_000).map(|n| format!("頁{n}"));
    let index = each(0..10_000, |n| format!("- [[頁{n}]]\n"));
    let pages = names().map(|name| {
        Source::text(
            &format!("wiki/{name}.md"),
            &format!("# {name}\n\n[[index]]の[[頁{}]]\n", name.len()),
        )
    });
    let sources = pages.chain([Source::text("wiki/index.md", &index)]).collect();
    let bundle = compile(sources, Options::default());
    assert_eq!(bundle.diagnostics(), []);
    for address in bundle.addresses() {
        assert!(bundle.make(&address).is_some(), "nothing at {address}");
    }
}

/// Where many pages have one title, one file's name, and links that lead nowhere.
#[test]
fn namesakes_and_missing_names() {
    let pages = (0..2_000).map(|n| {
        let title = if n < 50 { "記録".to_owned() } else { format!("記録{n}") };
        let text = format!("---\ntitle: {title}\n---\n[[記録]] [[ない頁の名前{n}]] [[./Notes]]\n");
        Source::text(&format!("wiki/{n}/Notes.md"), &text)
    });
    let bundle = compile(pages.collect(), Options::default());
    assert!(bundle.diagnostics().len() >= 2_000);
    assert!(bundle.output("wiki/7/Notes.html").is_some());
}
