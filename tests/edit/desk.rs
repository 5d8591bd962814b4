//! New pages, renaming, deleting with undo, history and commits: by forms that work without scripts.

use std::path::Path;
use std::process::Command;

use super::{Answer, PAGE, ask, put, read, rev};
use crate::serve::{Served, site, write};

fn post(served: &Served, target: &str, fields: &[(&str, &str)]) -> Answer {
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let fields: Vec<String> =
        fields.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    ask(served.port, "POST", target, kind, fields.join("&").as_bytes())
}

#[track_caller]
fn leads(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").expect("it leads on").to_owned()
}

#[test]
fn pages_lead_to_their_editor_and_the_bundle_does_not() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let holds = |target: &str, text: &str| {
        let page = served.get(target);
        assert!(page.holds(text), "{target}: {}", page.text());
    };
    holds(
        "/wiki/Page.html",
        "<a class=\"kami-edit\" href=\"/_kami/edit/wiki/Page.md\" aria-keyshortcuts=\"E\"><svg ",
    );
    holds("/wiki/Page.html", "</svg><span>Edit</span></a>");
    holds(
        "/decks/first-talk.html",
        "<a class=\"kami-edit\" href=\"/_kami/edit/decks/first-talk.md\" aria-keyshortcuts=\"E\">",
    );
    holds("/", "href=\"/_kami/new\"");
    holds("/wiki/New_page.html", "href=\"/_kami/edit/wiki/New_page.md\"");
    assert!(!served.get("/a%3Fb.html").holds("_kami/edit"));
    let read_only = Served::start(site.path(), &["--read-only"]);
    for target in ["/", "/wiki/Page.html", "/decks/first-talk.html", "/wiki/New_page.html"] {
        let page = read_only.get(target);
        assert!(!page.holds("kami-edit") && !page.holds("_kami/new"), "{target}: {}", page.text());
    }
}

#[test]
fn a_link_to_a_page_that_is_not_there_begins_it() {
    let site = site();
    let text = "# Wanted\n\n[[What is \"EC2\" & S3?|so]] [[Page]] ![[./near]] [x](sub/file.md) [[no.pdf|p]] [y](no.pdf)\n";
    write(site.path(), "wiki/Deep/Wanted.md", text);
    let served = Served::start(site.path(), &[]);
    let page = served.get("/wiki/Deep/Wanted.html").text();
    let ways = page.split("<a href=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    let ways = ways.filter(|(href, rest)| {
        let is_missing = rest.starts_with(" class=\"wikilink missing\"");
        assert_eq!(href.starts_with("/_kami/new?name="), is_missing, "{href}");
        is_missing
    });
    let ways: Vec<String> = ways.map(|(href, _)| href.replace("&amp;", "&")).collect();
    let begun = |way: &String| leads(&served.get(way));
    assert_eq!(
        ways.iter().map(begun).collect::<Vec<_>>(),
        [
            "/_kami/edit/wiki/What_is_EC2_&_S3.md?title=What%20is%20%22EC2%22%20%26%20S3%3F",
            "/_kami/edit/wiki/Deep/near.md?title=near",
            "/_kami/edit/wiki/Deep/sub/file.md?title=file",
        ],
        "{page}"
    );
    // Written down, the page is what the link leads to.
    let title = "---\ntitle: 'What is \"EC2\" & S3?'\n---\n\nText.\n";
    put(&served, "/_kami/source/wiki/What_is_EC2_&_S3.md", "", title);
    assert!(served.get("/wiki/Deep/Wanted.html").holds("wiki/What_is_EC2_&amp;_S3.html"));
    let read_only = Served::start(site.path(), &["--read-only"]);
    assert!(!read_only.get("/wiki/Deep/Wanted.html").holds("_kami/new"));
}

#[test]
fn something_new_begins_with_its_title() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    assert!(served.get("/_kami/new").holds("<form"));
    let place =
        leads(&post(&served, "/_kami/new", &[("kind", "page"), ("title", "A \"quoted\" title?")]));
    assert_eq!(place, "/_kami/edit/wiki/A_quoted_title.md?title=A%20%22quoted%22%20title%3F");
    assert!(
        served.get(&place).holds("title: &quot;A \\&quot;quoted\\&quot; title?&quot;"),
        "{}",
        served.get(&place).text()
    );
    let place = leads(&post(&served, "/_kami/new", &[("kind", "deck"), ("title", "LT & more")]));
    let talk = served.get(&place);
    assert!(
        talk.holds("title: &quot;LT &amp; more&quot;") && talk.holds("&lt;!-- time: 30s --&gt;"),
        "{}",
        talk.text()
    );
    for (title, status) in [("Page", 409), ("page", 409), ("..", 400), ("", 400)] {
        let answer = post(&served, "/_kami/new", &[("kind", "page"), ("title", title)]);
        assert_eq!(answer.status, status, "{title}: {}", answer.text());
    }
    assert!(
        !site.path().join("wiki/A_quoted_title.md").exists(),
        "nothing is made before it is saved"
    );
}

/// The frame of a talk that is offered is one that nothing is wrong with.
#[test]
fn a_new_talk_is_without_fault() {
    let site = site();
    for lang in ["ja", "en"] {
        let text =
            kamishibai::output::embedded(&format!("editor/talk.{lang}.md")).expect("there is one");
        write(site.path(), &format!("decks/new-{lang}.md"), &text.replace("{title}", "A title"));
    }
    let mut check = Command::new(env!("CARGO_BIN_EXE_kami"));
    let said = check.arg("check").arg(site.path()).output().expect("it starts");
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.contains("decks/new-ja.md:") || said.contains("[orphan]"), "{said}");
    assert!(!said.contains("error["), "{said}");
}

#[test]
fn what_is_deleted_comes_back() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let text = read(site.path(), "wiki/Page.md");
    let digest = rev(&served, PAGE).trim_matches('"').to_owned();
    assert_eq!(post(&served, "/_kami/delete/wiki/Page.md", &[("rev", "")]).status, 412);
    let place = leads(&post(&served, "/_kami/delete/wiki/Page.md", &[("rev", &digest)]));
    assert!(!site.path().join("wiki/Page.md").exists());
    assert!(served.get(&place).holds("wiki/Page.md"), "{}", served.get(&place).text());
    let undo = place.split('?').next().unwrap_or_default();
    assert_eq!(leads(&post(&served, undo, &[])), "/wiki/Page.html");
    assert_eq!(read(site.path(), "wiki/Page.md"), text);
    assert_eq!(served.get("/wiki/Page.html").status, 200);
    assert_eq!(post(&served, undo, &[]).status, 404, "it came back once");
    for name in ["..", "x", "%2e%2e", ".gitignore"] {
        let answer = post(&served, &format!("/_kami/trash/{name}"), &[]);
        assert!((400..500).contains(&answer.status), "{name}: {}", answer.text());
    }
}

#[test]
fn a_renaming_is_shown_before_it_is_done() {
    let site = site();
    write(site.path(), "wiki/Other.md", "# Other\n\n[[Page]]\n");
    let served = Served::start(site.path(), &[]);
    let plan = post(&served, "/_kami/move/wiki/Page.md", &[("to", "Sheet")]);
    assert!(
        plan.status == 200 && plan.holds("wiki/Sheet.md") && plan.holds("wiki/Other.md"),
        "{}",
        plan.text()
    );
    assert!(site.path().join("wiki/Page.md").exists());
    let sure = [("to", "Sheet"), ("sure", "yes")];
    assert_eq!(leads(&post(&served, "/_kami/move/wiki/Page.md", &sure)), "/wiki/Sheet.html");
    assert_eq!(read(site.path(), "wiki/Other.md"), "# Other\n\n[[Sheet]]\n");
    assert!(served.get("/wiki/Other.html").holds("Sheet.html"));
    assert!(served.get("/wiki/Page.html").holds("Sheet.html"), "the old address leads on");
    let taken = post(&served, "/_kami/move/wiki/Sheet.md", &[("to", "Other")]);
    assert_eq!(taken.status, 409, "{}", taken.text());
    let call = |body: &str| {
        ask(
            served.port,
            "POST",
            "/_kami/rename",
            "Content-Type: application/json\r\n",
            body.as_bytes(),
        )
    };
    let done = call(r#"{"from": "wiki/Sheet.md", "to": "wiki/Page.md"}"#);
    assert_eq!(
        (done.status, super::json(&done)["changed"].clone()),
        (200, serde_json::json!(["wiki/Other.md", "wiki/Page.md"]))
    );
    assert_eq!(read(site.path(), "wiki/Other.md"), "# Other\n\n[[Page]]\n");
    for (body, status) in [
        (r#"{"from": "wiki/Nothing.md", "to": "x"}"#, 404),
        (r#"{"from": "wiki/Page.md", "to": "Other"}"#, 409),
        (r#"{"from": "wiki/Page.md", "to": "../x"}"#, 400),
        ("nonsense", 400),
    ] {
        assert_eq!(call(body).status, status, "{body}: {}", call(body).text());
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.current_dir(folder).args(["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]);
    // What this test does itself must not be taken for what the server does.
    git.args(["-c", "core.fsmonitor=false", "-c", "filter.evil.clean=cat"]);
    let output = git.args(arguments).output().expect("git is installed");
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Makes the site a folder in a repository whose hooks and filters must not run.
fn repository(commit: &str) -> tempfile::TempDir {
    let folder = site();
    let path = folder.path();
    let toml = read(path, "kami.toml");
    write(path, "kami.toml", &format!("{toml}\n[server]\ncommit = \"{commit}\"\n"));
    git(path, &["init", "-q", "-b", "main"]);
    git(path, &["config", "user.name", "Ben"]);
    git(path, &["config", "user.email", "ben@example.org"]);
    git(path, &["add", "."]);
    git(path, &["commit", "-q", "-m", "first"]);
    write(
        path,
        ".git/hooks/pre-commit",
        "#!/bin/sh\ntouch \"$(git rev-parse --show-toplevel)/HOOK\"\n",
    );
    write(
        path,
        ".git/hooks/post-commit",
        "#!/bin/sh\ntouch \"$(git rev-parse --show-toplevel)/HOOK\"\n",
    );
    write(
        path,
        ".git/hooks/reference-transaction",
        "#!/bin/sh\ntouch \"$(git rev-parse --show-toplevel)/HOOK\"\n",
    );
    for hook in ["pre-commit", "post-commit", "reference-transaction"] {
        let status =
            Command::new("chmod").arg("+x").arg(path.join(".git/hooks").join(hook)).status();
        assert!(status.is_ok_and(|status| status.success()));
    }
    git(path, &["config", "filter.evil.clean", "touch HOOK; cat"]);
    git(path, &["config", "core.fsmonitor", "touch HOOK"]);
    write(path, ".gitattributes", "*.md filter=evil\n");
    folder
}

#[test]
fn a_save_becomes_a_commit_of_that_file_alone() {
    let site = repository("save");
    let path = site.path();
    write(path, "wiki/Staged.md", "# Staged\n");
    git(path, &["-c", "core.fsmonitor=", "-c", "filter.evil.clean=cat", "add", "wiki/Staged.md"]);
    let staged = git(path, &["-c", "core.fsmonitor=", "diff", "--cached", "--name-only"]);
    drop(std::fs::remove_file(path.join("HOOK")));
    let served = Served::start(path, &[]);
    assert_eq!(put(&served, PAGE, &rev(&served, PAGE), "# Page\n\nsaved\n").status, 200);
    // The save is answered first, the commit follows.
    let until = std::time::Instant::now() + crate::serve::DEADLINE;
    while git(path, &["log", "--format=%an %s", "-1"]) != "Ben Edit wiki/Page.md\n" {
        assert!(
            std::time::Instant::now() < until,
            "no commit: {}",
            git(path, &["log", "--format=%an %s"])
        );
    }
    assert_eq!(git(path, &["show", "--format=", "--name-only", "HEAD"]), "wiki/Page.md\n");
    assert_eq!(git(path, &["show", "HEAD:wiki/Page.md"]), "# Page\n\nsaved\n");
    let until = std::time::Instant::now() + crate::serve::DEADLINE;
    while git(path, &["-c", "core.fsmonitor=", "diff", "--cached", "--name-only"]) != staged {
        assert!(std::time::Instant::now() < until, "what was staged has changed");
    }
    assert!(!path.join("HOOK").exists(), "nothing of the repository's was run");
    // What the user has staged of the very file is theirs.
    write(path, "wiki/Page.md", "# Page\n\nstaged\n");
    git(path, &["-c", "core.fsmonitor=", "-c", "filter.evil.clean=cat", "add", "wiki/Page.md"]);
    served.until("/wiki/Page.html", |page| page.holds("staged"));
    assert_eq!(put(&served, PAGE, &rev(&served, PAGE), "# Page\n\nlater\n").status, 200);
    served.hear("not committed: a change of this file is staged");
    assert_eq!(git(path, &["show", ":wiki/Page.md"]), "# Page\n\nstaged\n");
}

#[test]
fn a_button_commits_and_history_shows_and_brings_back() {
    let site = repository("button");
    let path = site.path();
    let served = Served::start(path, &[]);
    let edit = "/_kami/edit/wiki/Page.md";
    assert!(served.get(edit).holds("name=\"commit\""));
    let digest = rev(&served, PAGE).trim_matches('"').to_owned();
    let form = [
        ("rev", digest.as_str()),
        ("text", "# Page\r\n\r\nIt leads to [[first-talk]].\r\n"),
        ("commit", "yes"),
        ("message", "Lead to the talk"),
    ];
    assert_eq!(leads(&post(&served, edit, &form)), "/wiki/Page.html");
    assert_eq!(git(path, &["log", "--format=%an: %s", "-1"]), "Ben: Lead to the talk\n");
    let list = served.get("/_kami/history/wiki/Page.md");
    assert!(list.holds("Lead to the talk") && list.holds("first"), "{}", list.text());
    let [now, before] =
        ["HEAD", "HEAD~1"].map(|name| git(path, &["rev-parse", name]).trim().to_owned());
    let change = served.get(&format!("/_kami/history/wiki/Page.md?at={now}"));
    assert!(
        change.holds("<mark>Kamishibai</mark>") && change.holds("class=\"removed\""),
        "{}",
        change.text()
    );
    let old = served.get(&format!("/_kami/history/wiki/Page.md?at={before}&view=page"));
    assert!(old.holds("Kamishibai.html"), "{}", old.text());
    let back = served.get(&format!("{edit}?at={before}"));
    assert!(
        back.holds("[[Kamishibai]]") && back.holds(&rev(&served, PAGE).replace('"', "")),
        "{}",
        back.text()
    );
    assert!(!path.join("HOOK").exists(), "nothing of the repository's was run");
    for at in ["HEAD", "--all", "main", "x", "..."] {
        assert!(
            !served.get(&format!("/_kami/history/wiki/Page.md?at={at}")).holds("class=\"removed\""),
            "{at}"
        );
    }
}

#[test]
fn without_an_author_the_text_is_saved_all_the_same() {
    let site = repository("button");
    let path = site.path();
    git(path, &["config", "--unset", "user.name"]);
    git(path, &["config", "--unset", "user.email"]);
    let mut kami = Command::new(env!("CARGO_BIN_EXE_kami"));
    kami.args(["serve", "--port", "0"])
        .arg(path)
        .env("HOME", "/nonexistent")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    let served = Served::by(&mut kami);
    let digest = rev(&served, PAGE).trim_matches('"').to_owned();
    let form = [
        ("rev", digest.as_str()),
        ("text", "# Page\r\n\r\nkept\r\n"),
        ("commit", "yes"),
        ("message", ""),
    ];
    let answer = post(&served, "/_kami/edit/wiki/Page.md", &form);
    assert!(answer.status == 409 && answer.holds("git config user.name"), "{}", answer.text());
    assert_eq!(read(path, "wiki/Page.md"), "# Page\n\nkept\n");
}
