//! What goes wrong while a text is saved: killed programs, full disks, many writers at once.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use kamishibai::digest::Digest;

use super::{PAGE, ask, json, put, read, rev};
use crate::serve::{DEADLINE, Served, site, write};

/// A text that tells whether it is whole: its first and last line bear its number.
fn text(number: usize) -> String {
    format!("# {number}\n\n{}\n{number}\n", "words and 言葉 ".repeat(400))
}

#[track_caller]
fn number_of(text: &str) -> usize {
    let first = text.lines().next().and_then(|line| line.strip_prefix("# "));
    let (first, last) = (first.unwrap_or_default(), text.lines().last().unwrap_or_default());
    assert_eq!(first, last, "a part of a text");
    first.parse().expect("texts are numbered")
}

/// Saves a text; tells its tag if the server lived to acknowledge it.
fn saved(port: u16, rev: &str, text: &str) -> Option<String> {
    let length = text.len();
    let head = format!(
        "PUT {PAGE} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nIf-Match: {rev}\r\nContent-Length: {length}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all([head.as_bytes(), text.as_bytes()].concat().as_slice()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let whole = answer.starts_with("HTTP/1.1 200") && answer.contains("\r\n\r\n");
    let tag = answer.lines().find_map(|line| line.strip_prefix("etag: "))?;
    whole.then(|| tag.trim().to_owned())
}

/// However often the server is killed while it saves, each file is whole, and what was acknowledged is there.
#[test]
fn a_killed_server_leaves_each_file_whole() {
    let site = site();
    write(site.path(), "wiki/Page.md", &text(0));
    let mut number = 0;
    let mut kills = 0;
    while number < 500 {
        let served = Served::start(site.path(), &[]);
        let stands = number_of(&read(site.path(), "wiki/Page.md"));
        assert!(stands >= number, "{stands} stands there, {number} was acknowledged");
        number = stands;
        let mut last = rev(&served, PAGE);
        let acknowledged = AtomicUsize::new(number);
        std::thread::scope(|scope| {
            let (port, acknowledged) = (served.port, &acknowledged);
            scope.spawn(move || {
                for next in number + 1..number + 120 {
                    let Some(tag) = saved(port, &last, &text(next)) else { return };
                    last = tag;
                    acknowledged.store(next, Relaxed);
                }
            });
            // In the middle of the saves, whenever that is on this machine.
            let until = Instant::now() + DEADLINE;
            while acknowledged.load(Relaxed) < number + 40 + kills {
                assert!(Instant::now() < until, "nothing is saved");
                std::thread::yield_now();
            }
            let id = served.child.id().to_string();
            let killed = Command::new("kill").args(["-KILL", &id]).status();
            assert!(killed.is_ok_and(|status| status.success()));
        });
        number = acknowledged.load(Relaxed);
        kills += 1;
    }
    let stands = number_of(&read(site.path(), "wiki/Page.md"));
    assert!(stands >= number, "{stands} stands there, {number} was acknowledged");
    // What a killed save left behind is seen by nobody, and gone with the next.
    let served = Served::start(site.path(), &[]);
    assert_eq!(put(&served, PAGE, &rev(&served, PAGE), "# End\n").status, 200);
    let left: Vec<_> = fs::read_dir(site.path().join("wiki"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.as_encoded_bytes().starts_with(b"."))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Each of twenty writers adds its lines to one file for ten seconds; whatever was acknowledged is in it at the end.
#[test]
fn twenty_writers_lose_no_acknowledged_save() {
    const WORK: Duration = Duration::from_secs(10);
    let site = site();
    write(site.path(), "wiki/Page.md", "# Page\n");
    let served = Served::start(site.path(), &[]);
    let port = served.port;
    let (begun, acknowledged) = (Instant::now(), AtomicUsize::new(0));
    let write = |writer: usize| {
        let mut lines = Vec::new();
        // However slow the machine is, something is saved.
        while begun.elapsed() < WORK || acknowledged.load(Relaxed) == 0 {
            let now = crate::serve::get(port, PAGE, "");
            let tag = now.header("etag").expect("there is a text").to_owned();
            let line = format!("writer {writer} save {}\n", lines.len());
            let text = String::from_utf8(now.body).unwrap() + &line;
            let answer = ask(port, "PUT", PAGE, &format!("If-Match: {tag}\r\n"), text.as_bytes());
            if answer.status == 200 {
                lines.push(line);
                acknowledged.fetch_add(1, Relaxed);
            } else {
                assert_eq!(answer.status, 412, "{}", answer.text());
            }
        }
        lines
    };
    let mut saved: Vec<String> = std::thread::scope(|scope| {
        let write = &write;
        let writers: Vec<_> = (0..20).map(|writer| scope.spawn(move || write(writer))).collect();
        writers.into_iter().flat_map(|writer| writer.join().expect("it writes")).collect()
    });
    let text = read(site.path(), "wiki/Page.md");
    let mut stands: Vec<String> = text.lines().skip(1).map(|line| format!("{line}\n")).collect();
    saved.sort();
    stands.sort();
    assert_eq!(stands, saved, "each line that was acknowledged stands there once, and no other");
}

#[test]
fn of_many_who_saw_one_revision_one_saves() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let tag = rev(&served, PAGE);
    let won = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for writer in 0..30 {
            let (port, tag, won) = (served.port, &tag, &won);
            scope.spawn(move || {
                let condition = format!("If-Match: {tag}\r\n");
                let text = format!("# Writer {writer}\n");
                let status = ask(port, "PUT", PAGE, &condition, text.as_bytes()).status;
                assert!(status == 200 || status == 412, "{status}");
                won.fetch_add(usize::from(status == 200), Relaxed);
            });
        }
    });
    assert_eq!(won.into_inner(), 1);
}

/// A program of its own saves whenever the server does: what either saw as saved is never overwritten unseen.
#[test]
fn another_program_that_saves_at_the_same_time_is_not_overwritten() {
    let site = site();
    let page = site.path().join("wiki/Page.md");
    let served = Served::start(site.path(), &[]);
    for number in 0..60 {
        let tag = rev(&served, PAGE);
        let other = format!("# Other {number}\n");
        let answer = std::thread::scope(|scope| {
            let saved = scope.spawn(|| {
                let aside = site.path().join("wiki/.other");
                fs::write(&aside, &other).unwrap();
                fs::rename(&aside, &page).unwrap();
            });
            let answer = put(&served, PAGE, &tag, &format!("# Ours {number}\n"));
            saved.join().expect("the other program saves");
            answer
        });
        // Ours was first and the other came after, or the other was first and we were told.
        let stands = fs::read_to_string(&page).unwrap();
        assert!(stands == other, "{number}: {} but {stands:?} stands there", answer.status);
    }
}

/// A disk that is full keeps the old text, says so, and takes the text once there is room.
#[test]
fn a_full_disk_costs_nothing() {
    let folder = tempfile::TempDir::new().unwrap();
    let disk = folder.path().to_str().unwrap();
    let script = r#"set -e
        mount -t tmpfs -o size=1m disk "$DISK"
        mkdir "$DISK/wiki"
        printf '# Page\n' > "$DISK/wiki/Page.md"
        exec "$KAMI" serve "$DISK" --port 0"#;
    let mut shell = Command::new("unshare");
    shell
        .args(["-Urm", "sh", "-c", script])
        .env("DISK", disk)
        .env("KAMI", env!("CARGO_BIN_EXE_kami"));
    let served = Served::by(&mut shell);
    let tag = rev(&served, PAGE);
    let large = "x".repeat(3 << 19);
    let full = put(&served, PAGE, &tag, &large);
    assert_eq!(
        (full.status, json(&full)["error"].as_str()),
        (507, Some("full")),
        "{}",
        full.text()
    );
    assert_eq!(served.get(PAGE).body, b"# Page\n", "the old text stands");
    let small = put(&served, PAGE, &tag, "# Page\n\nfits\n");
    assert_eq!(small.status, 200, "{}", small.text());
    assert!(served.get("/wiki/Page.html").holds("fits"));
    let form = format!("rev={}&text={large}", rev(&served, PAGE).trim_matches('"'));
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let page = ask(served.port, "POST", "/_kami/edit/wiki/Page.md", kind, form.as_bytes());
    assert!(page.status == 507 && page.holds(&large), "the text comes back in the form");
}

/// Where nothing may be written, that is said; nothing is left behind and nothing is lost.
#[test]
fn a_folder_that_cannot_be_written_is_left_alone() {
    let folder = tempfile::TempDir::new().unwrap();
    write(folder.path(), "wiki/Page.md", "# Page\n");
    let site = folder.path().to_str().unwrap();
    let script = r#"set -e
        mount --bind "$SITE" "$SITE"
        mount -o remount,bind,ro "$SITE"
        exec "$KAMI" serve "$SITE" --port 0"#;
    let mut shell = Command::new("unshare");
    shell
        .args(["-Urm", "sh", "-c", script])
        .env("SITE", site)
        .env("KAMI", env!("CARGO_BIN_EXE_kami"));
    let served = Served::by(&mut shell);
    let tag = rev(&served, PAGE);
    for answer in
        [put(&served, PAGE, &tag, "x"), put(&served, "/_kami/source/wiki/New.md", "", "x")]
    {
        assert_eq!(
            (answer.status, json(&answer)["error"].as_str()),
            (403, Some("denied")),
            "{}",
            answer.text()
        );
    }
    let gone = ask(served.port, "DELETE", PAGE, &format!("If-Match: {tag}\r\n"), b"");
    assert_eq!(gone.status, 403, "{}", gone.text());
    assert_eq!(read(folder.path(), "wiki/Page.md"), "# Page\n");
    let mode = fs::metadata(folder.path().join("wiki")).unwrap().permissions().mode();
    assert_ne!(mode & 0o200, 0, "the disk is read-only, not the folder");
}

/// Starts a server whose system calls are written down, or fail, as `strace` is told: beside it, not above it, so
/// that the server ends like any other.
fn traced(folder: &std::path::Path, how: &[&str]) -> Served {
    let mut strace = Command::new("strace");
    strace.args(["-D", "-f", "-qq"]).args(how).arg(env!("CARGO_BIN_EXE_kami"));
    Served::by(strace.current_dir(folder).args(["serve", "--port", "0"]))
}

/// Kills a server when it makes a call for the `when`th time, in a save of one page; tells whether it lived to
/// acknowledge the save. The page is whole either way, and the next server goes on from there.
#[track_caller]
fn survives(call: &str, when: usize) -> bool {
    let site = site();
    write(site.path(), "wiki/Page.md", &text(1));
    let wiki = site.path().canonicalize().expect("it is there").join("wiki");
    // Only calls that concern this folder and these files count.
    let aside = wiki.join(format!(".kami-{}", Digest::of(b"Page.md").short()));
    let paths = [wiki.clone(), wiki.join("Page.md"), aside];
    let inject = format!("inject={call}:signal=SIGKILL:when={when}");
    let mut how = vec!["-o", "/dev/null", "-e", &inject];
    how.extend(paths.iter().flat_map(|path| ["-P", path.to_str().expect("it is text")]));
    let served = traced(site.path(), &how);
    let tag = rev(&served, PAGE);
    let acknowledged = saved(served.port, &tag, &text(2)).is_some();
    drop(served);
    let stands = number_of(&read(site.path(), "wiki/Page.md"));
    assert!(stands == 2 || (stands == 1 && !acknowledged), "{call} {when}: {stands}");
    let next = Served::start(site.path(), &[]);
    assert_eq!(put(&next, PAGE, &rev(&next, PAGE), &text(3)).status, 200, "{call} {when}");
    let entries = fs::read_dir(&wiki).expect("it is there");
    let mut left = entries.map(|entry| entry.expect("it can be read").file_name());
    let hidden = left.find(|name| name.as_encoded_bytes().starts_with(b"."));
    assert_eq!(hidden, None, "{call} {when}");
    acknowledged
}

#[test]
fn a_save_that_is_killed_at_any_step_leaves_the_old_text_or_the_new() {
    let kills = ["flock", "unlinkat", "fchmod", "write", "fsync", "renameat2"].map(|call| {
        (1..20).position(|when| survives(call, when)).unwrap_or_else(|| panic!("{call} has no end"))
    });
    // Each of them is a step of a save: the bytes and the folder are flushed, what was aside goes before and after.
    assert!(kills.iter().all(|count| *count > 0), "{kills:?}");
}

/// The bytes are on disk before they get the name, and the name is before anybody is told.
#[test]
fn a_save_is_on_disk_before_it_is_said() {
    let site = site();
    let log = tempfile::NamedTempFile::new().unwrap();
    let path = log.path().to_str().unwrap();
    let calls = "trace=openat,fsync,renameat2,write,writev,sendto,sendmsg";
    let served = traced(site.path(), &["-s", "64", "-o", path, "-e", calls]);
    let tag = rev(&served, PAGE);
    assert_eq!(put(&served, PAGE, &tag, "# Page\n\nforty-two\n").status, 200);
    let until = Instant::now() + DEADLINE;
    let steps = ["forty-two", "fsync(", "renameat2(", "RENAME_EXCHANGE", "fsync(", "HTTP/1.1 200"];
    loop {
        // What is written down comes a moment later than what it tells of.
        let log = fs::read_to_string(log.path()).unwrap();
        let mut rest = log.as_str();
        let missing = steps.iter().find(|step| match rest.find(**step) {
            Some(at) => {
                rest = &rest[at + step.len()..];
                false
            }
            None => true,
        });
        let Some(missing) = missing else { return };
        assert!(Instant::now() < until, "no {missing} in its place:\n{log}");
        std::thread::yield_now();
    }
}

/// A disk that fails in the middle of a save leaves the old text, and nothing beside it.
#[test]
fn a_failing_disk_leaves_the_old_text() {
    for inject in
        ["inject=fsync:error=EIO", "inject=renameat2:error=EIO", "inject=fchmod:error=EIO"]
    {
        let site = site();
        write(site.path(), "wiki/Page.md", "# Page\n");
        let served = traced(site.path(), &["-o", "/dev/null", "-e", inject]);
        let answer = put(&served, PAGE, &rev(&served, PAGE), "# New\n");
        let error = json(&answer)["error"].clone();
        assert_eq!((answer.status, error.as_str()), (500, Some("disk")), "{inject}");
        assert_eq!(read(site.path(), "wiki/Page.md"), "# Page\n", "{inject}");
        assert!(served.get("/wiki/Page.html").status == 200);
        drop(served);
        let left = fs::read_dir(site.path().join("wiki")).unwrap().flatten();
        let left: Vec<_> = left
            .map(|entry| entry.file_name())
            .filter(|name| name.as_encoded_bytes().starts_with(b"."))
            .collect();
        assert!(left.is_empty(), "{inject}: {left:?}");
        let whole = Served::start(site.path(), &[]);
        assert_eq!(put(&whole, PAGE, &rev(&whole, PAGE), "# New\n").status, 200);
    }
}
