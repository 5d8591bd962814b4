//! Films and other large files: sent part by part from the disk, each answer of one state.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::client::{Served, connect, get, say};
use super::{HERE, site};

/// More than all buffers between a server and somebody who does not read.
const LONG_BYTES: usize = 64 << 20;

/// Makes a film of which each part is another, and most is not on the disk at all.
fn film(path: &Path, length: usize, letter: u8) {
    let file = File::create(path).expect("a file can be made");
    let end = u64::try_from(length).expect("a length");
    file.set_len(end).expect("there is room");
    for (part, at) in (0..=u8::MAX).zip((0..end).step_by(1 << 20)) {
        file.write_all_at(&[letter, part], at).expect("there is room");
    }
    file.write_all_at(&[letter], end - 1).expect("there is room");
}

fn site_with(length: usize) -> TempDir {
    let site = site();
    fs::create_dir_all(site.path().join("static")).expect("a folder can be made");
    film(&site.path().join("static/film.mp4"), length, b'a');
    site
}

#[test]
fn a_film_is_sent_whole_or_in_parts() {
    let site = site_with(9 << 20);
    let served = Served::start(site.path(), &[]);
    let bytes = fs::read(site.path().join("static/film.mp4")).unwrap();
    let whole = served.get("/film.mp4");
    assert!(whole.status == 200 && whole.body == bytes, "{}", whole.head);
    assert_eq!(whole.header("content-type"), Some("video/mp4"));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let tag = whole.header("etag").unwrap().to_owned();
    let end = bytes.len();
    for (asked, range) in [
        ("0-0", 0..1),
        ("0-", 0..end),
        ("-5", end - 5..end),
        ("1048570-1048590", 1_048_570..1_048_591),
        ("300000-9000000", 300_000..9_000_001),
        ("9437183-99999999", end - 1..end),
    ] {
        let answer = get(served.port, "/film.mp4", &format!("Range: bytes={asked}\r\n"));
        let told = format!("bytes {}-{}/{end}", range.start, range.end - 1);
        assert_eq!((answer.status, answer.header("content-range")), (206, Some(told.as_str())));
        assert!(answer.body == bytes[range], "{asked}: {} bytes", answer.body.len());
        assert_eq!(answer.header("etag"), Some(tag.as_str()));
    }
    let past = get(served.port, "/film.mp4", "Range: bytes=9437184-\r\n");
    assert_eq!((past.status, past.header("content-range")), (416, Some("bytes */9437184")));
    let known = get(served.port, "/film.mp4", &format!("If-None-Match: {tag}\r\n"));
    assert!(known.status == 304 && known.body.is_empty(), "{}", known.head);
    let other = "Range: bytes=0-0\r\nIf-Range: \"other\"\r\n";
    assert_eq!(get(served.port, "/film.mp4", other).status, 200);
    // What touches it and leaves it as it is changes nothing for anybody.
    let file = File::options().append(true).open(site.path().join("static/film.mp4")).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let touched = served.get("/film.mp4");
    assert!(touched.body == bytes && touched.header("etag") == Some(tag.as_str()));
}

#[test]
fn a_film_that_is_replaced_while_it_is_sent_is_the_old_one_or_none() {
    let site = site_with(LONG_BYTES);
    let path = site.path().join("static/film.mp4");
    let served = Served::start(site.path(), &[]);
    let ask = || {
        let mut stream = connect(HERE, served.port);
        let host = format!("Host: 127.0.0.1:{}", served.port);
        write!(stream, "GET /film.mp4 HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut begin = vec![0; 4096];
        stream.read_exact(&mut begin).unwrap();
        let head = begin.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        assert!(begin.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&begin));
        (stream, begin[head..].to_vec())
    };
    let old = fs::read(&path).unwrap();
    // Another file in its place: who has begun gets the old one to its end.
    let (mut stream, mut got) = ask();
    let beside = site.path().join("beside");
    film(&beside, LONG_BYTES, b'b');
    fs::rename(&beside, &path).unwrap();
    stream.read_to_end(&mut got).unwrap();
    assert!(got == old, "{} bytes of the old film", got.len());
    let new = fs::read(&path).unwrap();
    served.until("/film.mp4", |answer| answer.status == 200 && answer.body == new);
    // Written over in its place: what was sent by then is of the old one, and too short to be taken for all.
    let (mut stream, mut got) = ask();
    let file = File::options().write(true).open(&path).unwrap();
    file.write_all_at(b"c", LONG_BYTES as u64 - 1).unwrap();
    drop(file);
    drop(stream.read_to_end(&mut got));
    assert!(got.len() < LONG_BYTES && new.starts_with(&got), "{} bytes", got.len());
    let newest = fs::read(&path).unwrap();
    served.until("/film.mp4", |answer| answer.status == 200 && answer.body == newest);
}

#[cfg(target_os = "linux")]
#[test]
fn however_long_a_film_is_little_of_it_is_in_memory() {
    let site = site_with(600 << 20);
    let served = Served::start(site.path(), &[]);
    let part = get(served.port, "/film.mp4", "Range: bytes=629145599-\r\n");
    assert_eq!((part.status, &part.body[..]), (206, &b"a"[..]));
    // Four who ask for all of it and read none.
    let mut waiting = Vec::new();
    for _ in 0..4 {
        let mut stream = connect(HERE, served.port);
        let host = format!("Host: 127.0.0.1:{}", served.port);
        write!(stream, "GET /film.mp4 HTTP/1.1\r\n{host}\r\n\r\n").unwrap();
        let mut begin = [0; 15];
        stream.read_exact(&mut begin).unwrap();
        assert_eq!(begin, *b"HTTP/1.1 200 OK");
        waiting.push(stream);
    }
    let status = fs::read_to_string(format!("/proc/{}/status", served.child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 300 << 10, "{peak} KiB for a film of 600 MiB");
}

#[test]
fn nobody_waits_for_a_film_when_the_server_stops() {
    let site = site_with(LONG_BYTES);
    let mut served = Served::start(site.path(), &[]);
    let mut stream = connect(HERE, served.port);
    let host = format!("Host: 127.0.0.1:{}", served.port);
    write!(stream, "GET /film.mp4 HTTP/1.1\r\n{host}\r\n\r\n").unwrap();
    let mut begin = [0; 15];
    stream.read_exact(&mut begin).unwrap();
    let stopped = Command::new("kill").args(["-INT", &served.child.id().to_string()]).status();
    assert!(stopped.unwrap().success());
    // It ends while somebody still has all the film to read.
    assert!(served.child.wait().unwrap().success());
    let mut got = Vec::new();
    drop(stream.read_to_end(&mut got));
    assert!(got.len() < LONG_BYTES, "{} bytes", got.len());
}

#[test]
fn a_film_goes_along_with_its_folder() {
    let site = site();
    let folder = site.path().join("wiki/Walk");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("index.md"), "# Walk\n\n![A walk](film.mp4) [[Kamishibai]]\n").unwrap();
    film(&folder.join("film.mp4"), 9 << 20, b'a');
    let bytes = fs::read(folder.join("film.mp4")).unwrap();
    let served = Served::start(site.path(), &[]);
    let source = |page: &str| {
        let page = served.get(page);
        let page = String::from_utf8(page.body).unwrap();
        let at = page.find("assets/film-").unwrap_or_else(|| panic!("no film on {page}"));
        format!("/{}", page[at..].split('"').next().unwrap())
    };
    assert!(served.get(&source("/wiki/Walk/index.html")).body == bytes);
    let asked = r#"{"from": "Walk", "to": "Run"}"#;
    let (length, host) = (asked.len(), format!("127.0.0.1:{}", served.port));
    let renamed = say(
        HERE,
        served.port,
        &format!(
            "POST /_kami/rename HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{asked}"
        ),
    );
    assert_eq!(renamed.status, 200, "{}", renamed.text());
    assert!(site.path().join("wiki/Run/film.mp4").is_file());
    let moved = served.get(&source("/wiki/Run/index.html"));
    assert!(moved.status == 200 && moved.body == bytes, "{}", moved.head);
}
