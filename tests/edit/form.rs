//! The editor without scripts: a form that shows a text and takes it back.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{ask, json, read};
use crate::serve::{Answer, Served, site, write};

const PAGE: &str = "/_kami/edit/wiki/Page.md";

/// Sends the form as a browser does: every line ends in both characters.
fn submit(served: &Served, target: &str, rev: &str, text: &str) -> Answer {
    let text = text.replace('\n', "\r\n");
    let text = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string().replace("%20", "+");
    let kind = "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n";
    ask(served.port, "POST", target, kind, format!("rev={rev}&text={text}").as_bytes())
}

/// Returns what the form of a page holds: the revision and the text.
#[track_caller]
fn form(answer: &Answer) -> (String, String) {
    let page = String::from_utf8_lossy(&answer.body).into_owned();
    let part = |from: &str, to: &str| {
        let rest = page.split_once(from).unwrap_or_else(|| panic!("no {from}: {page}")).1;
        rest.split_once(to).expect("it ends").0.to_owned()
    };
    let text = part("<textarea", "</textarea>");
    let text = text.split_once(">\n").expect("a line break follows the tag").1;
    let plain = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    (part("name=\"rev\" value=\"", "\""), plain)
}

#[test]
fn the_head_of_an_editor_says_whether_there_is_a_file() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let head = |target: &str| ask(served.port, "HEAD", target, "", b"");
    let there = head(PAGE);
    let (rev, _) = form(&served.get(PAGE));
    assert_eq!((there.status, there.header("kami-rev")), (200, Some(rev.as_str())));
    assert!(there.body.is_empty(), "{}", there.text());
    let gone = head("/_kami/edit/wiki/Never_written.md");
    assert_eq!((gone.status, gone.header("kami-rev")), (200, None));
}

#[test]
fn a_form_costs_a_file_no_byte() {
    let site = site();
    let odd = "\u{feff}\r\n---\r\ntitle: \"<b> & 'c'\"\r\n---\n紙芝居</textarea>\r\nlast";
    write(site.path(), "wiki/Page.md", odd);
    let served = Served::start(site.path(), &[]);
    let (rev, text) = form(&served.get(PAGE));
    let answer = submit(&served, PAGE, &rev, &text);
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some("/wiki/Page.html")),
        "{}",
        answer.text()
    );
    assert_eq!(read(site.path(), "wiki/Page.md"), odd);
    let answer = submit(&served, PAGE, &rev, &text.replace("last", "more\nlast"));
    assert_eq!(answer.status, 303);
    assert_eq!(read(site.path(), "wiki/Page.md"), odd.replace("last", "more\r\nlast"));
}

#[test]
fn a_page_is_written_where_none_was() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let target = "/_kami/edit/wiki/%E7%B4%99.md";
    let page = served.get(target);
    assert_eq!(
        (page.status, form(&page)),
        (200, (String::new(), String::new())),
        "{}",
        page.text()
    );
    let answer = submit(&served, target, "", "# 紙\n");
    assert_eq!((answer.status, answer.header("location")), (303, Some("/wiki/%E7%B4%99.html")));
    assert!(served.get("/wiki/%E7%B4%99.html").holds("<h1>紙</h1>"));
    // The name is taken by now: what stands there is shown, and nothing is written.
    let taken = submit(&served, target, "", "# 別\n");
    assert!(taken.status == 412 && taken.holds("# 紙") && taken.holds("# 別"), "{}", taken.text());
    assert_eq!(read(site.path(), "wiki/紙.md"), "# 紙\n");
}

#[test]
fn a_stale_form_comes_back_with_both_versions() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let base = "# Page\n\none\n\ntwo\n\nthree\n";
    let (rev, _) = form(&served.get(PAGE));
    assert_eq!(submit(&served, PAGE, &rev, base).status, 303);
    let (rev, _) = form(&served.get(PAGE));
    write(site.path(), "wiki/Page.md", &base.replace("one", "ONE <b>"));
    let clash = submit(&served, PAGE, &rev, &base.replace("one", "eins"));
    assert!(clash.status == 412 && clash.holds("<mark>ONE &lt;b&gt;</mark>"), "{}", clash.text());
    let (now, yours) = form(&clash);
    assert_eq!(yours, base.replace("one", "eins"));
    assert_eq!(
        read(site.path(), "wiki/Page.md"),
        base.replace("one", "ONE <b>"),
        "nothing is written"
    );
    // The writer has chosen.
    assert_eq!(submit(&served, PAGE, &now, &yours).status, 303);
    assert_eq!(read(site.path(), "wiki/Page.md"), yours);
    // Sent twice, a form is answered as it was the first time.
    assert_eq!(submit(&served, PAGE, &now, &yours).status, 303);
    let clean = submit(&served, PAGE, &rev, &base.replace("three", "THREE"));
    let (now, both) = form(&clean);
    assert_eq!((clean.status, both.as_str()), (412, &*yours.replace("three", "THREE")));
    assert!(clean.holds("put together"), "it says that the two are merged");
    assert_eq!(submit(&served, PAGE, &now, &both).status, 303);
    std::fs::remove_file(site.path().join("wiki/Page.md")).unwrap();
    let gone = submit(&served, PAGE, &now, "mine\n");
    assert_eq!((gone.status, form(&gone)), (412, (String::new(), "mine\n".to_owned())));
}

#[test]
fn a_preview_is_the_page_with_the_draft_in_it() {
    let site = site();
    write(
        site.path(),
        "decks/talk.md",
        "---\ntheme: gaia\n---\n\n# A\n\n<!-- include: _part.md -->\n",
    );
    write(site.path(), "decks/_part.md", "---\n\n# Part\n");
    let served = Served::start(site.path(), &[]);
    let before = served.get("/wiki/Page.html").body;
    let show = |path: &str, text: &str, accept: &str| {
        ask(served.port, "POST", &format!("/_kami/preview/{path}"), accept, text.as_bytes())
    };
    let draft = "# Page\n\nIt leads to [[Kamishibai]] and [[Nowhere]].\n";
    let page = show("wiki/Page.md", draft, "");
    assert!(
        page.holds("<a class=\"wikilink\" href=\"../wiki/Kamishibai.html\"")
            && page.holds("wikilink missing"),
        "{}",
        page.text()
    );
    assert!(!page.holds("_kami/live.js"), "a preview is not live");
    let told = json(&show("wiki/Page.md", draft, "Accept: application/json\r\n"));
    assert_eq!(told["route"], "wiki/Page.html");
    assert!(told["html"].as_str().is_some_and(|html| html.contains("Nowhere</a>")));
    let found = &told["diagnostics"][0];
    assert_eq!(
        (&found["code"], &found["line"], &found["column"]),
        (&"missing-link".into(), &3.into(), &32.into())
    );
    assert!(page.holds("\"code\":\"missing-link\""), "{}", page.text());
    // A page that is not there yet, one that is a draft by its own word, a deck, and a part of one.
    assert!(show("wiki/New.md", "# Neu\n", "").holds("<h1>Neu</h1>"));
    assert!(show("wiki/Page.md", "---\ndraft: true\n---\n\nhidden\n", "").holds("<p>hidden</p>"));
    assert!(show("decks/first-talk.md", "# Slide\n\n---\n\n# Two\n", "").holds("id=\"2\""));
    assert!(show("decks/_part.md", "---\n\n# Drafted part\n", "").holds("Drafted part"));
    assert_eq!(show("wiki/_alone.md", "x", "").status, 422);
    // An author's text ends neither the block of data nor the page.
    let odd = show("wiki/Page.md", "[[</script><script>alert(1)</script>]]\n", "");
    assert!(!odd.holds("<script>alert"), "{}", odd.text());
    assert_eq!(served.get("/wiki/Page.html").body, before, "the site is as it was");
}
