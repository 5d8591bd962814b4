//! `kami serve --read-only`: what the network and caches are told, and how the server bears load and an end.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use kamishibai::digest::Digest;
use kamishibai::output::parse_manifest;
use kamishibai::page::encode;

use super::client::{connect, say};
use super::{Answer, HERE, Served, Window, get, site, unpacked_by_zstd, write};

const AS_ORIGIN: [&str; 3] = ["--host", "0.0.0.0", "--read-only"];

fn unpacked(answer: &Answer) -> Vec<u8> {
    let mut text = Vec::new();
    match answer.header("content-encoding") {
        Some("gzip") => drop(GzDecoder::new(&answer.body[..]).read_to_end(&mut text)),
        Some("br") => drop(brotli::BrotliDecompress(&mut &answer.body[..], &mut text)),
        Some("zstd") => text = unpacked_by_zstd(&answer.body),
        other => panic!("no form is called {other:?}"),
    }
    text
}

fn head(port: u16, target: &str, headers: &str) -> Answer {
    say(HERE, port, &format!("HEAD {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n"))
}

#[test]
fn files_are_what_the_bundle_says_of_them() {
    let site = site();
    let served = Served::start(site.path(), &AS_ORIGIN);
    let manifest = parse_manifest(&served.get("/bundle.json").body).expect("it is a manifest");
    assert!(manifest.iter().any(|entry| entry.cache_control.contains("immutable")));
    assert!(manifest.iter().any(|entry| entry.path == "sw.js"));
    for entry in &manifest {
        let target = format!("/{}", encode(&entry.path));
        let answer = served.get(&target);
        let told = (answer.status, answer.header("content-type"), answer.header("cache-control"));
        let expected = (200, Some(&*entry.content_type), Some(&*entry.cache_control));
        assert_eq!(told, expected, "{}", entry.path);
        assert_eq!(Digest::of(&answer.body).to_string(), entry.digest, "{}", entry.path);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("strict-origin-when-cross-origin"));
        assert_eq!(answer.header("cross-origin-resource-policy"), None, "{}", entry.path);
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("default-src 'none'"), "{}: {policy}", entry.path);
        let tag = answer.header("etag").expect("it has one");
        let same = head(served.port, &target, "");
        assert_eq!((same.headers(), same.body.len()), (answer.headers(), 0), "{}", entry.path);
        for known in [tag, &format!("\"x\", W/{tag}"), "*"] {
            let known = format!("If-None-Match: {known}\r\n");
            for answer in [get(served.port, &target, &known), head(served.port, &target, &known)] {
                assert_eq!((answer.status, answer.body.len()), (304, 0), "{}", entry.path);
                let told = (answer.header("etag"), answer.header("cache-control"));
                assert_eq!(told, (Some(tag), Some(&*entry.cache_control)));
            }
        }
    }
    let foreign = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n";
    assert_eq!(get(served.port, "/icon.svg", foreign).status, served.get("/icon.svg").status);
    let lost = served.get("/nothing");
    assert_eq!((lost.status, lost.header("cache-control")), (404, Some("no-cache")));
    assert!(lost.header("content-security-policy").is_some_and(|it| it.contains("default-src")));
    let shown = served.get("/wiki/Page");
    assert_eq!((shown.status, shown.header("location")), (302, Some("/wiki/Page.html")));
    assert!(shown.header("cache-control").is_some_and(|it| it.contains("stale-if-error")));
}

#[test]
fn a_text_goes_in_the_form_that_was_asked_for() {
    let site = site();
    write(site.path(), "wiki/雨の日.md", &format!("# 雨\n\n{}\n", "降る。".repeat(2000)));
    let served = Served::start(site.path(), &AS_ORIGIN);
    let port = served.port;
    let page = format!("/{}", encode("wiki/雨の日.html"));
    let plain = served.get(&page);
    let plain_tag = plain.header("etag").expect("it has one");
    assert_eq!(
        (plain.header("vary"), plain.header("content-encoding")),
        (Some("accept-encoding"), None)
    );
    for (said, form) in [
        ("gzip", "gzip"),
        ("gzip, br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("zstd", "zstd"),
        ("br;q=0, *;q=1", "zstd"),
        ("br;q=0.2, gzip;q=0.9", "gzip"),
        ("gzip, identity;q=0", "gzip"),
    ] {
        let accept = format!("Accept-Encoding: {said}\r\n");
        let packed = get(port, &page, &accept);
        assert_eq!(packed.header("content-encoding"), Some(form), "{said}");
        assert_eq!(packed.header("vary"), Some("accept-encoding"));
        assert!(packed.body.len() * 4 < plain.body.len());
        assert_eq!(unpacked(&packed), plain.body);
        assert_eq!(packed.headers(), head(port, &page, &accept).headers());
        // Other bytes, another tag; a cache that has the one form is not told that it has the other.
        let tag = packed.header("etag").expect("it has one").to_owned();
        for (known, status) in [(&*tag, 304), (plain_tag, 200)] {
            let known = format!("{accept}If-None-Match: {known}\r\n");
            assert_eq!(get(port, &page, &known).status, status, "{said} {known}");
        }
        let part = format!("{accept}Range: bytes=0-9\r\n");
        let answer = get(port, &page, &part);
        assert_eq!((answer.status, &answer.body[..]), (206, &plain.body[..10]), "{said}");
        assert_eq!(answer.header("content-encoding"), None);
        let other = format!("{part}If-Range: {tag}\r\n");
        assert_eq!(
            unpacked(&get(port, &page, &other)),
            plain.body,
            "of this form there is no part"
        );
    }
    for said in ["identity", "gzip;q=0", "gzip;q=0.5, identity", "zst", ""] {
        let answer = get(port, &page, &format!("Accept-Encoding: {said}\r\n"));
        assert_eq!(answer.header("content-encoding"), None, "{said}");
        assert_eq!(answer.body, plain.body);
    }
    for (range, status) in [("bytes=0-0,3-4", 200), ("bytes=9999999-", 416), ("bytes=-1", 206)] {
        let answer = get(port, &page, &format!("Range: {range}\r\n"));
        assert_eq!(answer.status, status, "{range}");
        let kept = answer.header("cache-control") != Some("no-store");
        assert_eq!(kept, status != 416, "{range}");
        // Who wants no bytes wants no part of them.
        assert_eq!(head(port, &page, &format!("Range: {range}\r\n")).status, 200);
    }
}

#[test]
fn pictures_are_sent_as_they_are() {
    let site = site();
    let picture = image::RgbImage::from_pixel(400, 300, image::Rgb([200, 30, 30]));
    picture.save(site.path().join("wiki/red.png")).expect("it is written");
    write(site.path(), "wiki/Red.md", "# Red\n\n![red](red.png)\n");
    let served = Served::start(site.path(), &AS_ORIGIN);
    let manifest = parse_manifest(&served.get("/bundle.json").body).expect("it is a manifest");
    let mut pictures = 0;
    for entry in manifest
        .iter()
        .filter(|it| it.path.contains("red") && it.content_type != "text/html; charset=utf-8")
    {
        let answer = get(served.port, &format!("/{}", entry.path), "Accept-Encoding: gzip, br\r\n");
        assert_eq!(
            (answer.status, answer.header("content-encoding")),
            (200, None),
            "{}",
            entry.path
        );
        assert_eq!(answer.header("vary"), None);
        pictures += 1;
    }
    assert!(pictures > 0);
}

/// A cache sits on this machine as well as anywhere; those it asks for do not.
#[test]
fn an_origin_takes_nobody_for_the_person_at_this_machine() {
    let site = site();
    let served = Served::start(site.path(), &AS_ORIGIN);
    let port = served.port;
    let printed = served.hear("from another device: http");
    let token = printed.split("?token=").nth(1).expect("it has a token");
    let notes = "/decks/first-talk.notes.js";
    assert_eq!(served.get(notes).body, b"kamiNotes({});\n");
    let mine = get(port, notes, &format!("Authorization: Bearer {token}\r\n"));
    assert!(mine.holds("note"), "{}", mine.text());
    assert_eq!(mine.header("cache-control"), Some("private, no-store"));
    assert_eq!(served.get("/_kami/diagnostics").status, 403);
    let deck = served.get("/decks/first-talk.html");
    assert!(!deck.holds("/_kami/"), "{}", deck.text());
    let page = served.get("/wiki/Page.html");
    assert!(!page.holds("/_kami/") && !page.holds("kami-edit"), "{}", page.text());
    for (method, target) in [
        ("PUT", "/_kami/source/wiki/Page.md"),
        ("POST", "/_kami/edit/wiki/Page.md"),
        ("POST", "/_kami/rename"),
    ] {
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\n\r\n"
        );
        assert_eq!(say(HERE, port, &request).status, 403, "{target}");
    }
    let mut window = Window::open(port, "?route=decks/first-talk.html");
    assert_eq!(window.told()["type"], "follows", "its keys move nothing but itself");
    assert_eq!(Window::open(port, "?edit=wiki/Page.md").status, 403);
}

/// Without the flag, and on this machine alone, nothing is for caches; but who comes by way of another server is
/// somebody else, even there.
#[test]
fn elsewhere_nothing_is_kept() {
    let site = site();
    for flags in [&["--read-only"][..], &["--host", "0.0.0.0"][..]] {
        let served = Served::start(site.path(), flags);
        let page = get(served.port, "/wiki/Page.html", "Accept-Encoding: gzip\r\n");
        assert_eq!(page.header("cache-control"), Some("no-cache"));
        assert_eq!(page.header("content-encoding"), None);
        assert!(served.get("/sw.js").holds("unregister"));
    }
    let served = Served::start(site.path(), &["--read-only"]);
    for name in ["Via: 1.1 varnish", "X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1"] {
        let ask = |target: &str| get(served.port, target, &format!("{name}\r\n"));
        let page = ask("/wiki/Page.html");
        assert!(page.header("cache-control").is_some_and(|it| it.contains("s-maxage")), "{name}");
        assert!(!page.holds("/_kami/"), "{name}");
        assert_eq!(ask("/decks/first-talk.notes.js").body, b"kamiNotes({});\n", "{name}");
        assert_eq!(ask("/_kami/diagnostics").status, 403, "{name}");
        assert!(!ask("/sw.js").holds("unregister"), "{name}");
    }
    let rebound = "GET / HTTP/1.1\r\nHost: evil.example\r\nVia: 1.1 varnish\r\n\r\n";
    assert_eq!(say(HERE, served.port, rebound).status, 421);
}

#[test]
fn requests_are_told_to_who_asks_for_it() {
    let site = site();
    let served = Served::start(site.path(), &["-v", "--host", "0.0.0.0", "--read-only"]);
    drop(get(served.port, "/wiki/Page.html?secret=1", ""));
    let line = served.hear("GET /wiki/Page.html");
    assert!(line.starts_with("127.0.0.1 ") && line.contains(" 200 "), "{line}");
    assert!(!line.contains("secret"), "{line}");
    drop(get(served.port, "/wiki/Page.html", "Host: other\r\n"));
    assert!(served.hear("GET /wiki/Page.html").contains(" 400 "));
}

/// Tells a server to stop, and waits until nobody can connect any more.
fn terminate(served: &Served) {
    let ended = Command::new("kill").args(["-TERM", &served.child.id().to_string()]).status();
    assert!(ended.is_ok_and(|status| status.success()));
    let until = Instant::now() + super::DEADLINE;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, served.port)).is_ok() {
        assert!(Instant::now() < until, "it still listens");
    }
}

/// What is being answered when the server is told to stop, is answered to its end.
#[test]
fn a_stop_waits_for_answers() {
    let site = site();
    let film: Vec<u8> = (0..24_u32 << 20).map(|number| number.to_le_bytes()[1]).collect();
    std::fs::create_dir_all(site.path().join("static")).expect("folders are made");
    std::fs::write(site.path().join("static/film.mp4"), &film).expect("files are written");
    let mut served = Served::start(site.path(), &AS_ORIGIN);
    let mut stream = connect(HERE, served.port);
    let ask = format!("GET /film.mp4 HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", served.port);
    stream.write_all(ask.as_bytes()).expect("the server reads");
    let mut start = [0; 1024];
    stream.read_exact(&mut start).expect("the answer begins");
    // One that has asked for nothing holds up nobody, and neither does a window.
    let idle = connect(HERE, served.port);
    let window = Window::open(served.port, "?route=wiki/Page.html");
    terminate(&served);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("the answer ends");
    assert!(rest.ends_with(&film[film.len() - 1000..]));
    let head = start.windows(4).position(|end| end == b"\r\n\r\n").expect("a head ends") + 4;
    assert_eq!(start.len() - head + rest.len(), film.len());
    assert!(served.child.wait().expect("it ends").success());
    drop((idle, window));
}

/// Begins to save a page, and returns when the server waits for the text.
fn begin_to_save(served: &Served, folder: &Path, text: &str) -> TcpStream {
    let before = std::fs::read(folder.join("wiki/Page.md")).expect("it is there");
    let mut stream = connect(HERE, served.port);
    let request = format!(
        "PUT /_kami/source/wiki/Page.md HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nIf-Match: \"{}\"\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        served.port,
        Digest::of(&before),
        text.len()
    );
    stream.write_all(request.as_bytes()).expect("the server reads");
    let mut said = [0; 25];
    stream.read_exact(&mut said).expect("the server answers");
    assert!(said.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&said));
    stream
}

/// A save that has begun when the server is told to stop is finished and answered; the file is whole.
#[test]
fn a_stop_waits_for_a_save() {
    let site = site();
    let mut served = Served::start(site.path(), &[]);
    let text = format!("# Page\n\n{}\n", "last words ".repeat(100_000));
    let mut stream = begin_to_save(&served, site.path(), &text);
    terminate(&served);
    stream.write_all(text.as_bytes()).expect("the server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the server answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(served.child.wait().expect("it ends").success());
    let saved = std::fs::read_to_string(site.path().join("wiki/Page.md")).expect("it is there");
    assert!(saved == text, "{} bytes of {}", saved.len(), text.len());
}

/// Who never says the rest of a text does not keep the server from ending, and changes nothing.
#[test]
fn a_stop_does_not_wait_for_ever() {
    let site = site();
    let mut served = Served::start(site.path(), &[]);
    let before = std::fs::read(site.path().join("wiki/Page.md")).expect("it is there");
    let mut stream = begin_to_save(&served, site.path(), "half a text");
    stream.write_all(b"half").expect("the server reads");
    terminate(&served);
    assert!(served.child.wait().expect("it ends").success());
    assert_eq!(std::fs::read(site.path().join("wiki/Page.md")).expect("it is there"), before);
    drop(stream);
}

/// Starts an origin that may open so many files.
fn with_files(folder: &Path, files: u32) -> Served {
    let mut shell = Command::new("sh");
    let script =
        format!("ulimit -n {files}; exec \"$0\" serve --port 0 --host 0.0.0.0 --read-only");
    Served::by(shell.current_dir(folder).args(["-c", &script, env!("CARGO_BIN_EXE_kami")]))
}

/// Asks for a small file on an open connection and returns the status.
fn asked(stream: &mut TcpStream, port: u16) -> std::io::Result<u16> {
    write!(stream, "GET /robots.txt HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")?;
    let mut said = [0; 12];
    stream.read_exact(&mut said)?;
    Ok(String::from_utf8_lossy(&said[9..]).parse().unwrap_or(0))
}

/// Beyond the places there are, one is told so at once, and the others are served on. A window keeps its place.
#[test]
fn who_finds_no_place_is_told() {
    let site = site();
    let served = with_files(site.path(), 264);
    let port = served.port;
    let windows: Vec<_> = (0..32).map(|_| Window::open(port, "?route=wiki/Page.html")).collect();
    let mut held = Vec::new();
    for _ in 0..100 {
        let mut stream = connect(HERE, port);
        assert_eq!(asked(&mut stream, port).expect("it is answered"), 200);
        held.push(stream);
    }
    let request = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    for _ in 0..20 {
        let full = say(HERE, port, &request);
        assert_eq!((full.status, full.header("retry-after")), (503, Some("1")));
    }
    drop(held);
    served.until("/robots.txt", |answer| answer.status == 200);
    drop(windows);
}

/// When the system has no more files to give, nobody who is served is let down, and all are when there are again.
#[test]
fn without_files_the_server_waits_for_some() {
    let site = site();
    let served = with_files(site.path(), 40);
    let port = served.port;
    let mut many: Vec<_> = (0..300).map(|_| connect(HERE, port)).collect();
    // Those beyond the places are refused or not heard yet; who is asks and hangs up here.
    for stream in &mut many {
        stream.set_read_timeout(Some(Duration::from_millis(20))).expect("a socket has a time-out");
    }
    let until = Instant::now() + super::DEADLINE;
    while !many.iter_mut().any(|stream| asked(stream, port).is_ok()) {
        assert!(Instant::now() < until, "some are answered");
    }
    drop(many);
    served.until("/robots.txt", |answer| answer.status == 200);
    assert_eq!(served.get("/wiki/Page.html").status, 200);
}
