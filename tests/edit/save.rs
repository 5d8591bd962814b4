//! GET, PUT and DELETE of a source: over the revision that was seen, and nothing else.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::Command;

use kamishibai::digest::Digest;
use kamishibai::merge::{Merged, merge};
use proptest::prelude::*;
use serde_json::Value as Json;

use super::{PAGE, ask, json, put, read, rev, tree};
use crate::serve::{Served, Window, site, write};

#[test]
fn a_text_is_written_only_over_what_was_seen() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let first = rev(&served, PAGE);
    let text = read(site.path(), "wiki/Page.md");
    assert_eq!(first, format!("\"{}\"", Digest::of(text.as_bytes())), "the tag is the digest");
    let saved = put(&served, PAGE, &first, "# Page\n\none\n");
    assert_eq!(saved.status, 200, "{}", saved.text());
    assert_eq!(saved.header("etag"), Some(&*rev(&served, PAGE)));
    assert_eq!(read(site.path(), "wiki/Page.md"), "# Page\n\none\n");
    // The page is there at the very next request.
    assert!(served.get("/wiki/Page.html").holds("<p>one</p>"));
    let now = rev(&served, PAGE);
    let bare = now.trim_matches('"');
    for (condition, status) in [
        (String::new(), 428),
        ("If-Match: *\r\n".to_owned(), 428),
        ("If-Match:\r\n".to_owned(), 428),
        ("If-None-Match: \"x\"\r\n".to_owned(), 428),
        (format!("If-Match: {first}\r\n"), 412),
        (format!("If-Match: W/{now}\r\n"), 412),
        ("If-Match: \"nonsense\"\r\n".to_owned(), 412),
        ("If-None-Match: *\r\n".to_owned(), 412),
        (format!("If-Match: {bare}\r\n"), 200),
        (format!("If-Match: {first}, {now}\r\n"), 200),
    ] {
        let before = tree(site.path());
        let answer = ask(served.port, "PUT", PAGE, &condition, b"# Page\n\none\n");
        assert_eq!(answer.status, status, "{condition:?}: {}", answer.text());
        assert_eq!(tree(site.path()), before, "{condition:?}");
    }
    let answer = put(&served, PAGE, &first, "mine\n");
    let told = json(&answer);
    assert_eq!(answer.header("etag"), Some(&*now));
    assert_eq!(told["current"], "# Page\n\none\n");
    assert_eq!(told["digest"], bare);
    assert_eq!(told["merged"], Json::Null);
    assert_eq!(told["conflicts"][0]["yours"], "mine\n");
    assert_eq!(told["conflicts"][0]["current"], "# Page\n\none\n");
}

#[test]
fn a_new_text_takes_no_place_that_is_taken() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let made = put(&served, "/_kami/source/wiki/New/%E7%B4%99.md", "", "# 紙\n");
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(read(site.path(), "wiki/New/紙.md"), "# 紙\n");
    assert!(served.get("/wiki/New/%E7%B4%99.html").holds("紙"));
    for twin in ["wiki/page.md", "wiki/PAGE.md", "wiki/Page.md", "wiki/%EF%BC%B0age.md"] {
        let answer = put(&served, &format!("/_kami/source/{twin}"), "", "# Twin\n");
        assert_eq!(answer.status, 412, "{twin}: {}", answer.text());
    }
    assert_eq!(put(&served, "/_kami/source/wiki/Gone.md", &rev(&served, PAGE), "x").status, 412);
    assert!(!site.path().join("wiki/Gone.md").exists(), "nothing is made over a revision");
}

#[test]
fn what_is_deleted_lies_in_the_trash() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let text = read(site.path(), "wiki/Page.md");
    let delete = |condition: &str| ask(served.port, "DELETE", PAGE, condition, b"");
    assert_eq!(delete("").status, 428);
    assert_eq!(delete("If-Match: \"other\"\r\n").status, 412);
    let gone = delete(&format!("If-Match: {}\r\n", rev(&served, PAGE)));
    assert_eq!((gone.status, gone.body.len()), (204, 0), "{}", gone.text());
    let name = gone.header("kami-trash").expect("it says where").to_owned();
    assert_eq!(read(site.path(), &format!(".kami/trash/{name}/wiki/Page.md")), text);
    assert!(!site.path().join("wiki/Page.md").exists());
    assert_eq!(served.get("/wiki/Page.html").status, 404);
    assert_eq!(served.get(PAGE).status, 404);
    let mode = |path: &str| fs::metadata(site.path().join(path)).unwrap().mode() & 0o777;
    assert_eq!((mode(".kami"), mode(".kami/trash")), (0o700, 0o700), "nobody else reads it");
}

#[test]
fn edits_of_other_lines_are_merged_even_after_a_restart() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let base = "# Page\n\none\n\ntwo\n\nthree\n";
    assert_eq!(put(&served, PAGE, &rev(&served, PAGE), base).status, 200);
    let seen = rev(&served, PAGE);
    drop(served);
    // While nobody serves, another program changes the file.
    write(site.path(), "wiki/Page.md", &base.replace("one", "ONE"));
    let served = Served::start(site.path(), &[]);
    let answer = put(&served, PAGE, &seen, &base.replace("three", "THREE"));
    let told = json(&answer);
    assert_eq!(answer.status, 412);
    assert_eq!(told["merged"], base.replace("one", "ONE").replace("three", "THREE"));
    assert_eq!(told["conflicts"], serde_json::json!([]));
    // Both changed one line: both versions are kept, and nothing is written.
    let told = json(&put(&served, PAGE, &seen, &base.replace("one", "eins")));
    assert_eq!(told["merged"], Json::Null);
    assert_eq!(
        told["conflicts"][0],
        serde_json::json!({"base": "one\n", "yours": "eins\n", "current": "ONE\n"})
    );
    assert_eq!(read(site.path(), "wiki/Page.md"), base.replace("one", "ONE"));
    // A revision that nobody keeps any more offers no merge.
    let unknown = format!("\"{}\"", Digest::of(b"never handed out"));
    assert_eq!(json(&put(&served, PAGE, &unknown, "x"))["merged"], Json::Null);
    fs::remove_file(site.path().join("wiki/Page.md")).unwrap();
    let told = json(&put(&served, PAGE, &seen, "x"));
    assert_eq!((&told["current"], &told["digest"]), (&Json::Null, &Json::Null));
    assert!(!site.path().join("wiki/Page.md").exists(), "what was deleted stays deleted");
}

#[test]
fn a_save_changes_the_text_and_nothing_else_of_a_file() {
    let site = site();
    let page = site.path().join("wiki/Page.md");
    fs::set_permissions(&page, fs::Permissions::from_mode(0o640)).unwrap();
    let served = Served::start(site.path(), &[]);
    let odd = "\u{feff}# Page\r\n\r\nCRLF\rCR\n\u{0}no end";
    assert_eq!(put(&served, PAGE, &rev(&served, PAGE), odd).status, 200);
    assert_eq!(fs::read(&page).unwrap(), odd.as_bytes(), "byte for byte");
    assert_eq!(served.get(PAGE).body, odd.as_bytes());
    let before = fs::metadata(&page).unwrap();
    assert_eq!(before.mode() & 0o777, 0o640);
    assert_eq!(put(&served, PAGE, &rev(&served, PAGE), odd).status, 200);
    let after = fs::metadata(&page).unwrap();
    assert_eq!(
        (before.ino(), before.mtime_nsec()),
        (after.ino(), after.mtime_nsec()),
        "the same text is not written again"
    );
    let names: Vec<_> =
        fs::read_dir(site.path().join("wiki")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.as_encoded_bytes().starts_with(b".")), "{names:?}");
}

#[test]
fn a_file_that_may_not_be_written_is_not() {
    let site = site();
    let page = site.path().join("wiki/Page.md");
    fs::set_permissions(&page, fs::Permissions::from_mode(0o444)).unwrap();
    write(site.path(), "wiki/Old.md", "");
    fs::write(site.path().join("wiki/Old.md"), b"\x8e\x86\x8e\xc5\x8b\x8f").unwrap();
    let served = Served::start(site.path(), &[]);
    let answer = put(&served, PAGE, &rev(&served, PAGE), "x");
    assert_eq!((answer.status, json(&answer)["error"].as_str()), (403, Some("denied")));
    let read = served.get("/_kami/source/wiki/Old.md");
    assert_eq!((read.status, json(&read)["error"].as_str()), (403, Some("not-utf8")));
    assert!(read.holds("iconv -f SHIFT_JIS"), "{}", read.text());
    let old = put(&served, "/_kami/source/wiki/Old.md", &rev(&served, PAGE), "x");
    assert_eq!(old.status, 403, "{}", old.text());
    assert_eq!(put(&served, "/_kami/source/wiki/Old.md", "", "x").status, 412);
    let shown = served.get("/_kami/edit/wiki/Old.md");
    assert!(shown.status == 403 && shown.holds("iconv") && !shown.holds("<textarea"));
}

#[test]
fn a_link_inside_is_followed_and_one_that_leads_out_is_not() {
    let site = site();
    let outside = tempfile::TempDir::new().unwrap();
    write(outside.path(), "Secret.md", "secret");
    let wiki = site.path().join("wiki");
    write(site.path(), ".git/config", "config");
    write(site.path(), "static/a.md", "static");
    symlink("Page.md", wiki.join("Link.md")).unwrap();
    symlink(outside.path().join("Secret.md"), wiki.join("Out.md")).unwrap();
    symlink(outside.path(), wiki.join("out")).unwrap();
    symlink("../.git", wiki.join("git")).unwrap();
    symlink("../.git/config", wiki.join("Config.md")).unwrap();
    symlink("../kami.toml", wiki.join("Toml.md")).unwrap();
    symlink("../static/a.md", wiki.join("Static.md")).unwrap();
    symlink("nowhere.md", wiki.join("Dangling.md")).unwrap();
    symlink("Loop.md", wiki.join("Loop.md")).unwrap();
    let served = Served::start(site.path(), &[]);
    let link = "/_kami/source/wiki/Link.md";
    assert_eq!(put(&served, link, &rev(&served, link), "# Both\n").status, 200);
    assert!(fs::symlink_metadata(wiki.join("Link.md")).unwrap().is_symlink(), "it stays a link");
    assert_eq!(read(site.path(), "wiki/Page.md"), "# Both\n");
    let before = tree(site.path());
    for path in [
        "Out",
        "out/Secret",
        "out/New",
        "git/config",
        "git/New",
        "Config",
        "Toml",
        "Static",
        "Dangling",
        "Loop",
    ] {
        let target = format!("/_kami/source/wiki/{path}.md");
        let got = served.get(&target);
        assert!((400..500).contains(&got.status) && !got.holds("secret"), "{path}: {}", got.text());
        for rev in ["", &format!("\"{}\"", Digest::of(b"secret"))] {
            let answer = put(&served, &target, rev, "x");
            assert!((400..500).contains(&answer.status), "{path}: {}", answer.text());
        }
    }
    assert_eq!(tree(site.path()), before);
    assert_eq!(read(outside.path(), "Secret.md"), "secret");
    // Who deletes a link does not delete what it leads to.
    let gone =
        ask(served.port, "DELETE", link, &format!("If-Match: {}\r\n", rev(&served, link)), b"");
    assert_eq!(gone.status, 204, "{}", gone.text());
    assert!(fs::symlink_metadata(wiki.join("Link.md")).is_err());
    assert_eq!(read(site.path(), "wiki/Page.md"), "# Both\n");
}

#[test]
fn a_window_hears_of_a_save_once() {
    let site = site();
    let served = Served::start(site.path(), &["-v"]);
    let mut window = Window::open(served.port, "?route=wiki/Page.html");
    let mut last = rev(&served, PAGE);
    for number in 0..4 {
        let answer = put(&served, PAGE, &last, &format!("# Page\n\nnumber {number}\n"));
        answer.header("etag").expect("it is saved").clone_into(&mut last);
        let digest = window.told()["digest"].clone();
        let page = served.get("/wiki/Page.html");
        assert!(page.holds(&format!("data-digest=\"{}\"", digest.as_str().unwrap_or(""))));
    }
    // What the watcher saw of these saves changed nothing: the next thing that it tells is another page.
    write(site.path(), "wiki/Other.md", "# Other\n");
    served.until("/wiki/Other.html", |page| page.status == 200);
    window.send(9, b"there?");
    assert_eq!(window.frame(), Some((10, b"there?".to_vec())), "no frame is left");
    let mut changes = 0;
    while served.hear("changed: ").contains("wiki/Page.md") {
        changes += 1;
    }
    assert_eq!(changes, 4, "the site was compiled once a save");
}

fn lines() -> impl Strategy<Value = String> {
    let line =
        prop::sample::select(vec!["a\n", "b\n", "c\n", "紙\n", "\n", "d\r\n", "<<<<<<< x\n"]);
    (prop::collection::vec(line, 0..12), prop::sample::select(vec!["", "end"]))
        .prop_map(|(lines, end)| lines.concat() + end)
}

/// Returns what git makes of the three: the text, unless there are conflicts.
fn git_merge(base: &str, yours: &str, current: &str) -> Option<String> {
    let folder = tempfile::TempDir::new().expect("there is room");
    for (name, text) in [("base", base), ("yours", yours), ("current", current)] {
        fs::write(folder.path().join(name), text).expect("there is room");
    }
    let mut git = Command::new("git");
    git.current_dir(folder.path()).args(["merge-file", "-p", "yours", "base", "current"]);
    let output = git.output().expect("git is installed");
    output.status.success().then(|| String::from_utf8(output.stdout).expect("it was text"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// A merge that we call clean is the one that git makes; what git calls a conflict is one here.
    #[test]
    fn a_merge_is_what_git_makes_of_it(base in lines(), yours in lines(), current in lines()) {
        if let Merged::Clean(text) = merge(&base, &yours, &current)
            && let Some(git) = git_merge(&base, &yours, &current)
        {
            prop_assert_eq!(text, git);
        }
        prop_assert_eq!(merge(&base, &base, &current), Merged::Clean(current.clone()));
        prop_assert_eq!(merge(&base, &yours, &base), Merged::Clean(yours.clone()));
    }
}
