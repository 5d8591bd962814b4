//! Several who write: they hear of each other, whichever window, device or server they write in.

use std::net::Ipv4Addr;

use serde_json::Value as Json;

use super::{HERE, PAGE, ask, json, put, read, rev};
use crate::serve::{Served, Window, site, write};

const TEXT: &str = "?edit=wiki/Page.md";

/// What a window says that just came, and one in which something is unsaved.
const CAME: &[u8] = br#"{"type":"writing","unsaved":false,"asks":true}"#;
const UNSAVED: &[u8] = br#"{"type":"writing","unsaved":true,"asks":false}"#;

/// Opens an editor's window; it is told first which text the file holds.
#[track_caller]
fn opened(served: &Served) -> (Window, Json) {
    let mut window = Window::open(served.port, TEXT);
    assert_eq!(window.status, 101);
    let told = window.told();
    assert_eq!(told["type"], "text", "{told}");
    (window, told["digest"].clone())
}

#[test]
fn windows_of_one_text_hear_of_each_other_and_of_the_file() {
    let site = site();
    write(site.path(), "wiki/Other.md", "# Other\n");
    let served = Served::start(site.path(), &[]);
    let tag = rev(&served, PAGE);
    let (mut one, digest) = opened(&served);
    assert_eq!(digest, tag.trim_matches('"'), "what it is told is the tag of the text");
    let (mut two, _) = opened(&served);
    let mut elsewhere = Window::open(served.port, "?edit=wiki/Other.md");
    elsewhere.told();

    two.send(1, CAME);
    let told = one.told();
    let window = told["window"].clone();
    assert_eq!(
        (&told["type"], &told["unsaved"], &told["asks"], &told["here"]),
        (&"writing".into(), &false.into(), &true.into(), &true.into())
    );
    one.send(1, UNSAVED);
    assert_eq!(two.told()["unsaved"], true);
    // Nothing else is passed on, whatever a window says.
    for frame in [r#"{"type":"left","window":0}"#, r#"{"type":"text","digest":null}"#, "[]", "x"] {
        two.send(1, frame.as_bytes());
    }
    two.send(1, UNSAVED);
    assert_eq!(one.told()["unsaved"], true);

    assert_eq!(
        put(
            &served,
            "/_kami/source/wiki/Other.md",
            &rev(&served, "/_kami/source/wiki/Other.md"),
            "# Else\n"
        )
        .status,
        200
    );
    assert_eq!(put(&served, PAGE, &tag, "# Page\n\nnew\n").status, 200);
    let now = rev(&served, PAGE);
    for window in [&mut one, &mut two] {
        let told = window.told();
        assert_eq!(
            (&told["type"], &told["digest"]),
            (&"text".into(), &now.trim_matches('"').into())
        );
    }
    assert_eq!(elsewhere.told()["type"], "text", "a window hears of its own text alone");
    drop(two);
    let told = one.told();
    assert_eq!((&told["type"], &told["window"]), (&"left".into(), &window));
    let gone = ask(served.port, "DELETE", PAGE, &format!("If-Match: {now}\r\n"), b"");
    assert_eq!(gone.status, 204);
    assert_eq!(one.told()["digest"], Json::Null);
}

#[test]
fn only_those_who_may_write_hear_of_writers() {
    let site = site();
    let served = Served::start(site.path(), &["--host", "0.0.0.0"]);
    for path in ["../kami.toml", "kami.toml", "wiki/../x.md", ".kami/trash/x.md", "wiki/x.txt"] {
        let window = Window::open(served.port, &format!("?edit={path}"));
        assert!((400..500).contains(&window.status), "{path}: {}", window.status);
    }
    let foreign = Window::from(HERE, served.port, TEXT, "Origin: http://evil.example\r\n");
    assert_eq!(foreign.status, 403);
    let any = (Ipv4Addr::UNSPECIFIED, served.port).into();
    if let Some(ip) = kamishibai::serve::network_address(any) {
        assert_eq!(Window::from(ip, served.port, TEXT, "").status, 403);
        let address = served.hear("editing from another device");
        let (_, token) = address.split_once("?token=").expect("it has a token");
        let window = Window::from(ip, served.port, &format!("{TEXT}&token={token}"), "");
        assert_eq!(window.status, 101);
    }
    let reading = Served::start(site.path(), &["--read-only"]);
    assert_eq!(Window::open(reading.port, TEXT).status, 403);
}

/// Two servers on one site: the second one says so, both show what either saves, and neither overwrites the other.
#[test]
fn two_servers_serve_one_site() {
    let site = site();
    let one = Served::start(site.path(), &[]);
    let two = Served::start(site.path(), &[]);
    let told = two.hear("this site is served at");
    assert!(told.contains(&format!(":{}/", one.port)), "{told}");
    assert!(told.contains(&format!("process {}", one.child.id())), "{told}");
    let tag = rev(&two, PAGE);
    assert_eq!(put(&one, PAGE, &tag, "# Page\n\nby one\n").status, 200);
    let late = put(&two, PAGE, &tag, "# Page\n\nby two\n");
    assert_eq!(late.status, 412);
    assert_eq!(json(&late)["current"], "# Page\n\nby one\n");
    two.until("/wiki/Page.html", |page| page.holds("by one"));
    // Both rename at once, again and again: each renaming is whole, or refused because of the other.
    for round in 0..8 {
        std::thread::scope(|scope| {
            for (port, name) in [(one.port, "A"), (two.port, "B")] {
                scope.spawn(move || {
                    let body = format!(r#"{{"from":"Page","to":"{name}{round}"}}"#);
                    ask(port, "POST", "/_kami/rename", "", body.as_bytes());
                });
            }
        });
        let named = |name: &str| site.path().join(format!("wiki/{name}{round}.md"));
        let there: Vec<&str> = ["A", "B"].into_iter().filter(|name| named(name).exists()).collect();
        assert_eq!(there.len(), 1, "round {round}: {there:?}");
        assert!(!site.path().join("wiki/Page.md").exists());
        let text = read(site.path(), &format!("wiki/{}{round}.md", there[0]));
        assert!(text.contains("by one"), "{text}");
        write(site.path(), "wiki/Page.md", "# Page\n\nby one\n");
        std::fs::remove_file(named(there[0])).expect("it is there");
        for served in [&one, &two] {
            served.until("/wiki/Page.html", |page| page.holds("by one"));
            served.until(&format!("/wiki/{}{round}.html", there[0]), |page| page.status == 404);
        }
    }
    drop(one);
    let three = Served::start(site.path(), &[]);
    drop(two);
    drop(three);
    let four = Served::start(site.path(), &[]);
    let five = Served::start(site.path(), &[]);
    assert!(five.hear("this site is served at").contains(&format!("process {}", four.child.id())));
}

/// Servers of single files that lie in one folder do not keep each other from saving.
#[test]
fn neighbours_are_saved_side_by_side() {
    let folder = tempfile::TempDir::new().expect("there is room");
    let serve = |name: &str| {
        write(folder.path(), name, "# Talk\n");
        Served::start(folder.path(), &[name])
    };
    let (one, two) = (serve("one.md"), serve("two.md"));
    let save = |served: &Served, name: &str, text: &str| {
        let target = format!("/_kami/source/decks/{name}");
        assert_eq!(put(served, &target, &rev(served, &target), text).status, 200);
        assert_eq!(read(folder.path(), name), text);
    };
    for round in 0..3 {
        save(&one, "one.md", &format!("# One {round}\n"));
        save(&two, "two.md", &format!("# Two {round}\n"));
    }
}
