//! Killed at any call to the system, a build leaves the old bundle or the new one, and the next one mends.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use tempfile::TempDir;

use super::scenes::{check, play, run};
use super::{Tree, after, assert_no_staging, assert_same, before, expected, put, tree, write};

/// The calls that change the disk; a build dies at many of each.
const CALLS: [&str; 9] =
    ["openat", "write", "mkdir", "mkdirat", "linkat", "fsync", "renameat2", "unlinkat", "rmdir"];
const POINTS_PER_CALL: usize = 24;

/// Where a build was killed, and what was there afterwards.
#[derive(Default)]
struct Outcomes {
    killed: usize,
    old: usize,
    new: usize,
}

/// Counts the calls of a whole run, by name, in the thread that makes most of them:
/// `strace` counts for each thread on its own, too.
fn count_calls(scene: &str, folder: &Path, injections: &[&str]) -> BTreeMap<String, usize> {
    let log = TempDir::new().unwrap();
    let path = log.path().join("calls");
    let trace = format!("trace={},renameat,rename", CALLS.join(","));
    let mut words = vec!["strace", "-f", "-qq", "-o", path.to_str().unwrap(), "-e", &trace];
    words.extend(injections.iter().flat_map(|injection| ["-e", injection]));
    check(&words, scene, folder);
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for line in fs::read_to_string(&path).unwrap().lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        if let Some((name, _)) = call.trim_start().split_once('(') {
            *counts.entry((name.to_owned(), thread.to_owned())).or_default() += 1;
        }
    }
    let mut most = BTreeMap::new();
    for ((name, _), count) in counts {
        let known: &mut usize = most.entry(name).or_default();
        *known = count.max(*known);
    }
    most
}

/// Plays a scene that dies at a call; tells whether it did.
fn kill_at(scene: &str, folder: &Path, injections: &[String]) -> bool {
    let mut strace = vec!["strace", "-f", "-qq", "-o", "/dev/null"];
    strace.extend(injections.iter().flat_map(|injection| ["-e", injection.as_str()]));
    let output = run(play(&strace, scene, folder));
    let killed = output.status.signal() == Some(9);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(killed || output.status.success(), "neither killed nor done: {errors}");
    killed
}

/// Returns points spread over all calls, the first and the last among them.
fn points(count: usize) -> impl Iterator<Item = usize> {
    let points = POINTS_PER_CALL.min(count);
    (0..points).map(move |index| 1 + index * (count - 1) / (points - 1).max(1))
}

fn with_foreign(bundle: &super::Bundle) -> Tree {
    let mut tree = expected(bundle);
    tree.insert("CNAME".into(), ('f', b"slides.example\n".to_vec()));
    tree
}

#[test]
fn a_killed_build_leaves_the_old_bundle_or_the_new_one() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    let (old, new) = (with_foreign(&before()), with_foreign(&after()));
    let restore = || {
        write(&before(), &target);
        put(&target, "CNAME", "slides.example\n");
    };
    restore();
    let counts = count_calls("write after", folder.path(), &[]);
    let mut outcomes = Outcomes::default();
    for call in CALLS {
        let count = counts.get(call).copied().unwrap_or(0);
        for point in points(count) {
            restore();
            let injection = format!("inject={call}:signal=SIGKILL:when={point}");
            outcomes.killed += usize::from(kill_at("write after", folder.path(), &[injection]));
            let found = tree(&target);
            match () {
                () if found == old => outcomes.old += 1,
                () if found == new => outcomes.new += 1,
                () => panic!("killed at {call} {point}: neither the old bundle nor the new one"),
            }
            write(&after(), &target);
            assert_same(&tree(&target), &new);
            assert_no_staging(&target);
        }
    }
    let Outcomes { killed, old, new } = outcomes;
    assert!(killed >= 40, "killed at {killed} points only; {counts:?}");
    assert!(old > 0 && new > 0, "killed before and after the exchange: {old} and {new}");
}

#[test]
fn a_killed_first_build_leaves_nothing_or_all() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    let new = expected(&before());
    let counts = count_calls("write before", folder.path(), &[]);
    for call in ["mkdir", "mkdirat", "write", "fsync", "renameat2"] {
        let count = counts.get(call).copied().unwrap_or(0);
        for point in points(count) {
            if target.exists() {
                fs::remove_dir_all(&target).unwrap();
            }
            let injection = format!("inject={call}:signal=SIGKILL:when={point}");
            kill_at("write before", folder.path(), &[injection]);
            let found = tree(&target);
            assert!(!target.exists() || found == new, "killed at {call} {point}: half a bundle");
            write(&before(), &target);
            assert_same(&tree(&target), &new);
            assert_no_staging(&target);
        }
    }
}

#[test]
fn after_a_kill_in_place_the_next_build_mends() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    let new = with_foreign(&after());
    let restore = || {
        write(&before(), &target);
        put(&target, "CNAME", "slides.example\n");
    };
    let no_exchange = "inject=renameat2:error=EINVAL";
    restore();
    let counts = count_calls("write after", folder.path(), &[no_exchange]);
    let mut mixtures = 0;
    for call in ["fsync", "renameat", "unlinkat"] {
        let count = counts.get(call).copied().unwrap_or(0);
        for point in points(count) {
            restore();
            let old = tree(&target);
            let injection = format!("inject={call}:signal=SIGKILL:when={point}");
            kill_at("write after", folder.path(), &[no_exchange.to_owned(), injection]);
            let found = tree(&target);
            mixtures += usize::from(found != old && found != new);
            for (path, content) in &found {
                let is_whole = [&old, &new].iter().any(|tree| tree.get(path) == Some(content));
                assert!(is_whole, "killed at {call} {point}: {} is torn", path.display());
            }
            write(&after(), &target);
            assert_same(&tree(&target), &new);
            assert_no_staging(&target);
        }
    }
    assert!(mixtures > 0, "a build in place was killed halfway: {counts:?}");
}
