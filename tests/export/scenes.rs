//! File systems of all sorts: full, mounted, read-only, without exchange, without hard links.
//!
//! A scene is a run of this same test binary, in a mount namespace of its own or under `strace`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::{
    after, age, assert_foreign, assert_is, assert_no_staging, assert_same, assert_whole, before,
    bundle, expected, looks, put, put_foreign, tree, try_write, write,
};

const SCENE: &str = "KAMI_TEST_SCENE";
const FOLDER: &str = "KAMI_TEST_FOLDER";

/// Plays a scene when the tests below ask for one; is nothing otherwise.
#[test]
fn scene() {
    let (Ok(name), Ok(folder)) = (std::env::var(SCENE), std::env::var(FOLDER)) else { return };
    let folder = Path::new(&folder);
    match name.as_str() {
        "write before" => drop(write(&before(), &folder.join("out"))),
        "write after" => println!("{:?}", write(&after(), &folder.join("out"))),
        "full disk" => full_disk(folder),
        "mounted target" => mounted_target(folder),
        "read-only disk" => read_only_disk(folder),
        _ => panic!("there is no scene named {name}"),
    }
    println!("scene played");
}

/// Returns a command that plays a scene, behind the words of another command.
pub(super) fn play(words: &[&str], scene: &str, folder: &Path) -> Command {
    let mut words = words.iter().map(ToString::to_string);
    let mut command = Command::new(words.next().expect("a program"));
    command.args(words).arg(std::env::current_exe().unwrap());
    command.args(["--exact", "export::scenes::scene", "--nocapture", "--test-threads=1"]);
    command.env(SCENE, scene).env(FOLDER, folder).env("RAYON_NUM_THREADS", "2");
    command
}

/// Plays a scene to its end.
#[track_caller]
pub(super) fn check(words: &[&str], scene: &str, folder: &Path) -> String {
    let output = run(play(words, scene, folder));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("scene played"),
        "`{scene}` behind `{}` failed; does this machine allow it?\n{text}\n{errors}",
        words.join(" ")
    );
    text
}

pub(super) fn run(mut command: Command) -> Output {
    let program = command.get_program().to_string_lossy().into_owned();
    command
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed, tests/run installs it: {error}"))
}

/// Plays a scene on a small disk of its own.
#[track_caller]
fn check_on_disk(scene: &str, mount: &str) {
    let folder = TempDir::new().unwrap();
    let script = format!("set -e; {mount}; exec \"$@\"");
    let path = folder.path().to_str().unwrap();
    let shell = ["env", &format!("DISK={path}"), "unshare", "-Urm", "sh", "-c", &script, "sh"];
    check(&shell, scene, folder.path());
}

#[test]
fn a_full_disk_leaves_the_old_bundle() {
    check_on_disk("full disk", "mount -t tmpfs -o size=1m disk \"$DISK\"");
}

fn full_disk(folder: &Path) {
    let target = folder.join("out");
    write(&before(), &target);
    put(&target, "CNAME", "slides.example\n");
    let old = tree(folder);
    let large = "large ".repeat(1 << 18);
    let bundle = bundle(&[("wiki/Same.md", "# Same\n"), ("static/large.txt", &large)]);
    for target in [&target, &folder.join("other/new")] {
        let error = try_write(&bundle, target).expect_err("1.5 MiB on 1 MiB").to_string();
        let (what, help) = error.split_once('\n').expect("two lines");
        assert!(
            what.starts_with(&format!("no space left to write {}", folder.display())),
            "{what}"
        );
        assert!(help.starts_with("help: free some space there"), "{help}");
        assert_same(&tree(folder), &old);
    }
    write(&after(), &target);
    assert_whole(&target);
}

#[test]
fn a_mounted_folder_is_written_in_place() {
    check_on_disk(
        "mounted target",
        "mkdir \"$DISK/out\"; mount -t tmpfs -o size=8m disk \"$DISK/out\"",
    );
    // The same disk, mounted a second time: no device number tells the two apart.
    check_on_disk(
        "mounted target",
        "mkdir \"$DISK/out\" \"$DISK/real\"; mount --bind \"$DISK/real\" \"$DISK/out\"",
    );
    check_on_disk(
        "mounted target",
        "mount -t tmpfs -o size=8m disk \"$DISK\"; mkdir \"$DISK/out\"; \
         mount -t tmpfs -o size=8m disk \"$DISK/out\"; mount -o remount,ro \"$DISK\"",
    );
}

fn mounted_target(folder: &Path) {
    let target = folder.join("out");
    let summary = write(&before(), &target);
    assert!(summary.in_place, "a mounted folder cannot be exchanged");
    assert_is(&target, &before());
    age(&target.join("wiki/Same.html"));
    let same = looks(&target.join("wiki/Same.html"));
    let summary = write(&after(), &target);
    assert!(summary.in_place && summary.removed > 0 && summary.kept > 0, "{summary:?}");
    assert_is(&target, &after());
    assert_eq!(looks(&target.join("wiki/Same.html")), same);
    assert_in_place_keeps_foreign(&target);
}

fn assert_in_place_keeps_foreign(target: &Path) {
    write(&bundle(&[]), target);
    let own = tree(target);
    let mut foreign = put_foreign(target);
    foreign.retain(|(path, _)| !own.contains_key(path));
    let kept = tree(target);
    for bundle in [before(), after()] {
        write(&bundle, target);
        assert_foreign(target, &foreign);
        let mut all = expected(&bundle);
        all.extend(foreign.iter().map(|(path, _)| (path.clone(), kept[path].clone())));
        assert_same(&tree(target), &all);
        assert_no_staging(target);
    }
}

#[test]
fn a_read_only_disk_is_said_to_be_one() {
    check_on_disk(
        "read-only disk",
        "mount -t tmpfs disk \"$DISK\"; mkdir \"$DISK/out\"; mount -o remount,ro \"$DISK\"",
    );
}

fn read_only_disk(folder: &Path) {
    for target in ["out", "new", "new/deeper"].map(|name| folder.join(name)) {
        let error = try_write(&before(), &target).expect_err("nothing can be written").to_string();
        let (what, help) = error.split_once('\n').expect("two lines");
        assert!(what.contains(&folder.display().to_string()), "{what}");
        assert!(what.to_lowercase().contains("read-only"), "{what}");
        assert_eq!(help, "help: name a folder that you may write to");
    }
}

/// Writes over the old bundle while calls to the system fail.
#[track_caller]
fn check_without(calls: &[&str], expected_in_place: bool) {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    write(&bundle(&[]), &target);
    let own = tree(&target);
    let mut foreign = put_foreign(&target);
    foreign.retain(|(path, _)| !own.contains_key(path));
    write(&before(), &target);
    age(&target.join("wiki/Same.html"));
    let time = |path: &str| fs::metadata(target.join(path)).unwrap().modified().unwrap();
    let old = ["wiki/Same.html", "CNAME", "empty"].map(time);
    let kept = tree(&target);
    let injections: Vec<String> = calls.iter().map(|call| format!("inject={call}")).collect();
    let mut strace = vec!["strace", "-f", "-qq", "-o", "/dev/null"];
    strace.extend(injections.iter().flat_map(|injection| ["-e", injection.as_str()]));
    let told = check(&strace, "write after", folder.path());
    assert!(told.contains(&format!("in_place: {expected_in_place}")), "{told}");
    let mut all = expected(&after());
    all.extend(foreign.iter().map(|(path, _)| (path.clone(), kept[path].clone())));
    assert_same(&tree(&target), &all);
    assert_eq!(["wiki/Same.html", "CNAME", "empty"].map(time), old);
    assert_no_staging(&target);
}

#[test]
fn without_exchange_files_are_replaced_one_by_one() {
    for error in ["EINVAL", "ENOSYS", "EXDEV"] {
        check_without(&[&format!("renameat2:error={error}")], true);
    }
}

#[test]
fn where_nothing_can_be_made_beside_the_target_it_is_written_in_place() {
    for error in ["EACCES", "EROFS"] {
        check_without(&[&format!("mkdir:error={error}:when=1")], true);
    }
}

#[test]
fn the_folder_that_the_shell_is_in_stays_the_same_folder() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    write(&before(), &target);
    let inode = looks(&target).0;
    let here = target.join("wiki");
    let told = check(&["env", "-C", here.to_str().unwrap()], "write after", folder.path());
    assert!(told.contains("in_place: true"), "{told}");
    assert_eq!(looks(&target).0, inode);
    assert_is(&target, &after());
}

#[test]
fn without_hard_links_files_are_copied() {
    for error in ["EPERM", "EMLINK", "EXDEV"] {
        check_without(&[&format!("linkat:error={error}")], false);
    }
    check_without(&["linkat:error=EPERM", "renameat2:error=EINVAL"], true);
}

#[test]
fn a_new_folder_needs_no_exchange() {
    let folder = TempDir::new().unwrap();
    let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=renameat2:error=EINVAL"];
    let told = check(&strace, "write after", folder.path());
    assert!(told.contains("in_place: false"), "{told}");
    assert_is(&folder.path().join("out"), &after());
}
