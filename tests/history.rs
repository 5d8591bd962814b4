//! git as an input: dates and names come from commits, and nothing that a repository says is run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use kamishibai::compile::{Bundle, compile};
use kamishibai::load::{Root, history, load};
use kamishibai::page::Options;
use kamishibai::source::SourcePath;
use tempfile::TempDir;

use crate::serve::{Served, write};

fn git(folder: &Path, arguments: &[&str], at: &str, by: &str) {
    let mut git = Command::new("git");
    git.current_dir(folder).args(["-c", "commit.gpgSign=false", "-c", "core.hooksPath=/dev/null"]);
    git.args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), by).env(format!("GIT_{who}_EMAIL"), "a@example.org");
        git.env(format!("GIT_{who}_DATE"), at);
    }
    let output = git.output().expect("git is there");
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
}

fn commit(folder: &Path, at: &str, by: &str) {
    git(folder, &["add", "-A"], at, by);
    git(folder, &["commit", "-qm", "x"], at, by);
}

/// Returns a repository whose site lies in a folder of it.
fn repository() -> TempDir {
    let folder = TempDir::new().expect("the system gives a folder");
    let here = folder.path();
    git(here, &["init", "-q"], "2020-01-01T00:00:00Z", "x");
    write(here, "site/wiki/雨の日.md", "---\ndate: 2011-04-23\n---\n[[two words]]\n");
    write(here, "site/wiki/雨の日.en.md", "A rainy day.\n");
    write(here, "site/wiki/two words.md", "[[雨の日]]\n");
    commit(here, "2020-02-01T23:30:00+09:00", "雨宮");
    write(here, "site/wiki/雨の日.md", "---\ndate: 2011-04-23\n---\n[[two words]] 二\n");
    commit(here, "2020-03-02T08:00:00+09:00", "Aki");
    write(here, "site/wiki/雨の日.md", "---\ndate: 2011-04-23\n---\n[[two words]] 三\n");
    commit(here, "2020-03-03T08:00:00+09:00", "Aki");
    write(here, "site/wiki/new.md", "---\ndate: 2012-05-06\n---\n[[雨の日]]\n");
    folder
}

fn bundle(site: &Path) -> Bundle {
    let root = Root::at(site).expect("the folder is a site");
    compile(load(&root).expect("it can be read"), Options::default()).with_history(history(&root))
}

fn text(bundle: &Bundle, address: &str) -> String {
    let output = bundle.output(address).unwrap_or_else(|| panic!("nothing at {address}"));
    String::from_utf8_lossy(&output.bytes).into_owned()
}

#[test]
fn pages_tell_who_changed_them_last_and_when() {
    let folder = repository();
    let bundle = bundle(&folder.path().join("site"));
    let page = text(&bundle, "wiki/雨の日.html");
    assert!(page.contains("datetime=\"2020-03-03\"") && page.contains("Aki、雨宮"), "{page}");
    let page = text(&bundle, "wiki/two_words.html");
    assert!(page.contains("datetime=\"2020-02-01\"") && page.contains("雨宮"), "{page}");
    // What is not committed has the date of its front matter.
    assert!(text(&bundle, "wiki/new.html").contains("datetime=\"2012-05-06\""));
    let stale = text(&bundle, "wiki/雨の日.en.html");
    assert!(
        stale.contains("The original has changed") && stale.contains("3 March 2020"),
        "{stale}"
    );
    let feed = text(&bundle, "feed.xml");
    assert!(feed.contains("<updated>2020-03-03T08:00:00+09:00</updated>"), "{feed}");
    assert!(feed.contains("<published>2011-04-23T00:00:00Z</published>"), "{feed}");
    let recent = text(&bundle, "recent.html");
    let place = |name: &str| recent.find(&format!(">{name}</a>")).expect("it is listed");
    assert!(place("雨の日") < place("two words") && place("two words") < place("new"), "{recent}");
}

#[test]
fn half_a_history_is_none() {
    let folder = repository();
    let origin = format!("file://{}", folder.path().display());
    git(folder.path(), &["clone", "-q", "--depth", "1", &origin, "shallow"], "", "");
    let bundle = bundle(&folder.path().join("shallow/site"));
    assert!(bundle.history.is_empty());
    assert!(text(&bundle, "wiki/雨の日.html").contains("datetime=\"2011-04-23\""));
    let alone = TempDir::new().unwrap();
    write(alone.path(), "wiki/A.md", "一\n");
    assert!(history(&Root::at(alone.path()).unwrap()).is_empty());
}

#[test]
fn nothing_that_the_repository_names_is_run() {
    let folder = repository();
    let here = folder.path();
    let (trap, sprung) = (here.join("trap"), here.join("sprung"));
    fs::write(&trap, format!("#!/bin/sh\ntouch {}\ncat\n", sprung.display())).unwrap();
    fs::set_permissions(&trap, fs::Permissions::from_mode(0o755)).unwrap();
    let path = trap.display().to_string();
    for key in [
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "diff.trap.textconv",
        "diff.trap.command",
        "core.sshCommand",
        "gpg.program",
        "filter.trap.smudge",
    ] {
        git(here, &["config", key, &path], "", "");
    }
    git(here, &["config", "log.showSignature", "true"], "", "");
    write(here, ".gitattributes", "*.md diff=trap filter=trap\n");
    let root = Root::at(&here.join("site")).unwrap();
    assert!(history(&root).of(&SourcePath::new("wiki/雨の日.md")).is_some());
    assert!(!sprung.exists());
}

/// A commit changes no file of the site, and the page tells it all the same.
#[test]
fn a_commit_is_told_while_the_site_is_served() {
    let folder = repository();
    let served = Served::start(&folder.path().join("site"), &[]);
    served.until("/wiki/two_words.html", |page| page.holds("2020-02-01"));
    write(folder.path(), "site/wiki/two words.md", "[[雨の日]] 二\n");
    served.until("/wiki/two_words.html", |page| page.holds("</a> 二"));
    commit(folder.path(), "2021-04-05T08:00:00+09:00", "Midori");
    served.until("/wiki/two_words.html", |page| page.holds("2021-04-05") && page.holds("Midori"));
}
