//! Every way in which a file comes, changes and goes: each ends in the state of a cold compile.

#![expect(clippy::unwrap_used, reason = "what an editor does always works here")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

use kamishibai::compile::Bundle;
use tempfile::TempDir;

use super::{DEADLINE, Served, Window, cold, site, write};

const PAGE: &str = "wiki/Page.md";

fn text(mark: &str) -> String {
    format!("# Page\n\nIt leads to [[Kamishibai]].\n\n{mark}\n")
}

/// Waits until the server has what a cold compile makes.
#[track_caller]
fn settles(what: &str, served: &Served, site: &Path) {
    let bundle = cold(site);
    let until = Instant::now() + DEADLINE;
    loop {
        let differing = differing(served, &bundle);
        if differing.is_empty() {
            return;
        }
        assert!(Instant::now() < until, "{what}: {differing:?} stay as they were");
    }
}

/// Returns the addresses at which the server has not what a cold compile makes.
pub(super) fn differing(served: &Served, bundle: &Bundle) -> Vec<String> {
    let differs = |address: &String| {
        let answer = served.get(&format!("/{}", kamishibai::page::encode(address)));
        let made = bundle.make(address).map(|output| output.bytes);
        Some(without_live_tags(&answer.body)) != made
    };
    bundle.addresses().into_iter().filter(differs).collect()
}

fn without_live_tags(html: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(html);
    let Some(at) = text.find("<link rel=\"stylesheet\" href=\"/_kami/live.css\">") else {
        return html.to_vec();
    };
    let end = text.find("</head>").unwrap_or(at);
    let mut page = [&text[..at], &text[end..]].concat();
    // The ways to the editor are the server's, too, and those to pages that are not written yet.
    while let Some(at) = page.find(" href=\"/_kami/new?name=") {
        let value = at + " href=\"".len();
        let end = page[value..].find('"').expect("it ends") + value + 1;
        page.replace_range(at..end, "");
    }
    let ways = ["<div class=\"kami-tools\">", "<a class=\"kami-edit\""];
    let at = ways.into_iter().find_map(|way| page.find(way));
    let Some(at) = at else { return page.into_bytes() };
    let close = if page[at..].starts_with("<div") { "</div>" } else { "</a>" };
    let end = page[at..].find(close).expect("they end") + at + close.len();
    [&page[..at], &page[end..]].concat().into_bytes()
}

type Save = fn(&Path, &str);

fn vim(wiki: &Path, mark: &str) {
    fs::write(wiki.join("4913"), "").unwrap();
    fs::remove_file(wiki.join("4913")).unwrap();
    fs::rename(wiki.join("Page.md"), wiki.join("Page.md~")).unwrap();
    fs::write(wiki.join("Page.md"), text(mark)).unwrap();
    fs::remove_file(wiki.join("Page.md~")).unwrap();
}

fn vim_with_backupcopy(wiki: &Path, mark: &str) {
    fs::copy(wiki.join("Page.md"), wiki.join("Page.md~")).unwrap();
    fs::write(wiki.join("Page.md"), text(mark)).unwrap();
    fs::remove_file(wiki.join("Page.md~")).unwrap();
}

fn emacs(wiki: &Path, mark: &str) {
    symlink("user@host.1:2", wiki.join(".#Page.md")).unwrap();
    fs::write(wiki.join("#Page.md#"), "half a ").unwrap();
    fs::write(wiki.join("Page.md"), text(mark)).unwrap();
    fs::remove_file(wiki.join("#Page.md#")).unwrap();
    fs::remove_file(wiki.join(".#Page.md")).unwrap();
}

fn jetbrains(wiki: &Path, mark: &str) {
    fs::write(wiki.join("Page.md___jb_tmp___"), text(mark)).unwrap();
    fs::rename(wiki.join("Page.md"), wiki.join("Page.md___jb_old___")).unwrap();
    fs::rename(wiki.join("Page.md___jb_tmp___"), wiki.join("Page.md")).unwrap();
    fs::remove_file(wiki.join("Page.md___jb_old___")).unwrap();
}

fn rename_over(wiki: &Path, mark: &str) {
    fs::write(wiki.join(".new"), text(mark)).unwrap();
    fs::rename(wiki.join(".new"), wiki.join("Page.md")).unwrap();
}

fn link_swapped(wiki: &Path, mark: &str) {
    fs::write(wiki.join(format!(".{mark}")), text(mark)).unwrap();
    symlink(format!(".{mark}"), wiki.join(".link")).unwrap();
    fs::rename(wiki.join(".link"), wiki.join("Page.md")).unwrap();
}

fn hard_link(wiki: &Path, mark: &str) {
    fs::write(wiki.join(".twin"), text(mark)).unwrap();
    fs::remove_file(wiki.join("Page.md")).unwrap();
    fs::hard_link(wiki.join(".twin"), wiki.join("Page.md")).unwrap();
    fs::remove_file(wiki.join(".twin")).unwrap();
}

fn emptied_first(wiki: &Path, mark: &str) {
    fs::write(wiki.join("Page.md"), "").unwrap();
    fs::write(wiki.join("Page.md"), text(mark)).unwrap();
}

fn deleted_first(wiki: &Path, mark: &str) {
    fs::remove_file(wiki.join("Page.md")).unwrap();
    fs::write(wiki.join("Page.md"), text(mark)).unwrap();
}

/// The ways of saving, and whether there is a whole file at every moment. Where there is none, a reader
/// could meet an empty page if the machine held the editor for long: the follower's own tests hold that.
const SAVES: [(Save, bool); 9] = [
    (vim, false),
    (vim_with_backupcopy, false),
    (emacs, false),
    (jetbrains, false),
    (rename_over, true),
    (link_swapped, true),
    (hard_link, false),
    (emptied_first, false),
    (deleted_first, false),
];

fn every_save_is_seen(flags: &[&str]) {
    let site = site();
    let served = Served::start(site.path(), flags);
    let wiki = site.path().join("wiki");
    let mut window = Window::open(served.port, "?route=wiki/Page.html");
    for (number, (save, whole)) in SAVES.iter().enumerate() {
        let mark = format!("mark{number}");
        let blank = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let save = scope.spawn(|| save(&wiki, &mark));
            served.until("/wiki/Page.html", |page| {
                blank.fetch_or(page.status != 200 || !page.holds("It leads to"), Relaxed);
                page.holds(&mark)
            });
            save.join().unwrap();
        });
        assert!(!(*whole && blank.into_inner()), "save {number} showed an empty page");
    }
    let last = cold(site.path()).make("wiki/Page.html").expect("it is there").digest.short();
    let mut frames = 1;
    while window.told()["digest"] != last.as_str() {
        frames += 1;
    }
    assert!(frames <= 2 * SAVES.len(), "{frames} frames");
    settles("saves", &served, site.path());
}

#[test]
fn every_way_of_saving_is_seen() {
    every_save_is_seen(&[]);
}

#[test]
fn every_way_of_saving_is_seen_by_polling() {
    every_save_is_seen(&["--poll"]);
}

#[test]
fn what_is_emptied_or_deleted_for_good_ends_so() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    write(site.path(), PAGE, "");
    served.until("/wiki/Page.html", |page| !page.holds("It leads to"));
    settles("emptied", &served, site.path());
    fs::remove_file(site.path().join(PAGE)).unwrap();
    served.until("/wiki/Page.html", |page| page.status == 404);
    settles("deleted", &served, site.path());
}

#[test]
fn folders_come_move_and_go() {
    let site = site();
    let root = site.path();
    let wiki = root.join("wiki");
    let served = Served::start(root, &[]);
    write(root, "wiki/a/b/c/Deep.md", "# Deep\n\n[[Page]]\n");
    settles("a folder with files in it", &served, root);
    fs::rename(wiki.join("a"), wiki.join("moved")).unwrap();
    settles("moved", &served, root);
    served.until("/wiki/a/b/c/Deep.html", |page| page.status == 404);
    write(root, "wiki/moved/b/c/Deep.md", "# Deep\n\nedited\n");
    settles("edited where it was moved", &served, root);
    write(root, "wiki/a/b/New.md", "# New\n");
    settles("the old name again", &served, root);
    fs::remove_dir_all(wiki.join("moved")).unwrap();
    settles("deleted", &served, root);
    (0..600).for_each(|n| write(root, &format!("wiki/many/P{n}.md"), &format!("[[P{}]]\n", n + 1)));
    settles("many at once", &served, root);
    let copy = TempDir::new_in(root.parent().expect("it lies somewhere")).unwrap();
    fs::rename(&wiki, copy.path().join("wiki")).unwrap();
    served.until("/wiki/Page.html", |page| page.status == 404);
    settles("the whole wiki gone", &served, root);
    fs::rename(copy.path().join("wiki"), &wiki).unwrap();
    settles("the wiki back", &served, root);
    write(root, "wiki/a/b/New.md", "# New\n\nedited\n");
    settles("edited when back", &served, root);
    write(root, ".kamiignore", "wiki/many/\n");
    settles("ignored", &served, root);
}

#[test]
fn a_site_that_is_replaced_is_followed() {
    let around = TempDir::new().unwrap();
    let root = around.path().join("site");
    fs::create_dir(&root).unwrap();
    write(&root, "wiki/Page.md", "# Page\n\nold\n");
    write(&root, "wiki/Gone.md", "# Gone\n");
    // The site is named by a relative path, through a link.
    symlink("site", around.path().join("link")).unwrap();
    let served = Served::start(around.path(), &["./link"]);
    write(&root, "wiki/Page.md", "# Page\n\nedited\n");
    served.until("/wiki/Page.html", |page| page.holds("edited"));
    fs::rename(&root, around.path().join("away")).unwrap();
    write(&root, "wiki/Page.md", "# Page\n\nreplaced\n");
    served.until("/wiki/Page.html", |page| page.holds("replaced"));
    served.until("/wiki/Gone.html", |page| page.status == 404);
    write(&root, "wiki/Page.md", "# Page\n\nonce more\n");
    served.until("/wiki/Page.html", |page| page.holds("once more"));
    settles("replaced", &served, &root);
}

#[test]
fn a_checkout_of_hundreds_of_files_ends_as_it_should() {
    let site = site();
    let root = site.path();
    let git = |arguments: &[&str]| {
        let done = Command::new("git").current_dir(root).args(arguments).output().unwrap();
        assert!(done.status.success(), "git {arguments:?}: {done:?}");
    };
    let commit = ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "x"];
    git(&["init", "-q", "-b", "main", "."]);
    git(&["add", "."]);
    git(&commit);
    git(&["checkout", "-qb", "other"]);
    (0..300)
        .for_each(|n| write(root, &format!("wiki/sub/P{n}.md"), &format!("# P{n}\n\n[[Page]]\n")));
    git(&["add", "."]);
    git(&commit);
    let served = Served::start(root, &[]);
    git(&["checkout", "-q", "main"]);
    served.until("/wiki/sub/P7.html", |page| page.status == 404);
    settles("main", &served, root);
    git(&["checkout", "-q", "other"]);
    settles("other", &served, root);
}

#[test]
fn what_a_link_leads_to_is_followed() {
    let site = site();
    let root = site.path();
    write(root, "common/Page.md", "# Shared\n\none\n");
    symlink("../common", root.join("wiki/folder")).unwrap();
    symlink("../common/Page.md", root.join("wiki/Link.md")).unwrap();
    symlink(".", root.join("wiki/itself")).unwrap();
    let served = Served::start(root, &[]);
    write(root, "common/Page.md", "# Shared\n\ntwo\n");
    for page in ["/wiki/folder/Page.html", "/wiki/Link.html"] {
        served.until(page, |page| page.holds("two"));
    }
    symlink("..", root.join("wiki/above")).unwrap();
    symlink("/", root.join("wiki/outside")).unwrap();
    settles("links", &served, root);
}

/// A window that was not told of each change follows its slide all the same, whatever that is called by now.
#[test]
fn a_slide_that_is_renamed_time_and_again_is_followed() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let deck = |heading: &str| {
        let text = format!("# First\n\n---\n\n# {heading}\n\n---\n\n# Last\n");
        write(site.path(), "decks/talk.md", &text);
        served.until("/decks/talk.html", |page| page.holds(heading));
    };
    deck("Rain");
    let mut window = Window::open(served.port, "?route=decks/talk.html");
    let headings = ["Rain a", "Rain ab", "Rain abc", "Rain abcd", "Rain abcde"];
    headings.into_iter().for_each(deck);
    let last = cold(site.path()).make("decks/talk.html").expect("it is there").digest.short();
    let mut key = "rain".to_owned();
    loop {
        let frame = window.told();
        if let Some(next) = frame["keys"][&key].as_str() {
            key = next.to_owned();
        }
        if frame["digest"] == last.as_str() {
            break;
        }
    }
    assert_eq!(key, "rain-abcde");
}
