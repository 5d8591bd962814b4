//! The command line: exit statuses, what is printed where, and what a person sees who mistypes.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::serve::{site, write};

fn kami(folder: &Path, arguments: &[&str]) -> Output {
    let mut kami = Command::new(env!("CARGO_BIN_EXE_kami"));
    kami.current_dir(folder).args(arguments).output().expect("the program starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs the program; it has to end with `status` and say `text` on standard error.
#[track_caller]
fn fails(folder: &Path, arguments: &[&str], status: i32, text: &str) {
    let output = kami(folder, arguments);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
    assert!(said.contains(text), "{arguments:?} should say {text:?}: {said}");
}

#[test]
fn a_folder_of_decks_that_is_no_site_says_how_to_show_one() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    fs::write(here.join("README.md"), "# About these talks\n").unwrap();
    fs::write(here.join("雨の話.md"), "---\nmarp: true\n---\n\n# 雨\n").unwrap();
    fails(here, &["serve"], 2, "雨の話.md; in a folder called `decks`");
}

#[test]
fn a_talk_whose_file_cannot_be_read_is_told_once() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    fs::create_dir(here.join("decks")).unwrap();
    fs::write(here.join("kami.toml"), "[event]\ntalks = [\"rain\", \"snow\"]\n").unwrap();
    fs::write(here.join("decks/rain.md"), b"# \x89J\n").unwrap();
    let said = stderr(&kami(here, &["check"]));
    assert!(said.contains("decks/rain.md:1:3: error[not-utf8]"), "{said}");
    assert!(said.contains("there is no deck `snow`"), "{said}");
    assert!(!said.contains("there is no deck `rain`"), "{said}");
}

#[test]
fn wrong_usage_and_a_wrong_world_are_explained() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    for command in ["serve", "build", "check"] {
        fails(here, &[command], 2, "neither a `decks` nor a `wiki` folder");
        fails(here, &[command], 2, "help: `kami new DIR` makes a small site");
        fails(here, &[command, "nothing-there"], 2, "open nothing-there");
    }
    fails(here, &["serve", "--prot", "1"], 2, "'--port'");
    fails(here, &["chekc"], 2, "'check'");
    fails(here, &["check", "--format", "yaml"], 2, "json");
    fails(here, &["explain", "missing-lnk"], 2, "did you mean `missing-link`?");
    fails(here, &["build", "--base-url", "example.org"], 2, "not an address");
    assert!(
        stdout(&kami(here, &["explain", "missing-link"])).starts_with("warning [missing-link]")
    );
    for shell in ["bash", "zsh", "fish"] {
        let output = kami(here, &["completions", shell]);
        assert!(output.status.success() && stdout(&output).contains("kami"), "{shell}");
    }
}

#[test]
fn a_new_site_is_flawless_and_nobody_s_folder_is_touched() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    for lang in ["ja", "en"] {
        assert!(kami(here, &["new", lang, "--lang", lang]).status.success());
        let checked = kami(here, &["check", lang, "--strict"]);
        assert_eq!((checked.status.code(), stderr(&checked).as_str()), (Some(0), ""), "{lang}");
        let built = kami(here, &["build", lang, "--strict"]);
        assert_eq!((built.status.code(), stderr(&built).as_str()), (Some(0), ""), "{lang}");
        fails(here, &["new", lang], 2, "not empty");
    }
    write(here, "mine/file.txt", "mine");
    fails(here, &["new", "mine"], 2, "not empty");
    assert_eq!(fs::read_dir(here.join("mine")).unwrap().count(), 1);
    // What stands in the way of the bundle is never emptied.
    fails(here, &["build", "ja", "-o", "mine"], 2, "mine");
    assert_eq!(fs::read_to_string(here.join("mine/file.txt")).unwrap(), "mine");
}

#[test]
fn diagnostics_are_printed_for_people_and_for_programs() {
    let site = site();
    let here = site.path();
    write(here, "wiki/Page.md", "---\ntitle: [oops\n---\n# Page\n\n[[Nothing]] [[Kamishibai]]\n");
    let output = kami(here, &["check"]);
    let said = stderr(&output);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
    let first = "wiki/Page.md:2:8: error[front-matter]: the front matter is not YAML";
    assert!(said.lines().any(|line| line.starts_with(first)), "{said}");
    assert!(said.contains("\nhelp: ") && !said.contains('\x1b'), "{said}");
    let output = kami(here, &["check", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    for line in stdout(&output).lines() {
        let found: Json = serde_json::from_str(line).expect("a line is an object");
        let mut keys: Vec<&str> = found.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["code", "column", "help", "line", "message", "path", "severity"]);
    }
    write(here, "wiki/Page.md", "# Page\n\n[[Nothing]] [[Kamishibai]]\n");
    assert_eq!(kami(here, &["check"]).status.code(), Some(0));
    for command in ["check", "build"] {
        let strict = kami(here, &[command, "--strict"]);
        assert_eq!(strict.status.code(), Some(1));
        let said = stderr(&strict);
        assert!(said.contains("wiki/Page.md:3:1: error[missing-link]: "), "{said}");
        assert!(!said.contains("warning[") && said.contains("0 warnings"), "{said}");
    }
    let strict = kami(here, &["check", "--strict", "--format", "json"]);
    assert!(stdout(&strict).contains(r#""code":"missing-link","severity":"error""#));
    let quiet = stderr(&kami(here, &["check", "-q"]));
    assert!(quiet.contains("missing-link") && !quiet.contains("0 errors"), "{quiet}");
}

/// What is named as a site is a folder or Markdown; slides of a settings file would take the bundle's place.
#[test]
fn a_file_that_is_no_markdown_is_no_site() {
    let site = site();
    let here = site.path();
    write(here, "kami.toml", "");
    write(here, "talk.txt", "# Talk\n");
    write(here, "talk.Markdown", "# Talk\n");
    for command in ["build", "check", "serve"] {
        fails(here, &[command, "kami.toml"], 2, "help: name the folder that it lies in");
        fails(here, &[command, "talk.txt"], 2, "talk.txt is not a Markdown file");
    }
    assert!(!here.join("bundle").exists());
    assert_eq!(kami(here, &["build", "talk.Markdown"]).status.code(), Some(0));
}

/// An address that no page could have is a mistake of usage, not the beginning of broken links.
#[test]
fn an_address_that_is_none_is_refused() {
    let site = site();
    let here = site.path();
    for url in ["example.org", "https://", "https://a b/", "https://example.org/?q=1"] {
        let output = kami(here, &["build", "--base-url", url]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{url}: {said}");
        assert!(said.contains(url) && said.contains("\nhelp: "), "{said}");
        assert!(!here.join("bundle").exists());
    }
    assert_eq!(
        kami(here, &["build", "--base-url", "https://example.org/会"]).status.code(),
        Some(0)
    );
    let sitemap = std::fs::read_to_string(here.join("bundle/sitemap.xml")).unwrap();
    assert!(sitemap.contains("<loc>https://example.org/%E4%BC%9A/index.html</loc>"), "{sitemap}");
}

/// `kami check | head -1` ends without a word about the pipe, however much there is to say.
#[test]
fn a_reader_who_has_gone_is_no_failure() {
    let site = site();
    (0..2000).for_each(|n| write(site.path(), &format!("wiki/P{n}.md"), "# P\n\n[[Nothing]]\n"));
    let mut check = Command::new(env!("CARGO_BIN_EXE_kami"));
    let check = check.current_dir(site.path()).args(["check", "--format", "json"]);
    let mut child = check.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with('{'), "{line}");
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.code() != Some(101), "{ended:?}");
    assert_eq!(stderr(&ended), "");
}

#[test]
fn one_bad_file_hides_no_other() {
    let site = site();
    let here = site.path();
    let wiki = here.join("wiki");
    fs::write(wiki.join("Sjis.md"), b"# \x93\xfa\x96{\x8c\xea\x82\xc5\x82\xb7\n").unwrap();
    fs::write(wiki.join("Latin.md"), b"ok\ncaf\xe9\n").unwrap();
    symlink("/etc/passwd", wiki.join("Passwd.md")).unwrap();
    symlink("nowhere", wiki.join("Dangling.md")).unwrap();
    symlink("Loop.md", wiki.join("Loop.md")).unwrap();
    symlink("/", wiki.join("everything")).unwrap();
    symlink(".", wiki.join("itself")).unwrap();
    symlink("..", wiki.join("above")).unwrap();
    assert!(Command::new("mkfifo").arg(wiki.join("Pipe.md")).status().unwrap().success());
    symlink("Pipe.md", wiki.join("To_pipe.md")).unwrap();
    let output = kami(here, &["check", "--format", "json"]);
    let found: Vec<Json> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let place = |path: &str| {
        let found = found.iter().find(|it| it["path"] == format!("wiki/{path}"));
        let found = found.unwrap_or_else(|| panic!("nothing is said of {path}"));
        format!("{} {}:{}", found["code"].as_str().unwrap(), found["line"], found["column"])
    };
    assert_eq!(place("Sjis.md"), "not-utf8 1:3");
    assert_eq!(place("Latin.md"), "not-utf8 2:4");
    for path in ["Passwd.md", "Dangling.md", "Loop.md", "everything", "itself", "above"] {
        assert_eq!(place(path), "link-outside 1:1", "{path}");
    }
    for path in ["Pipe.md", "To_pipe.md"] {
        assert_eq!(place(path), "special-file 1:1", "{path}");
    }
    assert_eq!(kami(here, &["build"]).status.code(), Some(1));
    assert!(here.join("bundle/wiki/Page.html").is_file());
}

#[test]
fn a_file_that_may_not_be_read_is_named() {
    let site = site();
    let here = site.path();
    write(here, "wiki/Secret.md", "# Secret\n");
    write(here, "wiki/closed/Page.md", "# Closed\n");
    let mode = |path: &str, mode: u32| {
        fs::set_permissions(here.join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("wiki/Secret.md", 0o000);
    mode("wiki/closed", 0o000);
    mode("", 0o755);
    // Root reads everything, so it asks in the name of nobody.
    let mut check = Command::new("setpriv");
    check.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    if fs::read_dir(here.join("wiki/closed")).is_err() {
        check = Command::new("env");
    }
    let output = check.arg(env!("CARGO_BIN_EXE_kami")).arg("check").arg(here).output().unwrap();
    mode("wiki/closed", 0o755);
    let said = stderr(&output);
    for path in ["wiki/Secret.md", "wiki/closed"] {
        let line = format!("{path}:1:1: error[unreadable-file]: ");
        assert!(said.contains(&line), "{said}");
    }
}

#[test]
fn one_file_is_named_as_it_was_given() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    write(here, "talks/talk.md", "---\ntitel: x\n---\n# Talk\n");
    let place = "talks/talk.md:2:1: warning[unknown-key]";
    assert!(stderr(&kami(here, &["check", "talks/talk.md"])).starts_with(place));
    let output = kami(here, &["build", "talks/talk.md", "-o", "out"]);
    assert!(output.status.success() && stderr(&output).starts_with(place), "{output:?}");
    assert!(here.join("out/decks/talk.html").is_file());
    assert_eq!(fs::read_dir(here.join("talks")).unwrap().count(), 1);
    let inside = kami(&here.join("talks"), &["check", "./talk.md"]);
    assert!(stderr(&inside).starts_with("./talk.md:2:1: "));
}

#[test]
fn one_file_brings_what_it_shows() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    let text = concat!(
        "<style>\nsection { background: url(ground.svg) }\n</style>\n",
        "<!-- _backgroundImage: url('l%6Fok.png') -->\n\n",
        "<video src=\"film.mp4#t=1\"></video> <img src=\"raw.png\" alt=\"\"> ![x](data:image/gif,x)\n",
    );
    write(here, "talks/talk.md", text);
    for name in ["ground.svg", "look.png", "film.mp4"] {
        write(here, &format!("talks/{name}"), "x");
    }
    fs::write(here.join("talks/raw.png"), crate::pictures::from_words("png 6x4")).unwrap();
    let output = kami(here, &["build", "talks/talk.md", "-o", "out"]);
    assert!(output.status.success() && stderr(&output).is_empty(), "{output:?}");
    let assets = fs::read_dir(here.join("out/assets")).unwrap();
    let assets: Vec<String> =
        assets.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    for name in ["ground-", "look-", "film-", "raw-", "data-"] {
        assert!(assets.iter().any(|asset| asset.starts_with(name)), "{name} is not in {assets:?}");
    }
}
