//! `kami rename`, and what is left of one that was killed.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::kami;
use crate::serve::write;

fn many(count: usize) -> TempDir {
    let folder = TempDir::new().expect("there is room");
    write(folder.path(), "wiki/Old.md", "# Old\n");
    for number in 0..count {
        write(folder.path(), &format!("wiki/P{number}.md"), &format!("# {number}\n\n[[Old]]\n"));
    }
    folder
}

#[test]
fn the_command_tells_and_does_what_it_plans() {
    let site = many(2);
    let old = fs::read(site.path().join("wiki/P1.md")).unwrap();
    let (status, planned, _) = kami(site.path(), &["rename", "Old", "New", "--plan"]);
    assert_eq!(
        (status, planned.as_str()),
        (0, "wiki/Old.md -> wiki/New.md\nwiki/P0.md:3:3: Old -> New\nwiki/P1.md:3:3: Old -> New\n")
    );
    assert_eq!(fs::read(site.path().join("wiki/P1.md")).unwrap(), old);
    assert!(site.path().join("wiki/Old.md").exists() && !site.path().join(".kami").exists());
    let (status, done, _) = kami(site.path(), &["rename", "wiki/Old.md", "New"]);
    assert_eq!((status, done), (0, planned));
    assert_eq!(fs::read_to_string(site.path().join("wiki/P1.md")).unwrap(), "# 1\n\n[[New]]\n");
    assert_eq!(
        fs::read_to_string(site.path().join("wiki/New.md")).unwrap(),
        "---\naliases: [Old]\n---\n\n# Old\n"
    );
    assert!(!site.path().join("wiki/Old.md").exists());
    let (status, _, said) = kami(site.path(), &["check"]);
    assert!(status == 0 && !said.contains("missing-link"), "no link is lost: {said}");
    let (status, _, said) = kami(site.path(), &["rename", "Nowhere", "New"]);
    assert!(status == 2 && said.contains("help:"), "{said}");
}

/// The running order is in no folder of texts, and is written all the same; over a link it is not.
#[test]
fn the_running_order_follows_a_talk() {
    let site = many(0);
    let here = site.path();
    let order = "# 演目\n[event]\ntalks = [\"talk\"] # first\n";
    write(here, "kami.toml", order);
    write(here, "decks/talk.md", "# T\n\n[[Old]]\n");
    let (status, done, said) = kami(here, &["rename", "talk", "speech"]);
    assert_eq!(status, 0, "{said}");
    assert!(done.contains("kami.toml:3:11: talk -> speech"), "{done}");
    let settings = here.join("kami.toml");
    assert_eq!(fs::read_to_string(&settings).unwrap(), order.replace("talk\"", "speech\""));
    let (_, _, said) = kami(here, &["check"]);
    assert!(!said.contains("missing-deck"), "{said}");
    let quiet = kami(here, &["rename", "-q", "speech", "word"]);
    assert_eq!(quiet, (0, String::new(), String::new()));
    fs::rename(&settings, here.join("real.toml")).unwrap();
    std::os::unix::fs::symlink("real.toml", &settings).unwrap();
    let (status, _, said) = kami(here, &["rename", "word", "talk"]);
    assert!(status == 2 && said.contains("link"), "{said}");
    assert!(here.join("decks/word.md").exists() && settings.is_symlink());
}

/// Killed at any moment, a renaming is done as a whole by whoever opens the site next, or has not begun.
#[test]
fn a_renaming_that_is_killed_is_whole_in_the_end() {
    let calls = ["renameat", "renameat2", "unlinkat", "fsync", "write"];
    let mut killed = 0;
    for call in calls {
        for at in [1, 2, 3, 5, 8, 13] {
            let site = many(4);
            let injection = format!("inject={call}:signal=SIGKILL:when={at}");
            let mut strace = Command::new("strace");
            strace.args([
                "-f",
                "-qq",
                "-o",
                "/dev/null",
                "-e",
                &injection,
                env!("CARGO_BIN_EXE_kami"),
                "rename",
                "Old",
                "New",
            ]);
            let output =
                strace.current_dir(site.path()).output().expect("tests/run installs strace");
            killed += usize::from(!output.status.success());
            let (status, _, said) = kami(site.path(), &["check"]);
            assert!(status == 0 && !said.contains("missing-link"), "{call} {at}: {said}");
            let names = |name: &str| site.path().join(name).exists();
            assert!(names("wiki/Old.md") != names("wiki/New.md"), "{call} {at}");
            let name = if names("wiki/New.md") { "New" } else { "Old" };
            for number in 0..4 {
                let text =
                    fs::read_to_string(site.path().join(format!("wiki/P{number}.md"))).unwrap();
                assert_eq!(text, format!("# {number}\n\n[[{name}]]\n"), "{call} {at}");
            }
        }
    }
    assert!(killed > 5, "{killed} were killed");
}
