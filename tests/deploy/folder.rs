//! `kami deploy file:///folder`: the whole bundle in one step; what nobody asked to delete stays.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::{NOTE, said};
use crate::serve::{site, write};

fn deploy(site: &Path, folder: &Path, arguments: &[&str]) -> Output {
    let mut kami = Command::new(env!("CARGO_BIN_EXE_kami"));
    let target = format!("file://{}", folder.display().to_string().replace(' ', "%20"));
    kami.args(["deploy", &target]).args(arguments).arg(site).output().unwrap()
}

#[track_caller]
fn deployed(site: &Path, folder: &Path, arguments: &[&str]) -> String {
    let output = deploy(site, folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    said(&output)
}

#[test]
fn a_folder_gets_the_bundle_and_keeps_what_nobody_asked_to_delete() {
    let (site, folder) = (site(), TempDir::new().unwrap());
    let (site, folder) = (site.path(), folder.path().join("web root"));
    write(site, "wiki/Gone.md", "# Gone\n\n[[Kamishibai]]\n");
    let planned = deployed(site, &folder, &["--dry-run"]);
    assert!(planned.contains("new       wiki/Gone.html\n"), "{planned}");
    assert!(!folder.exists(), "nothing is done");
    deployed(site, &folder, &[]);
    write(&folder, "theirs.txt", "foreign");
    fs::remove_file(site.join("wiki/Gone.md")).unwrap();
    let planned = deployed(site, &folder, &["--dry-run"]);
    assert!(planned.contains("stale     wiki/Gone.html\n"), "{planned}");
    // It stays, however often one deploys, and is known as ours.
    for _ in 0..2 {
        deployed(site, &folder, &[]);
        assert!(folder.join("wiki/Gone.html").is_file() && folder.join(NOTE).is_file());
    }
    let told = deployed(site, &folder, &[]);
    assert!(told.contains("0 new, 0 changed"), "{told}");
    let planned = deployed(site, &folder, &["--dry-run", "--delete"]);
    assert!(planned.contains("delete    wiki/Gone.html\n"), "{planned}");
    deployed(site, &folder, &["--delete"]);
    assert!(!folder.join("wiki/Gone.html").exists() && !folder.join(NOTE).exists());
    assert_eq!(fs::read_to_string(folder.join("theirs.txt")).unwrap(), "foreign");
}

#[test]
fn flags_of_stores_and_foreign_folders_are_refused() {
    let (site, folder) = (site(), TempDir::new().unwrap());
    write(folder.path(), "precious.txt", "theirs");
    for (arguments, text) in [
        (&["--distribution", "E1"][..], "is for stores"),
        (&[], "is not empty and is no bundle of ours"),
        (&["--dry-run"], "is not empty and is no bundle of ours"),
    ] {
        let output = deploy(site.path(), folder.path(), arguments);
        let told = said(&output);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(text) && told.contains("\nhelp: "), "{told}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    write(site.path(), "wiki/Bad.md", "---\ntitle: [oops\n---\n# Bad\n");
    let output = deploy(site.path(), &folder.path().join("new"), &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(!folder.path().join("new").exists());
}

#[test]
fn releases_of_a_folder_are_links_that_change_in_one_step() {
    let (site, folder) = (site(), TempDir::new().unwrap());
    let (site, folder) = (site.path(), folder.path().join("www"));
    let read = |path: &str| fs::read_to_string(folder.join(path).join("wiki/Page.html")).unwrap();
    deployed(site, &folder, &["--release"]);
    let first = fs::read_link(folder.join("current")).unwrap();
    let text = read("current");
    let output = deploy(site, &folder, &["--rollback"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    write(site, "wiki/Page.md", "# Page\n\nanother\n");
    deployed(site, &folder, &["--release"]);
    assert!(read("current") != text && read("previous") == text);
    deployed(site, &folder, &["--release"]);
    assert_eq!(read("previous"), text, "the same again is no release more");
    deployed(site, &folder, &["--rollback", "--dry-run"]);
    assert_ne!(read("current"), text);
    deployed(site, &folder, &["--rollback"]);
    assert_eq!((read("current"), fs::read_link(folder.join("current")).unwrap()), (text, first));
    fs::remove_file(folder.join("current")).unwrap();
    write(&folder, "current/mine.txt", "foreign");
    let output = deploy(site, &folder, &["--release"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("is no link of ours"), "{}", said(&output));
}
