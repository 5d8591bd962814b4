//! A bundle in a folder: whole or not at all, and nothing touched that is not ours.

#![expect(clippy::unwrap_used, reason = "a helper that panics is a test that fails")]

mod crash;
mod forms;
mod lean;
mod refusals;
mod scenes;

use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes, Metadata};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use kamishibai::compile::{Bundle, compile};
use kamishibai::digest::Digest;
use kamishibai::export::{self, Request, Summary};
use kamishibai::output::{WORKER, parse_manifest};
use kamishibai::page::Options;
use kamishibai::source::{Source, SourcePath};
use tempfile::TempDir;

/// Compiles a site of these files.
fn bundle(files: &[(&str, &str)]) -> Bundle {
    let sources = files.iter().map(|(path, text)| {
        if SourcePath::new(path).is_document() {
            Source::text(path, text)
        } else {
            Source::asset(path, text.as_bytes(), None)
        }
    });
    compile(sources.collect(), Options::default())
}

/// Two states of one site: pages that stay, change, come and go, and a file that becomes a folder.
fn before() -> Bundle {
    bundle(&[
        ("wiki/Same.md", "# Same\n"),
        ("wiki/Changed.md", "# Changed\n\nbefore\n"),
        ("wiki/old/Gone.md", "# Gone\n"),
        ("decks/talk.md", "# A talk\n"),
        ("static/turns", "a file\n"),
        ("static/turned/back.txt", "in a folder\n"),
    ])
}

fn after() -> Bundle {
    bundle(&[
        ("wiki/Same.md", "# Same\n"),
        ("wiki/Changed.md", "# Changed\n\nafter, and longer\n"),
        ("wiki/new/Come.md", "# Come\n"),
        ("decks/talk.md", "# A talk\n"),
        ("static/turns/now.txt", "in a folder\n"),
        ("static/turned", "a file\n"),
    ])
}

fn try_write(bundle: &Bundle, target: &Path) -> anyhow::Result<Summary> {
    // No site of ours lies in a folder of that name.
    let site = Path::new("/nonexistent/site");
    export::write(
        &Request { bundle, target, site, precompress: false, keep_stale: false },
        &|_, _| (),
    )
}

#[track_caller]
fn write(bundle: &Bundle, target: &Path) -> Summary {
    try_write(bundle, target).unwrap_or_else(|error| panic!("{error}"))
}

/// What a folder holds, by path: of a file its bytes, of a link where it leads, of a folder nothing.
type Tree = BTreeMap<PathBuf, (char, Vec<u8>)>;

fn tree(folder: &Path) -> Tree {
    let mut found = Tree::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries.map(Result::unwrap) {
        let (path, name) = (entry.path(), PathBuf::from(entry.file_name()));
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(
                tree(&path).into_iter().map(|(inside, content)| (name.join(inside), content)),
            );
            found.insert(name, ('d', Vec::new()));
        } else if kind.is_symlink() {
            let target = fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes();
            found.insert(name, ('l', target));
        } else {
            found.insert(name, ('f', fs::read(&path).unwrap()));
        }
    }
    found
}

/// Returns the tree that a bundle makes in a folder of its own, checked against its manifest.
fn expected(bundle: &Bundle) -> Tree {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    write(bundle, &target);
    assert_whole(&target);
    tree(&target)
}

/// Asserts that each file of the manifest is there to the byte.
#[track_caller]
fn assert_whole(target: &Path) {
    let manifest = parse_manifest(&fs::read(target.join("bundle.json")).unwrap()).unwrap();
    for entry in &manifest {
        let bytes = fs::read(target.join(&entry.path)).unwrap();
        assert_eq!(Digest::of(&bytes).to_string(), entry.digest, "{}", entry.path);
        assert_eq!(bytes.len() as u64, entry.bytes, "{}", entry.path);
    }
}

/// Asserts that a folder is the bundle and nothing else.
#[track_caller]
fn assert_is(target: &Path, bundle: &Bundle) {
    assert_same(&tree(target), &expected(bundle));
}

#[track_caller]
fn assert_same(found: &Tree, expected: &Tree) {
    let differs = |path: &&PathBuf| found.get(*path) != expected.get(*path);
    let differing: Vec<&PathBuf> = found.keys().chain(expected.keys()).filter(differs).collect();
    assert!(differing.is_empty(), "these differ: {differing:?}");
}

/// Asserts that a build has left nothing beside its target, and nothing hidden in it.
#[track_caller]
fn assert_no_staging(target: &Path) {
    for folder in [target, target.parent().unwrap()] {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries.map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap_or_default();
            assert!(!name.contains(".kami-"), "{} is left behind", entry.path().display());
        }
    }
}

fn put(target: &Path, path: &str, text: &str) {
    let path = target.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Makes a file look as if it were from long ago.
fn age(path: &Path) {
    let then = SystemTime::UNIX_EPOCH + Duration::from_hours(362_093);
    File::open(path).unwrap().set_times(FileTimes::new().set_modified(then)).unwrap();
}

/// What tells that a file is the same and untouched: inode, seconds, nanoseconds, mode.
type Looks = (u64, i64, i64, u32);

fn looks(path: &Path) -> Looks {
    let of: Metadata = fs::symlink_metadata(path).unwrap();
    (of.ino(), of.mtime(), of.mtime_nsec(), of.mode())
}

#[test]
fn every_output_is_written_with_a_manifest() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("far/away/out");
    let bundle = before();
    let summary = write(&bundle, &target);
    assert_whole(&target);
    let mut paths = bundle.addresses();
    for path in &paths {
        let output = bundle.make(path).unwrap();
        assert_eq!(fs::read(target.join(path)).unwrap(), output.bytes, "{path}");
    }
    // The worker comes last: it changes with all else.
    paths.push(WORKER.to_owned());
    let size = |path: &String| fs::metadata(target.join(path)).unwrap().len();
    let bytes: u64 = paths.iter().map(size).sum();
    let expected = Summary { written: paths.len(), bytes, ..Summary::default() };
    assert_eq!(summary, expected);
    let manifest = fs::read_to_string(target.join("bundle.json")).unwrap();
    let entries = parse_manifest(manifest.as_bytes()).unwrap();
    paths.sort();
    assert!(entries.iter().map(|entry| &entry.path).eq(&paths), "sorted, and without itself");
    assert_eq!(manifest.lines().count(), paths.len() + 2, "one file a line");
    let asset = entries.iter().find(|entry| entry.path.starts_with("assets/site-")).unwrap();
    assert!(asset.content_type.ends_with("; charset=utf-8"));
    assert!(asset.cache_control.contains("immutable"));
    let files = tree(&target).into_values().filter(|(kind, _)| *kind == 'f').count();
    assert_eq!(files, paths.len() + 1);
    assert_no_staging(&target);
}

#[test]
fn progress_is_told_up_to_the_end() {
    let folder = TempDir::new().unwrap();
    let bundle = before();
    let told = std::sync::Mutex::new(Vec::new());
    let target = folder.path().join("out");
    let request = Request {
        bundle: &bundle,
        target: &target,
        site: Path::new("/nonexistent"),
        precompress: false,
        keep_stale: false,
    };
    export::write(&request, &|done, total| told.lock().unwrap().push((done, total))).unwrap();
    let mut told = told.into_inner().unwrap();
    told.sort_unstable();
    let total = bundle.addresses().len() + 1;
    assert!(told.into_iter().eq((1..=total).map(|done| (done, total))));
}

#[test]
fn a_build_changes_only_what_changed() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    write(&before(), &target);
    let manifest = parse_manifest(&fs::read(target.join("bundle.json")).unwrap()).unwrap();
    for entry in &manifest {
        age(&target.join(&entry.path));
    }
    let same = ["wiki/Same.html", "decks/talk.html", "robots.txt"].map(|path| target.join(path));
    let old: Vec<_> = same.iter().map(|path| looks(path)).collect();
    let changed = looks(&target.join("wiki/Changed.html"));
    let summary = write(&after(), &target);
    assert_is(&target, &after());
    assert_eq!(same.iter().map(|path| looks(path)).collect::<Vec<_>>(), old);
    assert_ne!(looks(&target.join("wiki/Changed.html")), changed);
    assert!(!target.join("wiki/old").exists(), "a folder goes with its last page");
    let now = after().addresses();
    let gone = before().addresses().iter().filter(|path| !now.contains(path)).count();
    assert_eq!(summary.removed, gone);
    assert_eq!(summary.written + summary.kept, now.len() + 1, "with the worker");
    assert!(summary.kept >= same.len() && summary.written >= 4, "{summary:?}");
    assert_no_staging(&target);
}

#[test]
fn a_build_of_the_same_touches_nothing() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    write(&before(), &target);
    let paths = || tree(&target).into_keys().chain([PathBuf::new()]);
    let old: Vec<_> = paths().map(|path| looks(&target.join(path))).collect();
    let summary = write(&before(), &target);
    assert_eq!((summary.written, summary.removed), (0, 0));
    assert_eq!(paths().map(|path| looks(&target.join(path))).collect::<Vec<_>>(), old);
    assert_no_staging(&target);
}

#[test]
fn a_damaged_bundle_is_mended() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    write(&before(), &target);
    let page = target.join("wiki/Same.html");
    let text = fs::read_to_string(&page).unwrap();
    fs::write(&page, text.replace("Same", "Sane")).unwrap();
    fs::write(target.join("wiki/Changed.html"), "").unwrap();
    fs::remove_file(target.join("index.html")).unwrap();
    fs::remove_file(target.join("robots.txt")).unwrap();
    symlink("index.html", target.join("robots.txt")).unwrap();
    let summary = write(&before(), &target);
    assert_eq!(summary.written, 4);
    assert_is(&target, &before());
}

/// Files and folders of the kinds that people keep in a folder like this.
fn put_foreign(target: &Path) -> Vec<(PathBuf, Looks)> {
    put(target, "CNAME", "slides.example\n");
    put(target, ".git/refs/heads/gh-pages", "0123\n");
    put(target, "wiki/notes.txt", "beside a page\n");
    put(target, "wiki/old/mine.txt", "beside a page that goes\n");
    put(target, "private/letter.txt", "dear\n");
    fs::create_dir_all(target.join("empty/within")).unwrap();
    symlink("nowhere", target.join("dangling")).unwrap();
    symlink("/", target.join("leads-out")).unwrap();
    fs::set_permissions(target.join("private"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(target.join("CNAME"), fs::Permissions::from_mode(0o600)).unwrap();
    age(&target.join("CNAME"));
    age(&target.join("empty"));
    let all = tree(target).into_keys();
    all.map(|path| (path.clone(), looks(&target.join(path)))).collect()
}

/// Asserts that what is not ours is as it was; of folders the time and the mode.
#[track_caller]
fn assert_foreign(target: &Path, foreign: &[(PathBuf, Looks)]) {
    for (path, old) in foreign {
        let new = looks(&target.join(path));
        let is_shared = ["wiki", "wiki/old"].iter().any(|ours| path == Path::new(ours));
        if target.join(path).is_dir() && !is_shared {
            assert_eq!((new.1, new.2, new.3), (old.1, old.2, old.3), "{}", path.display());
        } else if !is_shared {
            assert_eq!(new, *old, "{}", path.display());
        }
    }
}

#[test]
fn what_is_not_ours_stays() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    write(&bundle(&[]), &target);
    let own = tree(&target);
    let foreign: Vec<_> =
        put_foreign(&target).into_iter().filter(|(path, _)| !own.contains_key(path)).collect();
    let with = |bundle: &Bundle| {
        let mut all = expected(bundle);
        let now = tree(&target);
        all.extend(foreign.iter().map(|(path, _)| (path.clone(), now[path].clone())));
        all
    };
    for bundle in [before(), after(), after()] {
        write(&bundle, &target);
        assert_foreign(&target, &foreign);
        assert_same(&tree(&target), &with(&bundle));
        assert_no_staging(&target);
    }
}

#[test]
fn the_target_keeps_its_mode() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    fs::create_dir(&target).unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o2751)).unwrap();
    write(&before(), &target);
    assert_eq!(fs::metadata(&target).unwrap().mode() & 0o7777, 0o2751);
    assert_is(&target, &before());
}

#[test]
fn a_link_to_a_folder_is_followed() {
    let folder = TempDir::new().unwrap();
    let (real, link) = (folder.path().join("real/out"), folder.path().join("link"));
    fs::create_dir_all(&real).unwrap();
    symlink("real/out", &link).unwrap();
    write(&before(), &link);
    write(&after(), &link);
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("real/out"));
    assert_is(&real, &after());
    assert_no_staging(&real);
    assert_no_staging(&link);
}

#[test]
fn what_dead_builds_left_is_removed_and_what_a_living_one_needs_is_not() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    put(folder.path(), ".out.kami-4194304/new/index.html", "half");
    put(folder.path(), ".out.kami-1-2/new/index.html", "half");
    put(folder.path(), ".out.kami-notes/letter.txt", "not of a build");
    put(folder.path(), ".other.kami-1/new/index.html", "of another target");
    put(folder.path(), ".out.kami-77/new/index.html", "at work");
    let living = File::open(folder.path().join(".out.kami-77")).unwrap();
    living.lock().unwrap();
    write(&before(), &target);
    let mut left: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".other.kami-1", ".out.kami-77", ".out.kami-notes", "out"]);
}

#[test]
fn two_builds_at_once_leave_one_of_them() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    let (one, other) = (before(), after());
    write(&one, &target);
    put(&target, "CNAME", "slides.example\n");
    let (one_tree, other_tree) = [&one, &other]
        .map(|bundle| {
            let mut tree = expected(bundle);
            tree.insert("CNAME".into(), ('f', b"slides.example\n".to_vec()));
            tree
        })
        .into();
    for _ in 0..20 {
        std::thread::scope(|scope| {
            scope.spawn(|| write(&one, &target));
            scope.spawn(|| write(&other, &target));
        });
        let found = tree(&target);
        assert!(found == one_tree || found == other_tree, "a mixture of two bundles");
        assert_no_staging(&target);
    }
}
