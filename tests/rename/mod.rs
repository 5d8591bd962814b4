//! Renaming: every link leads where it led, every other byte is as it was, and all of it happens or nothing does.

mod command;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use kamishibai::catalog::Resolution;
use kamishibai::compile::{Bundle, compile, recompile};
use kamishibai::page::Options;
use kamishibai::rename::{Plan, Refusal, plan, steps};
use kamishibai::source::{Source, SourcePath, Sources};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::serve::write;

fn bundle(files: &[(&str, &str)]) -> Bundle {
    let sources: Sources = files
        .iter()
        .map(|(path, text)| match path.rsplit('.').next() {
            Some("md" | "toml") => Source::text(path, text),
            _ => Source::asset(path, text.as_bytes(), None),
        })
        .collect();
    compile(sources, Options { drafts: true, ..Options::default() })
}

/// Returns all texts of a site as they would be.
fn after(bundle: &Bundle, plan: &Plan) -> BTreeMap<String, String> {
    let next = recompile(bundle, plan.changes(bundle));
    let texts = next
        .sources
        .iter()
        .filter_map(|source| Some((source.path.to_string(), source.as_text()?.to_owned())));
    texts.collect()
}

#[track_caller]
fn renamed(files: &[(&str, &str)], (from, to): (&str, &str), expected: &[(&str, &str)]) {
    let bundle = bundle(files);
    let plan = plan(&bundle, from, to).unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let texts = after(&bundle, &plan);
    for (path, text) in expected {
        assert_eq!(texts.get(*path).map(String::as_str), Some(*text), "{path}");
    }
    leads_where_it_led(&bundle, &plan);
}

#[test]
fn a_name_that_holds_the_sign_of_an_anchor_is_taken_whole() {
    let links = "[[C#]] [[C##History|old]] [[C#History]] ![[C#]]\n";
    let pages =
        [("wiki/C.md", "## History\n"), ("wiki/C#.md", "## History\n"), ("wiki/A.md", links)];
    let written = "[[C sharp]] [[C sharp#History|old]] [[C#History]] ![[C sharp]]\n";
    renamed(&pages, ("wiki/C#.md", "wiki/C sharp.md"), &[("wiki/A.md", written)]);
    let pages = [("wiki/C.md", "c\n"), ("wiki/A.md", "[[C]] [[C#x]]\n"), ("wiki/x.md", "x\n")];
    renamed(&pages, ("wiki/C.md", "wiki/F#.md"), &[("wiki/A.md", "[[F#]] [[F##x]]\n")]);
}

#[test]
fn films_keep_their_posters_and_their_captions() {
    let deck = "![bg poster:first%20drop.jpg](rain.mp4)\n\n---\n\n![poster:first%20drop.jpg w:300 雨](rain.mp4#t=2)\n";
    let (from, to) = ("decks/talk.md", "decks/osaka/talk.md");
    let files = [
        (from, deck),
        ("decks/rain.mp4", "film"),
        ("decks/first drop.jpg", "picture"),
        ("decks/osaka/rain.mp4", "other"),
        ("decks/osaka/first drop.jpg", "other"),
    ];
    let moved = "---\naliases: [talk]\n---\n\n![bg poster:../first%20drop.jpg](../rain.mp4)\n\n---\n\n![poster:../first%20drop.jpg w:300 雨](../rain.mp4#t=2)\n";
    renamed(&files, (from, to), &[(to, moved)]);
    // The film would be the same from the new place, its captions would not.
    let [film, own] = [("wiki/rain.mp4", "film"), ("wiki/rain.vtt", "own")];
    let files = [(from, "![雨](rain.mp4)\n"), film, own, ("decks/osaka/rain.vtt", "other")];
    let moved = "---\naliases: [talk]\n---\n\n![雨](../../wiki/rain.mp4)\n";
    renamed(&files, (from, to), &[(to, moved)]);
}

/// Checks that every link means what it meant.
#[track_caller]
fn leads_where_it_led(bundle: &Bundle, plan: &Plan) {
    let next = recompile(bundle, plan.changes(bundle));
    for entry in bundle.catalog.entries() {
        let later =
            next.catalog.entry(&plan.path_after(&entry.document.path)).expect("it is still there");
        assert_eq!(entry.document.links.len(), later.document.links.len());
        for index in 0..entry.document.links.len() {
            let meant = match &*bundle.catalog.resolve(entry, index) {
                Resolution::Document { entry, .. } => plan.path_after(&entry.document.path),
                Resolution::Asset(path) => plan.path_after(path),
                Resolution::Tag(_) | Resolution::Missing => continue,
            };
            let is = match &*next.catalog.resolve(later, index) {
                Resolution::Document { entry, .. } => Some(entry.document.path.clone()),
                Resolution::Asset(path) => Some(path.clone()),
                Resolution::Tag(_) | Resolution::Missing => None,
            };
            assert_eq!(
                is,
                Some(meant),
                "{:?} in {}",
                entry.document.links[index],
                entry.document.path
            );
        }
    }
}

#[test]
fn every_form_of_a_link_is_written_anew() {
    renamed(
        &[
            ("kami.toml", "[wiki]\norder = [\"Old_page\", \"A\"]  # both\n"),
            (
                "wiki/Old_page.md",
                "# Old page\n\n## Head\n\n[[#Head]] [me](Old_page.md#head) ![p](pic.png)\n",
            ),
            ("wiki/pic.png", "png"),
            (
                "wiki/A.md",
                "[[Old page]] [[Old_page|label]] [[old page#Head]]s\r\n[x](Old_page.md) [y](Old_page.md#head \"t\") [z][r] [r]\r\n\r\n[r]: <Old_page.md>\r\n\r\n![[Old page#Head]]\r\n\r\n`[[Old page]]` \\[[Old page]]\r\n\r\n| a |\r\n|---|\r\n| [[Old page\\|bar]] |\r\n",
            ),
            (
                "wiki/sub/B.md",
                "[[../Old page]] [[/Old page]] [[wiki/Old_page]] [x](../Old_page.md) [y](/wiki/Old_page.md)",
            ),
            (
                "decks/t.md",
                "---\nheader: \"[[Old page]]\"\n---\n\n# S\n\n[[Old page]] [x](../wiki/Old_page.md)\n\n---\n\n![[Old page]]\n",
            ),
            ("wiki/R.md", "---\nredirect: \"Old page#Head\"\n---\n"),
            ("wiki/D.md", "---\ndraft: true\n---\n\n[[Old page]]\n"),
        ],
        ("Old page", "New page"),
        &[
            ("kami.toml", "[wiki]\norder = [\"New_page\", \"A\"]  # both\n"),
            (
                "wiki/New_page.md",
                "---\naliases: [Old page]\n---\n\n# Old page\n\n## Head\n\n[[#Head]] [me](New_page.md#head) ![p](pic.png)\n",
            ),
            (
                "wiki/A.md",
                "[[New page]] [[New_page|label]] [[New page#Head]]s\r\n[x](New_page.md) [y](New_page.md#head \"t\") [z][r] [r]\r\n\r\n[r]: <New_page.md>\r\n\r\n![[New page#Head]]\r\n\r\n`[[Old page]]` \\[[Old page]]\r\n\r\n| a |\r\n|---|\r\n| [[New page\\|bar]] |\r\n",
            ),
            (
                "wiki/sub/B.md",
                "[[../New page]] [[/New page]] [[wiki/New_page]] [x](../New_page.md) [y](/wiki/New_page.md)",
            ),
            (
                "decks/t.md",
                "---\nheader: \"[[New page]]\"\n---\n\n# S\n\n[[New page]] [x](../wiki/New_page.md)\n\n---\n\n![[New page]]\n",
            ),
            ("wiki/D.md", "---\ndraft: true\n---\n\n[[New page]]\n"),
            ("wiki/R.md", "---\nredirect: \"New page#Head\"\n---\n"),
        ],
    );
}

/// A redirect is written anew even where the title is still the old name, and stays a text of YAML.
#[test]
fn redirects_follow_the_name() {
    let page = ("wiki/Old_page.md", "# Old page\n\n## Head\n");
    for (redirect, to, expected) in [
        ("Old page", "New page", "New page"),
        ("Old_page#Head  # why", "New page", "New_page#Head  # why"),
        ("'old page#Head'", "Writer's page", "'Writer''s page#Head'"),
        ("Old page#Head  # why", "2026", "\"2026#Head\"  # why"),
        ("Old page", "雨 & 空", "\"雨 & 空\""),
    ] {
        let file = |value: &str| format!("---\nredirect: {value}\n---\n");
        let (was, is) = (file(redirect), file(expected));
        let files = [page, ("wiki/R.md", was.as_str())];
        renamed(&files, ("Old page", to), &[("wiki/R.md", is.as_str())]);
        let bundle = bundle(&files);
        let plan = plan(&bundle, "Old page", to).expect("it can be renamed");
        let next = recompile(&bundle, plan.changes(&bundle));
        let entry = next.catalog.entry(&SourcePath::new("wiki/R.md")).expect("it is there");
        let heir = next.catalog.redirect(entry).expect("it leads somewhere");
        assert_eq!(heir.document.path, plan.path_after(&SourcePath::new(page.0)));
    }
}

#[test]
fn a_page_that_moves_takes_its_own_links_along() {
    renamed(
        &[
            (
                "wiki/Old.md",
                "[a](A.md) ![p](pic.png) [[./A]] ![[pic.png]] [[A]] [web](https://example.org/A.md)\n",
            ),
            ("wiki/Old.en.md", "[[Old]] [ja](Old.md)\n"),
            ("wiki/A.md", "[[Old]] [x](Old.en.md) [[Old.en]]\n"),
            ("wiki/pic.png", "png"),
        ],
        ("wiki/Old.md", "wiki/deep/er/New one.md"),
        &[
            (
                "wiki/deep/er/New one.md",
                "---\naliases: [Old]\n---\n\n[a](../../A.md) ![p](../../pic.png) [[../../A]] ![[pic.png]] [[A]] [web](https://example.org/A.md)\n",
            ),
            ("wiki/A.md", "[[New one]] [x](deep/er/New%20one.en.md) [[deep/er/New one.en]]\n"),
        ],
    );
}

#[test]
fn decks_and_folders_are_renamed() {
    let files = [
        (
            "kami.toml",
            "[event]\ntalks = [\n  \"talk\", # first\n  { deck = \"talk\", speaker = \"talk\" },\n]\n",
        ),
        ("decks/talk/index.md", "# A\n\n![](pic.png)\n\n<!-- include: _part.md -->\n"),
        ("decks/talk/_part.md", "---\n\n[[P]]\n"),
        ("decks/talk/pic.png", "png"),
        (
            "wiki/P.md",
            "[[talk]] [[talk#1]] ![[talk#2]] [x](../decks/talk/index.md) ![](../decks/talk/pic.png)\n",
        ),
    ];
    renamed(
        &files,
        ("talk", "speech"),
        &[
            (
                "kami.toml",
                "[event]\ntalks = [\n  \"speech\", # first\n  { deck = \"speech\", speaker = \"talk\" },\n]\n",
            ),
            (
                "decks/speech/index.md",
                "---\naliases: [talk]\n---\n\n# A\n\n![](pic.png)\n\n<!-- include: _part.md -->\n",
            ),
            ("decks/speech/_part.md", "---\n\n[[P]]\n"),
            (
                "wiki/P.md",
                "[[speech]] [[speech#1]] ![[speech#2]] [x](../decks/speech/index.md) ![](../decks/speech/pic.png)\n",
            ),
        ],
    );
}

/// The file that was asked for is the file that is made: a page may become that of a folder.
#[test]
fn a_page_becomes_that_of_a_folder() {
    let files = [
        ("wiki/Old.md", "# Old\n\n[[B]] [b](B.md)\n"),
        ("wiki/B.md", "[[Old]] [x](Old.md) [[./Old]]\n"),
        ("wiki/deep/C.md", "c\n"),
        ("decks/talk.md", "# T\n"),
    ];
    renamed(
        &files,
        ("Old", "wiki/deep/index.md"),
        &[
            ("wiki/deep/index.md", "---\naliases: [Old]\n---\n\n# Old\n\n[[B]] [b](../B.md)\n"),
            ("wiki/B.md", "[[deep]] [x](deep/index.md) [[./deep]]\n"),
        ],
    );
    let bundle = bundle(&files);
    let path = |from: &str, to: &str| {
        plan(&bundle, from, to).map(|plan| plan.moves.values().next().unwrap().to_string())
    };
    assert_eq!(path("talk", "decks/talk/index.md").unwrap(), "decks/talk/index.md");
    assert_eq!(path("Old", "Old/Before").unwrap(), "wiki/Old/Before.md");
    assert_eq!(path("C", "wiki/index.md").unwrap(), "wiki/index.md");
}

/// Values are taken in by their path, which is written anew where a page goes elsewhere.
#[test]
fn tables_and_charts_stay_with_their_files() {
    renamed(
        &[
            (
                "wiki/Old.md",
                "![[v.csv|表]]\n\n```chart\nfile: two words.csv\n```\n\n![](two%20words.csv)\n",
            ),
            ("wiki/v.csv", "a,b\n1,2\n"),
            ("wiki/two words.csv", "a,b\n1,2\n"),
        ],
        ("Old", "deep/New"),
        &[(
            "wiki/deep/New.md",
            "---\naliases: [Old]\n---\n\n![[../v.csv|表]]\n\n```chart\nfile: ../two%20words.csv\n```\n\n![](../two%20words.csv)\n",
        )],
    );
}

/// A name that becomes free, or is taken, may change what other links mean: they are written so that they do not.
#[test]
fn links_to_namesakes_stay_with_them() {
    renamed(
        &[
            ("wiki/a/Old.md", "one"),
            ("wiki/b/Old.md", "two"),
            ("wiki/a/X.md", "[[Old]] [[b/Old]]\n"),
            ("wiki/Y.md", "[[a/Old]]\n"),
            ("wiki/c/New.md", "three"),
            ("wiki/c/Z.md", "[[New]]\n"),
        ],
        ("wiki/a/Old.md", "wiki/a/New.md"),
        &[
            ("wiki/a/X.md", "[[New]] [[b/Old]]\n"),
            ("wiki/Y.md", "[[a/New]]\n"),
            ("wiki/c/Z.md", "[[New]]\n"),
        ],
    );
}

#[test]
fn what_cannot_be_renamed_is_said() {
    let bundle = bundle(&[
        ("wiki/A.md", "a"),
        ("wiki/B.md", "b"),
        ("wiki/x/C.md", "c"),
        ("wiki/y/C.md", "c"),
        ("decks/d.md", "d"),
        ("wiki/Custom_origin.md", "o"),
        ("wiki/Help/index.md", "h"),
    ]);
    let refused = |from: &str, to: &str| plan(&bundle, from, to).expect_err("it is refused");
    let (_, help) = refused("Costom origin", "X").words();
    assert!(help.contains("did you mean `Custom origin`"), "{help}");
    assert_eq!(refused("Nothing", "X").words().0, "no page or deck is named `Nothing`");
    assert!(matches!(refused("C", "X"), Refusal::Ambiguous(paths) if paths.len() == 2));
    assert_eq!(refused("A", "A"), Refusal::Same);
    assert_eq!(refused("A", "B"), Refusal::Taken(SourcePath::new("wiki/B.md")));
    assert_eq!(refused("A", "b"), Refusal::Taken(SourcePath::new("wiki/B.md")));
    assert!(matches!(refused("Help", "index"), Refusal::BadName(_)));
    assert!(matches!(refused("wiki/Help/index.md", "wiki/index.md"), Refusal::BadName(_)));
    for bad in ["decks/A", "../A", "wiki/../A", "a:b", "CON", "wiki/.hidden", "x\\y", ""] {
        assert!(matches!(refused("A", bad), Refusal::BadName(_)), "{bad:?}");
    }
}

const FORMS: [&str; 14] = [
    "[[NAME]]",
    "[[NAME|label]]",
    "[[NAME#Head]]",
    "![[NAME]]",
    "[x](FILE)",
    "[x](FILE#head)",
    "[x](<FILE> \"t\")",
    "[x][r]\n\n[r]: FILE",
    "[[/NAME]]",
    "[[./NAME]]",
    "[[name]]",
    "`[[NAME]]`",
    "[[NAME.md]]",
    "紙 [[NAME]]、[[NAME]]。",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    /// Whatever pages say, each link means the same afterwards, and the text between links is untouched.
    #[test]
    fn any_site_survives_a_renaming(
        parts in prop::collection::vec((0..4usize, 0..FORMS.len(), 0..4usize), 1..14),
        which in 0..4usize,
        to in prop::sample::select(vec!["New", "sub/New", "wiki/New name.md", "紙芝居", "Other/Page 2", "page"]),
    ) {
        let names = ["Page one", "sub/Two", "三", "sub/deep/Four_x"];
        let mut texts: Vec<String> = names.iter().map(|name| format!("# {name}\n\n## Head\n\n")).collect();
        for (from, form, target) in parts {
            let file = kamishibai::source::join("", names[target]).unwrap_or_default().replace(' ', "_");
            let up = if names[from].contains("deep") { "../../" } else if names[from].contains('/') { "../" } else { "" };
            let file = format!("{up}{file}.md");
            let text = FORMS[form].replace("NAME", names[target]).replace("FILE", &file).replace("name", &names[target].to_lowercase());
            texts[from].push_str(&text);
            texts[from].push_str("\n\n");
        }
        let paths: Vec<String> = names.iter().map(|name| format!("wiki/{}.md", name.replace(' ', "_"))).collect();
        let files: Vec<(&str, &str)> = paths.iter().zip(&texts).map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let bundle = bundle(&files);
        let plan = match plan(&bundle, &paths[which], to) {
            Ok(plan) => plan,
            Err(refusal) => panic!("{refusal:?}"),
        };
        leads_where_it_led(&bundle, &plan);
        for (path, text) in paths.iter().zip(&texts) {
            let path = SourcePath::new(path);
            let later = plan.texts.get(&plan.path_after(&path)).cloned().unwrap_or_else(|| text.clone());
            let mut expected = text.clone();
            for edit in plan.edits.iter().rev().filter(|edit| edit.path == path) {
                expected.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.new);
            }
            prop_assert!(later.ends_with(&expected), "{later:?} is not {expected:?} with an alias");
        }
    }
}

fn kami(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_kami"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// What has one sure mending is mended, what may mean two things is left, and every other byte stays.
#[test]
fn what_has_one_sure_mending_is_mended() {
    let site = TempDir::new().expect("there is room");
    let files = [
        ("wiki/Load-balancer.md", "# Load balancer\n\n## Health checks\n\n[[Log]] [[Page]]\n"),
        ("wiki/deep/Moved.md", "# Moved\n\n[[Log]]\n"),
        ("wiki/Log.md", "# Log\n\n[[Load-balancer]] [[Moved]] [[Page]]\n"),
        ("wiki/pics/Shot_1.png", "png"),
        (
            "wiki/Page.md",
            "# Page\r\n\r\n[[LoadBalancer]] [[ＬＯＡＤ balancer#Health check|x]] [a](Moved.md) [b](Log.md#lgo)\r\n[[Lag]] [c](Load-balancer.md#health-check) ![](shot-1.PNG) `[[LoadBalancer]]`\r\n",
        ),
    ];
    for (path, text) in files {
        write(site.path(), path, text);
    }
    let (_, _, said) = kami(site.path(), &["check", "--fix"]);
    let page = fs::read_to_string(site.path().join("wiki/Page.md")).unwrap();
    assert_eq!(
        page,
        "# Page\r\n\r\n[[Load-balancer]] [[ＬＯＡＤ balancer#Health checks|x]] [a](deep/Moved.md) [b](Log.md#lgo)\r\n[[Lag]] [c](Load-balancer.md#health-checks) ![](pics/Shot_1.png) `[[LoadBalancer]]`\r\n",
        "{said}"
    );
    assert!(said.contains("mended: wiki/Page.md:3:3: LoadBalancer -> Load-balancer"), "{said}");
    assert!(said.contains("warning[missing-link]") && said.contains("`Lag`"), "{said}");
    for (path, text) in &files[..3] {
        assert_eq!(fs::read_to_string(site.path().join(path)).unwrap(), *text);
    }
    let before = fs::metadata(site.path().join("wiki/Page.md")).unwrap().modified().unwrap();
    kami(site.path(), &["check", "--fix"]);
    assert_eq!(fs::metadata(site.path().join("wiki/Page.md")).unwrap().modified().unwrap(), before);
}

/// A journal that somebody planted writes nothing outside.
#[test]
fn steps_lead_nowhere_else() {
    let bundle = bundle(&[("wiki/A.md", "[[B]]"), ("wiki/B.md", "b")]);
    let plan = plan(&bundle, "B", "C").unwrap();
    let steps = steps(&bundle, &plan);
    assert_eq!(steps.len(), 2);
    let site = TempDir::new().unwrap();
    write(site.path(), "wiki/A.md", "a");
    let journal = r#"[{"from":"wiki/A.md","to":"../out.md","was":"","new":"","staged":"file-0"},{"from":"wiki/A.md","to":"kami.toml","was":"","new":"","staged":"file-0"}]"#;
    write(site.path(), ".kami/journal/steps.json", journal);
    write(site.path(), ".kami/journal/file-0", "evil");
    let mut serve = Command::new(env!("CARGO_BIN_EXE_kami"));
    let mut child = serve
        .arg("serve")
        .arg(site.path())
        .args(["--port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    drop(child.kill());
    drop(child.wait());
    assert!(
        !site.path().join("kami.toml").exists()
            && !site.path().parent().unwrap().join("out.md").exists()
    );
}
