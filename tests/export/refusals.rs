//! What a bundle is never written over, and that a refusal touches nothing.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use kamishibai::export::{self, Request};
use tempfile::TempDir;

use super::{after, assert_no_staging, assert_same, before, bundle, put, tree, try_write, write};

/// Asserts that a write is refused, saying this in its first line, with help in the second.
#[track_caller]
fn check(target: &Path, expected: &str) {
    check_of_site(target, Path::new("/nonexistent"), expected);
}

#[track_caller]
fn check_of_site(target: &Path, site: &Path, expected: &str) {
    let bundle = before();
    let error = export::write(
        &Request { bundle: &bundle, target, site, precompress: false, keep_stale: false },
        &|_, _| (),
    )
    .expect_err("is refused");
    let text = error.to_string();
    let (what, help) = text.split_once('\n').unwrap_or((&text, ""));
    assert!(what.contains(expected), "{text}");
    assert!(help.starts_with("help: "), "{text}");
}

#[test]
fn a_folder_that_is_no_bundle_is_not_touched() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    put(&at("file"), "precious", "x\n");
    put(&at("manifest-of-others"), "bundle.json", "{\"files\": []}");
    put(&at("broken-manifest"), "bundle.json", "{\"generator\":\"kamishibai\",");
    fs::create_dir_all(at("folders/empty")).unwrap();
    fs::create_dir(at("link")).unwrap();
    symlink("nowhere", at("link/link")).unwrap();
    write(&before(), &at("ours"));
    fs::create_dir(at("borrowed")).unwrap();
    symlink("../ours/bundle.json", at("borrowed/bundle.json")).unwrap();
    let old = tree(folder.path());
    for name in ["file", "manifest-of-others", "broken-manifest", "folders", "link", "borrowed"] {
        check(&at(name), &format!("{} is not empty and is no bundle", at(name).display()));
        assert_same(&tree(folder.path()), &old);
    }
}

/// Puts something at a path.
type Make = fn(&Path);

#[test]
fn what_stands_in_the_way_of_an_output_is_named() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    let in_the_way: [(&str, Make); 5] = [
        ("wiki/Same.html", |path| fs::write(path, "mine").unwrap()),
        ("wiki/Same.html", |path| fs::create_dir_all(path.join("mine")).unwrap()),
        ("wiki/Same.html", |path| symlink("CNAME", path).unwrap()),
        ("turned", |path| fs::write(path, "mine").unwrap()),
        ("turned", |path| symlink("wiki", path).unwrap()),
    ];
    for (path, make) in in_the_way {
        write(&bundle(&[("wiki/Other.md", "# Other\n")]), &target);
        make(&target.join(path));
        let old = tree(folder.path());
        check(&target, &format!("{} is not of the bundle", target.join(path).display()));
        assert_same(&tree(folder.path()), &old);
        fs::remove_dir_all(&target).unwrap();
    }
}

#[test]
fn a_page_in_the_place_of_a_folder_with_foreign_files_is_refused() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    write(&before(), &target);
    put(&target, "turned/mine.txt", "mine");
    let old = tree(folder.path());
    let error = try_write(&after(), &target).expect_err("is refused").to_string();
    assert!(error.contains("out/turned/mine.txt is not of the bundle"), "{error}");
    assert_same(&tree(folder.path()), &old);
}

#[test]
fn folders_that_matter_are_refused() {
    let folder = TempDir::new().unwrap();
    let site = folder.path().join("above/site");
    put(&site, "wiki/Page.md", "# Page\n");
    put(&site, "elsewhere/theme.css", "");
    symlink("elsewhere", site.join("templates")).unwrap();
    symlink(&site, folder.path().join("link")).unwrap();
    let old = tree(folder.path());
    let refused = [
        (".", "is the folder of the site"),
        ("wiki/../decks/..", "is the folder of the site"),
        ("../../link", "is the folder of the site"),
        ("..", "contains the folder of the site"),
        ("wiki", "is in the site's `wiki` folder"),
        ("wiki/new/deep", "is in the site's `wiki` folder"),
        ("decks/x", "is in the site's `decks` folder"),
        ("static/x", "is in the site's `static` folder"),
        ("templates/x", "is in the site's `templates` folder"),
        ("elsewhere/x", "is in the site's `templates` folder"),
    ];
    fs::create_dir(site.join("decks")).unwrap();
    for (path, expected) in refused {
        check_of_site(&site.join(path), &site, expected);
    }
    fs::remove_dir(site.join("decks")).unwrap();
    assert_same(&tree(folder.path()), &old);
    check_of_site(Path::new("/"), &site, "is the root of the disk");
    let home = std::env::home_dir().expect("the tests have a home folder");
    check_of_site(&home, &site, "is the home folder");
    assert_no_staging(&home);
}

#[test]
fn a_target_that_cannot_be_a_folder_is_refused() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "mine").unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    symlink("dangling/further", at("twice")).unwrap();
    let old = tree(folder.path());
    check(&at("file"), &format!("{} is a file", at("file").display()));
    check(&at("file/below/it"), &format!("{} is a file", at("file").display()));
    for name in ["dangling", "twice"] {
        check(&at(name), &format!("{} is a symbolic link that leads nowhere", at(name).display()));
    }
    check(&at("dangling/out"), "is a symbolic link that leads nowhere");
    assert_same(&tree(folder.path()), &old);
}

#[test]
fn a_failed_build_leaves_no_trace() {
    let folder = TempDir::new().unwrap();
    let long = format!("static/{}/x", "x".repeat(300));
    let bad = bundle(&[("wiki/Same.md", "# Same\n"), (long.as_str(), "x")]);
    let fresh = folder.path().join("to/be/made");
    let error = try_write(&bad, &fresh).expect_err("no disk has such names").to_string();
    assert!(error.contains("xxx") && error.contains("\nhelp: "), "{error}");
    assert!(tree(folder.path()).is_empty());
    let target = folder.path().join("out");
    write(&before(), &target);
    let old = tree(folder.path());
    try_write(&bad, &target).expect_err("no disk has such names");
    assert_same(&tree(folder.path()), &old);
    let both = bundle(&[("static/wiki", "x"), ("wiki/Same.md", "# Same\n")]);
    let error = try_write(&both, &target).expect_err("no disk has such files").to_string();
    assert!(error.contains("`wiki` as a file and as a folder"), "{error}");
    assert_same(&tree(folder.path()), &old);
}
