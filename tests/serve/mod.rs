//! `kami serve` against everything that asks it: who may, what they get, and what they are told.

mod client;
mod faults;
mod films;
mod origin;
mod saves;

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

pub(crate) use client::{Answer, DEADLINE, Served, Window, get, say, send};
use kamishibai::compile::{Bundle, compile};
use kamishibai::load::{Root, history, scan};
use kamishibai::output::content_type;
use kamishibai::page::Options;
use tempfile::TempDir;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Makes the small site of `kami new`, with a page more.
pub(crate) fn site() -> TempDir {
    let folder = TempDir::new().expect("there is room");
    let mut new = Command::new(env!("CARGO_BIN_EXE_kami"));
    let made = new.arg("new").arg(folder.path()).args(["--lang", "en"]).output();
    assert!(made.is_ok_and(|made| made.status.success()), "kami new makes a site");
    write(folder.path(), "wiki/Page.md", "# Page\n\nIt leads to [[Kamishibai]].\n");
    folder
}

/// Decompresses with a program that is not ours, in the memory that browsers give to it.
pub(crate) fn unpacked_by_zstd(bytes: &[u8]) -> Vec<u8> {
    let folder = TempDir::new().expect("the system gives a folder");
    let file = folder.path().join("packed");
    std::fs::write(&file, bytes).expect("there is room");
    let output = Command::new("zstd").args(["-dc", "--memory=8MB"]).arg(file).output();
    let output = output.expect("zstd is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

pub(crate) fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("folders are made");
    std::fs::write(path, text).expect("files are written");
}

/// Compiles the site from nothing, with what `kami serve` asks for.
pub(crate) fn cold(site: &Path) -> Bundle {
    let options = Options { notes: true, not_found_root: "/".to_owned(), ..Options::default() };
    let root = Root::at(site).expect("it is there");
    compile(scan(&root), options).with_history(history(&root))
}

#[test]
fn only_our_own_names_are_answered() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let port = served.port;
    let own = format!("127.0.0.1:{port}");
    let hosts = [
        (vec![own.clone()], 200),
        (vec![format!("LOCALHOST:{port}")], 200),
        (vec![format!("[::1]:{port}")], 200),
        (vec![], 400),
        (vec![own.clone(), own.clone()], 400),
        (vec!["evil.example".to_owned()], 421),
        (vec![format!("evil.example:{port}")], 421),
        (vec![format!("127.0.0.1.evil.example:{port}")], 421),
        (vec![format!("192.0.2.1:{port}")], 421),
        (vec!["127.0.0.1:1".to_owned()], 421),
        (vec!["127.0.0.1".to_owned()], 421),
    ];
    for (hosts, status) in hosts {
        let lines: Vec<String> = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
        let answer = say(HERE, port, &format!("GET / HTTP/1.1\r\n{}\r\n", lines.concat()));
        assert_eq!(answer.status, status, "{hosts:?}: {}", answer.text());
    }
    let foreign = format!("GET http://evil.example/ HTTP/1.1\r\nHost: {own}\r\n\r\n");
    assert_eq!(say(HERE, port, &foreign).status, 421);
}

#[test]
fn nothing_beside_the_bundle_is_served() {
    let site = site();
    write(site.path(), ".env", "SECRET");
    write(site.path(), ".git/config", "SECRET");
    write(site.path(), "wiki/.hidden.md", "SECRET");
    let served = Served::start(site.path(), &[]);
    for path in [
        "/.env",
        "/.env?raw??",
        "/.env?.svg?import",
        "/.env/",
        "/%2eenv",
        "/.ENV",
        "/.env.",
        "/.git/config",
        "/kami.toml",
        "/Cargo.toml",
        "/wiki/Page.md",
        "/wiki/.hidden.md",
        "/wiki/.hidden",
        "/.env::$DATA",
        "/%252e%252e/.env",
        "/..;/.env",
        "/..%ef%bc%8f.env",
        "/CON.md",
        "/wiki/Page.html/",
        "/%e3%81%82%e3%81%82",
    ] {
        let answer = served.get(path);
        assert_eq!(answer.status, 404, "{path}: {}", answer.head);
        assert!(!answer.holds("SECRET"), "{path}");
    }
    for path in [
        "//.env",
        "/../.env",
        "/..%2f.env",
        "/%2e%2e/.env",
        "/..%5c.env",
        "/%c0%ae/.env",
        "/wiki/../.env",
        "/wiki//Page.html",
        "/wiki\\Page.html",
        "/a%00b",
        "/%zz",
        "/%",
        "/%e3%81",
        "/./wiki/Page.html",
        "/a%0d%0aX:y",
        "//evil.example/%2e%2e",
    ] {
        assert_eq!(served.get(path).status, 400, "{path}");
    }
    assert_eq!(served.get(&format!("/{}", "a".repeat(300))).status, 404);
    assert_eq!(served.get(&format!("/{}", "a".repeat(5000))).status, 414);
    assert_eq!(served.get(&format!("/{}", "a".repeat(200_000))).status, 431);
    // What follows a # is cut off before anything is looked up.
    assert_eq!(served.get("/x/#/../../.env").status, 404);
}

#[test]
fn other_sites_and_other_methods_are_refused() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let port = served.port;
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "NONSENSE"] {
        for path in ["/", "/wiki/Page.html", "/nothing"] {
            let request = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
            let answer = say(HERE, port, &request);
            assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")));
        }
    }
    let from = |site: &str, mode: &str| {
        get(port, "/", &format!("Sec-Fetch-Site: {site}\r\nSec-Fetch-Mode: {mode}\r\n")).status
    };
    assert_eq!(from("cross-site", "no-cors"), 403);
    assert_eq!(from("same-site", "no-cors"), 403);
    assert_eq!(from("same-origin", "no-cors"), 200);
    assert_eq!(from("cross-site", "navigate"), 200);
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1"] {
        let window = Window::from(HERE, port, "", &format!("Origin: {origin}\r\n"));
        assert_eq!(window.status, 403, "{origin}");
    }
    // No program of this machine speaks TLS on the port that is ours.
    let secure = format!("Origin: https://127.0.0.1:{port}\r\n");
    assert_eq!(Window::from(HERE, port, "", &secure).status, 403);
    let own = format!("Origin: http://127.0.0.1:{port}\r\n");
    assert_eq!(Window::from(HERE, port, "", &own).status, 101);
    assert_eq!(Window::from(HERE, port, "", &format!("{own}{own}")).status, 403);
    let body = "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(say(HERE, port, &body.replace(": x", &format!(": 127.0.0.1:{port}"))).status, 400);
    // A length that is told in two ways: whatever else is in it is no request of its own.
    let host = format!("Host: 127.0.0.1:{port}");
    let lengths = "Content-Length: 5\r\nTransfer-Encoding: chunked";
    let smuggled = format!(
        "PUT /_kami/source/wiki/Page.md HTTP/1.1\r\n{host}\r\n{lengths}\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n{host}\r\n\r\n"
    );
    let answer = send(HERE, port, smuggled.as_bytes());
    assert!(
        answer.status >= 400 && answer.header("connection") == Some("close"),
        "{}",
        answer.head
    );
    assert!(!answer.holds("HTTP/1.1"), "{}", answer.text());
    assert_eq!(send(HERE, port, b"\x16\x03\x01\x02\x00\x01\r\n\r\n").status, 400);
}

#[test]
fn what_is_known_or_asked_in_part_is_answered_so() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let port = served.port;
    let head = |path: &str| {
        say(HERE, port, &format!("HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"))
    };
    for path in [
        "/",
        "/wiki/Page.html",
        "/wiki/Page",
        "/nothing",
        "/sw.js",
        "/_kami/live.js",
        "/robots.txt",
    ] {
        let (whole, head) = (served.get(path), head(path));
        assert_eq!((whole.status, whole.headers()), (head.status, head.headers()), "{path}");
        assert!(head.body.is_empty(), "{path}");
    }
    let leads = |from: &str, to: &str| {
        assert_eq!(served.get(from).header("location"), Some(to), "{from}");
    };
    leads("/wiki/Page", "/wiki/Page.html");
    // The page of a folder, and what was asked besides.
    leads("/wiki", "/wiki/index.html");
    leads(
        "/decks/first-talk?view=print&%E7%B5%B5=a%0d%0ab",
        "/decks/first-talk.html?view=print&%E7%B5%B5=a%0d%0ab",
    );
    assert!(served.get("/sw.js").holds("unregister"));
    let tag = served.get("/wiki/Page.html").header("etag").expect("pages are tagged").to_owned();
    let known = format!("If-None-Match: \"other\", W/{tag}\r\n");
    assert_eq!(get(port, "/wiki/Page.html", &known).status, 304);
    let is_style = |address: &String| content_type(address).starts_with("text/css");
    let style = cold(site.path()).addresses().into_iter().find(is_style);
    let style = format!("/{}", style.expect("there is a style sheet"));
    let whole = served.get(&style).body;
    let part = |range: &str| get(port, &style, &format!("Range: bytes={range}\r\n"));
    assert_eq!((part("0-9").status, part("0-9").body), (206, whole[..10].to_vec()));
    assert_eq!(part("-5").body, whole[whole.len() - 5..]);
    assert_eq!(part(&format!("{}-", whole.len() - 3)).body, whole[whole.len() - 3..]);
    for (range, status) in
        [("99999999999999999999-", 416), ("-0", 416), ("5-2", 200), ("0-0,2-2", 200)]
    {
        assert_eq!(part(range).status, status, "{range}");
    }
    let outdated = "Range: bytes=0-9\r\nIf-Range: \"other\"\r\n";
    assert_eq!(get(port, &style, outdated).status, 200);
}

#[test]
fn the_demo_is_served_as_it_is_built() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR"));
    let served = Served::start(demo, &[]);
    assert_eq!(saves::differing(&served, &cold(demo)), Vec::<String>::new());
}

#[test]
fn the_manifest_tells_of_all_that_is_served_but_notes() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let manifest = |served: &Served| {
        let answer = served.get("/bundle.json");
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        kamishibai::output::parse_manifest(&answer.body).expect("it is a manifest")
    };
    let bundle = cold(site.path());
    let mut entries = manifest(&served).into_iter();
    for address in bundle.addresses().iter().filter(|address| !address.ends_with(".notes.js")) {
        let made = bundle.make(address).expect("it is made");
        let told = entries.next().map(|entry| (entry.path, entry.digest));
        assert_eq!(told, Some((address.clone(), made.digest.to_string())));
    }
    assert_eq!(entries.next(), None);
    write(site.path(), "wiki/Another.md", "# Another\n");
    served.until("/wiki/Another.html", |page| page.status == 200);
    assert!(manifest(&served).iter().any(|entry| entry.path == "wiki/Another.html"));
}

/// A page may change between being read and its window opening: then the window is told at once.
#[test]
fn a_window_that_shows_an_old_page_is_told_when_it_opens() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let page = served.get("/wiki/Page.html");
    let page = String::from_utf8_lossy(&page.body).into_owned();
    let digest = page.split("data-digest=\"").nth(1).and_then(|rest| rest.split('"').next());
    let query =
        format!("?route=wiki/Page.html&digest={}", digest.expect("the page says what it is"));
    write(site.path(), "wiki/Page.md", "# Page\n\nlater\n");
    served.until("/wiki/Page.html", |page| page.holds("later"));
    assert_eq!(Window::open(served.port, &query).told()["type"], "changed");
}

#[test]
fn a_window_that_says_nonsense_is_closed() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let closed = |mut window: Window| {
        let (opcode, reason) = window.frame().expect("it is told why");
        (opcode, u16::from_be_bytes([reason[0], reason[1]]), window.frame())
    };
    let mut window = Window::open(served.port, "");
    window.send(9, b"there?");
    assert_eq!(window.frame(), Some((10, b"there?".to_vec())));
    window.send(1, &vec![b'x'; 20_000]);
    assert_eq!(closed(window), (8, 1009, None));
    let mut window = Window::open(served.port, "?route=%00../../etc");
    drop(window.stream.write_all(b"\x81\x05hello"));
    assert_eq!(closed(window), (8, 1002, None));
    let mut window = Window::open(served.port, "");
    window.send(8, &1000_u16.to_be_bytes());
    assert_eq!(closed(window), (8, 1000, None));
}

/// Where a talk stands goes to the other windows of that deck, and back to nobody.
#[test]
fn windows_of_a_deck_tell_each_other_where_the_talk_stands() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    write(site.path(), "decks/first-talk.ja.md", "# 翻訳\n");
    served.until("/decks/first-talk.ja.html", |page| page.holds("翻訳"));
    let deck = "?route=decks/first-talk.html";
    let [mut speaker, mut stage] = [deck, deck].map(|query| Window::open(served.port, query));
    let mut translation = Window::open(served.port, "?route=decks/first-talk.ja.html");
    let mut page = Window::open(served.port, "?route=wiki/Page.html");
    let ask = |window: &mut Window| {
        window.send(9, b"there?");
        window.frame()
    };
    ask(&mut stage);
    ask(&mut page);
    ask(&mut translation);
    for frame in [
        r#"{"type":"stage","deck":"no-such-deck","slide":"a","step":1}"#,
        r#"{"type":"changed","deck":"first-talk"}"#,
        r#"{"type":"stage"}"#,
        "no JSON",
    ] {
        speaker.send(1, frame.as_bytes());
    }
    let frame = r#"{"type":"stage","deck":"first-talk","slide":"a","step":1}"#;
    speaker.send(1, frame.as_bytes());
    assert_eq!(
        stage.told().to_string(),
        serde_json::from_str::<serde_json::Value>(frame).unwrap().to_string()
    );
    assert_eq!(translation.told()["slide"], "a");
    let pong = Some((10, b"there?".to_vec()));
    assert_eq!(
        (ask(&mut speaker), ask(&mut page), ask(&mut stage)),
        (pong.clone(), pong.clone(), pong)
    );
}

/// Half a question is closed after ten seconds; and however many of them one peer asks, others are answered.
#[test]
fn half_a_question_holds_up_nobody() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let mut silent = client::connect(HERE, served.port);
    silent.write_all(b"GET / HT").expect("the server reads");
    let began = Instant::now();
    assert_eq!(std::io::Read::read(&mut silent, &mut [0; 16]).unwrap_or(0), 0);
    let took = began.elapsed();
    assert!((5..25).contains(&took.as_secs()), "closed after {took:?}");
    let mut many: Vec<_> = (0..400).map(|_| client::connect(HERE, served.port)).collect();
    assert_eq!(served.get("/").status, 200);
    // The first of them had to go at once, the last is still heard.
    assert_eq!(std::io::Read::read(&mut many[0], &mut [0; 16]).unwrap_or(0), 0);
    let last = many.last_mut().expect("there are some");
    let request = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", served.port);
    last.write_all(request.as_bytes()).expect("the server reads");
    assert!(std::io::Read::read(last, &mut [0; 16]).is_ok_and(|length| length > 0));
}

#[test]
fn a_hall_of_windows_is_told_and_let_go_at_once() {
    let site = site();
    let mut served = Served::start(site.path(), &[]);
    let deaf: Vec<Window> = (0..50).map(|_| Window::open(served.port, "")).collect();
    let opened = Instant::now();
    let mut hall: Vec<Window> =
        (0..300).map(|_| Window::open(served.port, "?route=wiki/Page.html")).collect();
    for number in 0..20 {
        let long = "word ".repeat(10_000);
        write(site.path(), "wiki/Page.md", &format!("# Page\n\nnumber {number}\n\n{long}\n"));
        served.until("/wiki/Page.html", |page| page.holds(&format!("number {number}")));
    }
    let digest = |frame: &serde_json::Value| frame["digest"].as_str().map(str::to_owned);
    let mut last = Vec::new();
    for window in &mut hall {
        // Twenty saves are a few frames, and the last of them is of the last state.
        let page = cold(site.path()).make("wiki/Page.html").expect("it is there").digest.short();
        let frames: Vec<_> = std::iter::repeat_with(|| digest(&window.told()))
            .take_while(|told| told.as_deref() != Some(&page))
            .collect();
        last.push(frames.len());
    }
    // Two at once and then one now and then: how many these are depends on how long the saves took.
    let most = 3 + opened.elapsed().as_millis() / 800;
    assert!(last.iter().all(|frames| *frames as u128 <= most), "{last:?} of {most}");
    let began = Instant::now();
    let ended = Command::new("kill").args(["-TERM", &served.child.id().to_string()]).status();
    assert!(ended.is_ok_and(|status| status.success()));
    let status = served.child.wait().expect("it ends");
    assert!(status.success() && began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    drop(deaf);
}

/// The network reads the site; speaker notes and what is wrong with the sources are for this machine.
#[test]
fn notes_are_for_this_machine_alone() {
    let site = site();
    let served = Served::start(site.path(), &["--host", "0.0.0.0"]);
    let any = (Ipv4Addr::UNSPECIFIED, served.port).into();
    let Some(ip) = kamishibai::serve::network_address(any) else {
        return; // this machine has no network
    };
    assert!(served.hear("everybody on this network").contains(&ip.to_string()));
    let ask = |ip: IpAddr, path: &str| {
        let port = served.port;
        say(ip, port, &format!("GET {path} HTTP/1.1\r\nHost: {ip}:{port}\r\n\r\n"))
    };
    let notes = "/decks/first-talk.notes.js";
    assert!(ask(HERE, notes).holds("note"), "{}", ask(HERE, notes).text());
    assert_eq!(ask(ip, notes).body, b"kamiNotes({});\n");
    assert_eq!((ask(ip, "/").status, ask(ip, "/_kami/diagnostics").status), (200, 403));
    // Who sits in the hall may ask where the talk stands, not move it.
    let deck = "?route=decks/first-talk.html";
    let mut far = Window::from(ip, served.port, deck, "");
    let mut near = Window::open(served.port, deck);
    far.send(1, br#"{"type":"stage","deck":"first-talk","slide":"a","step":1}"#);
    far.send(1, br#"{"type":"hello","deck":"first-talk"}"#);
    assert_eq!(near.told()["type"], "hello");
    assert_eq!(far.told()["type"], "follows");
    let mut window = Window::from(ip, served.port, "?route=wiki/Page.html", "");
    write(site.path(), "wiki/Page.md", "---\ntitle: [\n---\n# Page\n\nlater\n");
    assert_eq!(window.told()["type"], "changed");
    write(site.path(), "wiki/Page.md", "# Page\n\nlast\n");
    assert_eq!(window.told()["type"], "changed");
}

/// With the token that was printed, another device drives the talk and reads its notes; with none or
/// another it does neither. What the token is traded for is kept from scripts and from other sites.
#[test]
fn another_device_drives_with_the_token_that_is_printed() {
    let site = site();
    let served = Served::start(site.path(), &["--host", "0.0.0.0"]);
    let port = served.port;
    let Some(ip) = kamishibai::serve::network_address((Ipv4Addr::UNSPECIFIED, port).into()) else {
        return; // this machine has no network
    };
    let printed = served.hear("from another device: http");
    let url = printed.split(": ").nth(1).expect("it is an address");
    let (place, token) = url.split_once("?token=").expect("it has a token");
    assert_eq!(place, format!("http://{ip}:{port}/"));
    let ask = |target: &str, headers: &str| {
        say(ip, port, &format!("GET {target} HTTP/1.1\r\nHost: {ip}:{port}\r\n{headers}\r\n"))
    };
    let traded = ask(&format!("/decks/first-talk.html?view=presenter&token={token}"), "");
    assert_eq!(traded.status, 303, "{}", traded.text());
    assert_eq!(traded.header("location"), Some("/decks/first-talk.html?view=presenter"));
    let cookie = traded.header("set-cookie").expect("it sets a cookie");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    let cookie = format!("Cookie: {}\r\n", cookie.split(';').next().unwrap_or_default());
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let wrong = cookie.replace(token, &token.chars().rev().collect::<String>());
    let notes = "/decks/first-talk.notes.js";
    let deck = "?route=decks/first-talk.html";
    let mut near = Window::open(port, deck);
    for (headers, may) in
        [(&cookie, true), (&bearer, true), (&wrong, false), (&String::new(), false)]
    {
        assert_eq!(ask(notes, headers).holds("note"), may, "{headers}");
        // Diagnostics quote sources, and the token is not for those.
        assert_eq!(ask("/_kami/diagnostics", headers).status, 403);
        let mut far = Window::from(ip, port, deck, headers);
        for (kind, at) in [("stage", 1), ("ink", 2), ("timer", 3), ("hello", 4)] {
            let frame = format!(r#"{{"type":"{kind}","deck":"first-talk","at":{at}}}"#);
            far.send(1, frame.as_bytes());
        }
        if may {
            for kind in ["stage", "ink", "timer"] {
                assert_eq!(near.told()["type"], kind, "{headers}");
            }
        } else {
            assert_eq!(far.told()["type"], "follows", "{headers}");
        }
        assert_eq!(near.told()["type"], "hello", "{headers}");
    }
    let wrong = format!("?token={}", "0".repeat(token.len()));
    assert_eq!(ask(&format!("/{wrong}"), "").status, 403);
    assert_eq!(Window::from(ip, port, &wrong, "").status, 403);
    assert_eq!(Window::from(ip, port, &format!("{deck}&token={token}"), "").status, 101);
}
