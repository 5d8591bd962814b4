//! What goes wrong while a site is served: the last good state stays, and the fault is told until it is mended.

use std::process::Command;

use kamishibai::compile::{Change, compile, recompile};
use kamishibai::page::Options;
use kamishibai::serve::{News, Server};
use kamishibai::source::{Source, SourcePath};

use super::{Served, Window, get, site, write};

const PAGE: &str = "wiki/Page.md";

#[test]
fn broken_content_is_told_and_told_again_when_mended() {
    let site = site();
    let root = site.path();
    let served = Served::start(root, &[]);
    let mut window = Window::open(served.port, "?route=wiki/Page.html");
    write(root, PAGE, "---\ntitle: [oops\n---\n# Page\n\nThe body stays.\n");
    assert_eq!(window.errors(), ["wiki/Page.md:2:8 front-matter"]);
    assert!(served.get("/wiki/Page.html").holds("The body stays."));
    assert!(served.hear("wiki/Page.md:2:8: error[front-matter]: ").starts_with("wiki/"));
    write(root, PAGE, "# Page\n\nmended\n");
    assert!(window.errors().is_empty());
    served.hear("mended: wiki/Page.md");
    std::fs::write(root.join(PAGE), b"# Page\n\n\x82\xb1\x82\xea\n").unwrap();
    assert_eq!(window.errors(), ["wiki/Page.md:3:1 not-utf8"]);
    assert!(served.hear("error[not-utf8]").ends_with("it looks like SHIFT_JIS"));
    assert_eq!(served.get("/wiki/Kamishibai.html").status, 200);
    write(root, PAGE, "# Page\n\nmended\n");
    assert!(window.errors().is_empty());
}

#[test]
fn a_configuration_that_cannot_be_read_leaves_the_last_one() {
    let site = site();
    let root = site.path();
    let good = std::fs::read_to_string(root.join("kami.toml")).unwrap();
    let served = Served::start(root, &[]);
    let before = served.get("/").body;
    let mut window = Window::open(served.port, "?route=index.html");
    write(root, "kami.toml", "title = \"x\"\n[oops");
    assert_eq!(window.errors(), ["kami.toml:2:6 config"]);
    assert_eq!(served.get("/").body, before);
    assert!(served.get("/_kami/diagnostics").holds("last good configuration"));
    write(root, "kami.toml", &good);
    assert!(window.errors().is_empty());
    write(root, "kami.toml", &good.replace("title = \"", "title = \"Another "));
    served.until("/", |page| page.holds("Another "));
}

#[test]
fn a_broken_template_gives_way_to_the_built_in_one() {
    let site = site();
    let root = site.path();
    let served = Served::start(root, &[]);
    let mut window = Window::open(served.port, "?route=wiki/Page.html");
    write(root, "templates/wiki/page.html", "<p>\n{% if %}\n");
    assert_eq!(window.errors(), ["templates/wiki/page.html:2:7 template"]);
    write(root, "templates/wiki/page.html", "<p>\n\n{{ nothing.there }}\n");
    assert_eq!(window.errors(), ["templates/wiki/page.html:3:4 template"]);
    assert!(served.get("/wiki/Page.html").holds("It leads to"));
    std::fs::remove_file(root.join("templates/wiki/page.html")).unwrap();
    assert!(window.errors().is_empty());
    // A template that fails on a page that nobody shows is told when somebody asks for it.
    write(root, "templates/list/list.html", "{{ nothing.there }}\n");
    served.until("/_kami/diagnostics", |found| {
        assert_eq!(served.get("/pages.html").status, 200);
        found.holds("list.html")
    });
    assert_eq!(window.errors(), ["templates/list/list.html:1:4 template"]);
}

#[test]
fn one_file_is_served_with_the_pictures_beside_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let root = folder.path();
    let svg = |side: u32| {
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{side}\" height=\"{side}\"/>")
    };
    write(root, "talk.md", "# Talk\n\n![](pictures/one.svg)\n");
    write(root, "pictures/one.svg", &svg(10));
    let served = Served::start(root, &["talk.md"]);
    let mut window = Window::open(served.port, "?route=decks/talk.html");
    let mut shows = |text: &str| {
        window.told();
        assert!(served.get("/decks/talk.html").holds(text), "{text}");
    };
    assert!(served.get("/decks/talk.html").holds("assets/one-"));
    write(root, "pictures/one.svg", &svg(20));
    shows("width=\"20\"");
    write(root, "talk.md", "# Talk\n\n![](more/two.svg)\n");
    shows("Talk");
    write(root, "more/two.svg", &svg(30));
    shows("width=\"30\"");
    write(root, "talk.md", "---\ntitle: [\n---\n# Talk\n");
    assert!(served.hear("error[front-matter]").starts_with("talk.md:2:8: "));
    let mut names: Vec<_> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["more", "pictures", "talk.md"], "nothing is written beside it");
}

#[test]
fn a_port_that_is_taken_is_named_with_a_free_one() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let mut second = Command::new(env!("CARGO_BIN_EXE_kami"));
    let second = second.arg("serve").arg(site.path()).args(["--port", &served.port.to_string()]);
    let ended = second.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2));
    assert!(said.contains("is taken") && said.contains("kami serve --port "), "{said}");
    // Two servers on one site do not mind each other.
    assert_eq!(Served::start(site.path(), &[]).get("/").status, 200);
}

#[test]
fn a_compile_that_fails_leaves_the_last_good_state() {
    let sources = [Source::text("wiki/Page.md", "# Page\n\ngood\n")].into_iter().collect();
    let bundle = compile(sources, Options::default());
    let (server, news) = Server::bind(bundle, "127.0.0.1", 0).expect("there is a port");
    let (port, updater) = (server.address().port(), server.updater());
    std::thread::spawn(move || server.run());
    let mut window = Window::open(port, "?route=wiki/Page.html");
    let change = |path: &str, text: &str| {
        vec![Change { path: SourcePath::new(path), source: Some(Source::text(path, text)) }]
    };
    updater.update_with(change(PAGE, "# Page\n\nbad\n"), |bundle, changes| {
        let bad = changes.iter().any(|change| change.path.as_str() == PAGE);
        assert!(!bad, "a fault of the compiler, which this test makes");
        recompile(bundle, changes)
    });
    assert_eq!(window.errors(), ["wiki/Page.md:1:1 internal"]);
    assert!(get(port, "/wiki/Page.html", "").holds("good"));
    // Other changes go on, and the one that failed is tried again with them.
    updater.update_with(change("wiki/Other.md", "# Other\n"), |bundle, changes| {
        assert!(changes.len() == 1, "a fault of the compiler, which this test makes");
        recompile(bundle, changes)
    });
    assert_eq!(get(port, "/wiki/Other.html", "").status, 200);
    updater.update(change("wiki/Third.md", "# Third\n"));
    assert!(window.errors().is_empty());
    assert!(get(port, "/wiki/Page.html", "").holds("bad"));
    assert!(news.try_iter().any(|news| matches!(news, News::Errors(found) if found.len() == 1)));
}
