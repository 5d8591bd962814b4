//! Who may edit, and what: no path, spelt however, leads out of `decks/` and `wiki/`.

use std::fs;

use super::{PAGE, ask, json, put, rev, tree};
use crate::serve::{Served, site, write};

/// Paths that lead out, or could on some system, in every spelling.
const NAMES: &[&str] = &[
    "kami.toml",
    ".env",
    "wiki",
    "wiki/",
    "",
    ".",
    "..",
    "../x.md",
    "wiki/../kami.toml",
    "wiki/../x.md",
    "wiki/..%2fx.md",
    "wiki/%2e%2e/x.md",
    "wiki/%2e%2e%2fx.md",
    "wiki/%252e%252e/x.md",
    "wiki/..%5cx.md",
    "wiki/..;/x.md",
    "wiki/%c0%ae%c0%ae/x.md",
    "wiki/%c0%af/x.md",
    "wiki/%ef%bc%8e%ef%bc%8e/x.md",
    "wiki/..%ef%bc%8fx.md",
    "wiki/a%00.md",
    "wiki/a.md%00.png",
    "wiki/a%0d%0aX:y.md",
    "wiki/a%7f.md",
    "wiki//x.md",
    "wiki/./x.md",
    "/wiki/x.md",
    "//etc/x.md",
    "%2fetc%2fx.md",
    "wiki%2f..%2fx.md",
    "wiki/%zz.md",
    "wiki/%.md",
    "wiki/.hidden.md",
    "wiki/.git/x.md",
    "wiki/%2ehidden.md",
    "wiki/x.md::$DATA",
    "wiki/C:x.md",
    "wiki/CON.md",
    "wiki/aux.md",
    "wiki/nul.tar.md",
    "wiki/COM1.md",
    "wiki/x.md.",
    "wiki/x.md%20",
    "wiki/%20x.md",
    "wiki/x.md~",
    "wiki/%23x.md%23",
    "wiki/4913",
    "wiki/x.txt",
    "wiki/x.html",
    "wiki/x.MD",
    "wiki/x",
    "wiki-secret/a.md",
    "templates/a.md",
    "static/x.md",
    ".kami/trash/x.md",
    "bundle/x.md",
    "WIKI/x.md",
    "wiki/%E2%80%AEdm.x.md",
    "wiki/%E2%80%8Bx.md",
    "wiki/a%3Fb.md",
    "wiki/a*b.md",
    "wiki/a%7Cb.md",
    "wiki/%E3%81%8B%E3%82%99.md",
    "wiki/a%EF%BC%8Fb.md",
    "%77iki/../x.md",
    "wiki\\x.md",
    "file:///etc/passwd",
];

#[test]
fn no_spelling_of_a_path_leads_out() {
    let site = site();
    write(site.path(), ".env", "SECRET");
    write(site.path(), "wiki/.hidden.md", "SECRET");
    write(site.path(), "wiki-secret/a.md", "SECRET");
    write(site.path(), "templates/a.md", "SECRET");
    let served = Served::start(site.path(), &[]);
    let before = tree(site.path());
    let long = format!("wiki/{}.md", "a".repeat(300));
    for name in NAMES.iter().copied().chain([long.as_str()]) {
        for (method, call) in [
            ("PUT", "source"),
            ("GET", "source"),
            ("DELETE", "source"),
            ("GET", "edit"),
            ("POST", "edit"),
            ("POST", "preview"),
        ] {
            let target = format!("/_kami/{call}/{name}");
            let condition =
                "If-None-Match: *\r\nContent-Type: application/x-www-form-urlencoded\r\n";
            let body: &[u8] = if method == "POST" { b"rev=&text=x" } else { b"" };
            let answer = ask(served.port, method, &target, condition, body);
            let shown = call == "preview" && answer.status == 200 && !answer.holds("SECRET");
            let refused = (400..500).contains(&answer.status) && !answer.holds("SECRET");
            assert!(refused || shown, "{method} {target}: {}", answer.text());
            assert!(method == "POST" || answer.status != 200, "{method} {target}");
        }
    }
    assert_eq!(tree(site.path()), before);
}

#[test]
fn only_this_site_and_programs_may_write() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let (port, tag) = (served.port, rev(&served, PAGE));
    let before = tree(site.path());
    let condition = format!("If-Match: {tag}\r\n");
    let own = format!("Origin: http://127.0.0.1:{port}\r\n");
    for headers in [
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://127.0.0.1:1\r\n",
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n",
        "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\n",
        &format!("{own}{own}"),
    ] {
        for (method, call) in
            [("PUT", "source"), ("DELETE", "source"), ("POST", "edit"), ("POST", "preview")]
        {
            let target = format!("/_kami/{call}/wiki/Page.md");
            let answer = ask(port, method, &target, &format!("{condition}{headers}"), b"x");
            assert_eq!(answer.status, 403, "{method} {target} {headers}: {}", answer.text());
        }
    }
    let plain = "Content-Type: text/plain\r\n";
    assert_eq!(ask(port, "POST", "/_kami/edit/wiki/Page.md", plain, b"rev=&text=x").status, 415);
    assert_eq!(
        ask(port, "PUT", PAGE, &format!("{condition}Content-Encoding: gzip\r\n"), b"x").status,
        415
    );
    assert_eq!(ask(port, "PUT", PAGE, &condition, b"\xff\xfe").status, 400);
    // No question changes anything.
    for target in [
        "/_kami/source/wiki/Page.md",
        "/_kami/edit/wiki/Page.md?text=x",
        "/_kami/edit/wiki/New.md",
        "/_kami/source/wiki/New.md",
    ] {
        served.get(target);
    }
    for method in ["PATCH", "MKCOL", "OPTIONS"] {
        assert_eq!(ask(port, method, PAGE, &condition, b"").status, 405, "{method}");
    }
    assert_eq!(tree(site.path()), before);
    assert_eq!(
        ask(port, "PUT", PAGE, &format!("{condition}{own}Sec-Fetch-Site: same-origin\r\n"), b"x")
            .status,
        200
    );
}

#[test]
fn what_is_too_large_is_refused_clearly() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let condition = format!("If-Match: {}\r\n", rev(&served, PAGE));
    let large = vec![b'x'; (16 << 20) + 1];
    let answer = ask(served.port, "PUT", PAGE, &condition, &large);
    assert_eq!(answer.status, 413, "{}", answer.head);
    assert!(answer.holds("16 MiB"), "{}", answer.text());
    assert_eq!(ask(served.port, "POST", "/_kami/preview/wiki/Page.md", "", &large).status, 413);
    assert_eq!(put(&served, PAGE, &rev(&served, PAGE), &"x\n".repeat(1 << 20)).status, 200);
}

#[test]
fn read_only_is_read_only() {
    let site = site();
    let served = Served::start(site.path(), &["--read-only"]);
    let before = tree(site.path());
    for (method, target) in [
        ("GET", "/_kami/source/wiki/Page.md"),
        ("PUT", "/_kami/source/wiki/Page.md"),
        ("PUT", "/_kami/source/wiki/New.md"),
        ("DELETE", "/_kami/source/wiki/Page.md"),
        ("GET", "/_kami/edit/wiki/Page.md"),
        ("POST", "/_kami/edit/wiki/Page.md"),
        ("POST", "/_kami/preview/wiki/Page.md"),
    ] {
        let answer = ask(served.port, method, target, "If-None-Match: *\r\n", b"");
        assert_eq!(
            (answer.status, json(&answer)["error"].as_str()),
            (403, Some("read-only")),
            "{method} {target}"
        );
    }
    assert_eq!(tree(site.path()), before);
    assert!(!site.path().join(".kami").exists());
}

#[test]
fn one_file_as_a_site_writes_itself_alone() {
    let folder = tempfile::TempDir::new().unwrap();
    write(folder.path(), "talk.md", "# Talk\n");
    write(folder.path(), "other.md", "# Other\n");
    let served = Served::start(folder.path(), &["talk.md"]);
    let talk = "/_kami/source/decks/talk.md";
    let first = rev(&served, talk);
    assert_eq!(put(&served, talk, &first, "# Talk\n\n- one\n\n- two\n").status, 200);
    assert!(served.get("/decks/talk.html").holds("one"));
    let told = json(&put(&served, talk, &first, "# Talk!\n"));
    assert_eq!(told["current"], "# Talk\n\n- one\n\n- two\n");
    for path in ["decks/other.md", "wiki/Page.md", "decks/new.md"] {
        for rev in ["", &first] {
            let answer = put(&served, &format!("/_kami/source/{path}"), rev, "x");
            let told = (answer.status, json(&answer)["error"].as_str().map(str::to_owned));
            assert_eq!(told, (403, Some("one-file".to_owned())), "{path}");
        }
    }
    let condition = format!("If-Match: {}\r\n", rev(&served, talk));
    assert_eq!(ask(served.port, "DELETE", talk, &condition, b"").status, 403);
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["other.md", "talk.md"], "nothing else is kept on disk");
}

/// What is ignored would not be seen: it is not written either.
#[test]
fn what_is_ignored_is_not_written() {
    let site = site();
    write(site.path(), ".kamiignore", "wiki/private/\n");
    let served = Served::start(site.path(), &[]);
    let answer = put(&served, "/_kami/source/wiki/private/x.md", "", "x");
    assert_eq!((answer.status, json(&answer)["error"].as_str()), (403, Some("ignored")));
    assert!(!site.path().join("wiki/private").exists());
}

/// Method, call, headers and body of a request; status of its answer, and words in it.
type Call<'a> = (&'a str, &'a str, &'a str, &'a [u8], u16, &'a str);

/// What a call cannot use is told in words, with a status of its own.
#[test]
fn calls_that_are_wrong_say_what_is_wrong() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let before = tree(site.path());
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let table: [Call<'_>; 20] = [
        ("POST", "rename", "", b"{", 400, "what was sent is not JSON"),
        ("POST", "rename", "", b"", 400, "what was sent is not JSON"),
        ("POST", "rename", "", b"\xff", 400, "what was sent is not JSON"),
        ("POST", "rename", form, b"from=Page&to=x", 400, "what was sent is not JSON"),
        ("POST", "rename", "", b"[]", 400, "the texts `from` and `to`"),
        ("POST", "rename", "", b"{\"from\":\"Page\"}", 400, "the texts `from` and `to`"),
        ("POST", "rename", "", b"{\"from\":1,\"to\":2}", 400, "the texts `from` and `to`"),
        ("POST", "rename", "Content-Encoding: gzip\r\n", b"{}", 415, "compressed"),
        ("POST", "rename", "", b"{\"from\":\"no\",\"to\":\"x\"}", 404, "no page or deck"),
        ("GET", "rename", "", b"", 405, "GET is no way"),
        ("PATCH", "source/wiki/Page.md", "", b"", 405, "PATCH is no way"),
        ("DELETE", "live.js", "", b"", 405, "DELETE is no way"),
        ("GET", "nothing", "", b"", 404, "no such address"),
        ("POST", "upload/", "", b"", 404, "no such address"),
        ("POST", "nothing/deep", "", b"", 404, "no such address"),
        ("POST", "edit/wiki/New.md", form, b"", 400, "no field `text`"),
        ("POST", "edit/wiki/Page.md", "", b"text=x", 415, "no form"),
        ("POST", "new", "Content-Type: application/json\r\n", b"{}", 415, "no form"),
        ("POST", "move/wiki/Nothing.md", form, b"to=x", 404, "<form"),
        ("GET", "trash/20260101T000000Z-00000000-0", "", b"", 404, "<main"),
    ];
    for (method, call, headers, body, status, words) in table {
        let answer = ask(served.port, method, &format!("/_kami/{call}"), headers, body);
        let told = format!("{method} {call} {body:?}: {} {}", answer.status, answer.text());
        assert!(answer.status == status && answer.holds(words), "{told}");
        if status == 405 {
            assert!(answer.header("allow").is_some_and(|allow| !allow.contains(method)), "{told}");
        }
    }
    assert_eq!(tree(site.path()), before);
}
