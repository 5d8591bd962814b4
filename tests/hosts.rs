//! What hosts and browsers read beside the pages: old addresses, headers, the web manifest and the worker.

use std::fs;
use std::path::Path;
use std::process::Command;

use kamishibai::compile::{Bundle, compile};
use kamishibai::export::{Request, write};
use kamishibai::page::Options;
use kamishibai::source::{Source, Sources};
use tempfile::TempDir;

const TEXTS: [(&str, &str); 4] = [
    (
        "kami.toml",
        "base_url = \"https://example.org/大阪/\"\n[embed]\nfrom = [\"https://example.net\"]\n",
    ),
    (
        "wiki/雨 の日.md",
        "---\naliases: [梅雨, index.php/Rain]\n---\n降る。 ![](https://example.com/a.png)\n",
    ),
    ("wiki/Sun.md", "---\nredirect: 雨 の日\n---\n"),
    ("decks/t.md", "---\naliases: [old talk]\n---\n# 題\n"),
];

fn site(more: &[(&str, &str)]) -> Bundle {
    let mut sources = Sources::new();
    for (path, text) in TEXTS.iter().chain(more) {
        sources.insert(if path.starts_with("static/") {
            Source::asset(path, text.as_bytes(), None)
        } else {
            Source::text(path, text)
        });
    }
    compile(sources, Options::default())
}

fn text(bundle: &Bundle, address: &str) -> String {
    let output = bundle.output(address).unwrap_or_else(|| panic!("{address} is there"));
    String::from_utf8_lossy(&output.bytes).into_owned()
}

/// Varnish, with what it is told of the bundle, shows its readers the page that it has while the origin is lost.
#[test]
fn a_real_cache_keeps_the_shop_open() {
    let folder = TempDir::new().expect("there is room");
    for (path, text) in TEXTS {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("folders are made");
        fs::write(path, text).expect("files are written");
    }
    let drill = || {
        let mut kami = Command::new(env!("CARGO_BIN_EXE_kami"));
        kami.args(["drill", "--varnish", "--page", "wiki/雨_の日.html", "--page", "bundle.json"]);
        kami.args(["--timeline", "well 8m, errors 10m, gone 20m, back 8m"]);
        let done = kami.current_dir(folder.path()).output().expect("it runs");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (done.status.code(), said(&done.stdout), said(&done.stderr))
    };
    let (status, table, said) = drill();
    assert_eq!(status, Some(0), "{said}");
    let rows = |origin: &str| {
        let rows = table.lines().skip(1).map(|line| line.split("  ").filter(|it| !it.is_empty()));
        let rows = rows.map(|cells| cells.map(str::trim).collect::<Vec<_>>());
        rows.filter(|cells| cells[1] == origin).collect::<Vec<_>>()
    };
    for lost in ["errors", "gone"] {
        assert!(!rows(lost).is_empty(), "{table}");
        for cells in rows(lost) {
            let [page, manifest, unread] = [cells[2], cells[3], cells[4]];
            assert!(page.contains(" old, "), "{table}");
            assert!(
                manifest.starts_with("error 503") && unread.starts_with("error 503"),
                "{table}"
            );
        }
    }
    let last = rows("back").pop().expect("it came back");
    assert!(last[4].starts_with("new"), "{table}");
}

#[test]
fn old_addresses_lead_on_in_ascii() {
    let rules = text(&site(&[]), "_redirects");
    let rain = "/%E5%A4%A7%E9%98%AA/wiki/%E9%9B%A8_%E3%81%AE%E6%97%A5.html 301";
    let base = "/%E5%A4%A7%E9%98%AA";
    for (from, to) in [
        ("/wiki/%E6%A2%85%E9%9B%A8", rain),
        ("/wiki/%E6%A2%85%E9%9B%A8.html", rain),
        ("/wiki/index.php/Rain", rain),
        ("/wiki/Sun", rain),
        ("/decks/old_talk.html", "/%E5%A4%A7%E9%98%AA/decks/t.html 301"),
    ] {
        let line = format!("{base}{from} {to}");
        assert!(rules.lines().any(|rule| rule == line), "no {line} in\n{rules}");
    }
    assert!(rules.is_ascii());
}

#[test]
fn headers_allow_what_pages_show_and_who_may_frame_them() {
    let headers = text(&site(&[]), "_headers");
    assert!(headers.contains("img-src 'self' https://example.com;"), "{headers}");
    assert!(headers.contains("frame-ancestors 'self' https://example.net\n"), "{headers}");
    assert!(headers.contains("/assets/*\n  Cache-Control: public, max-age=31536000, immutable\n"));
}

#[test]
fn who_may_frame_is_an_origin() {
    let config = "[embed]\nfrom = [\"https://a.example; script-src *\", \"https://b.example\"]\n";
    let bundle = site(&[("kami.toml", config)]);
    let headers = text(&bundle, "_headers");
    assert!(headers.contains("frame-ancestors 'self' https://b.example\n"), "{headers}");
    let found = bundle.diagnostics();
    assert!(found.iter().any(|one| one.message.contains("origins")), "{found:?}");
}

#[test]
fn a_sites_own_rules_take_the_place_of_ours() {
    let bundle = site(&[("static/_redirects", "/a /b 302\n")]);
    assert_eq!(text(&bundle, "_redirects"), "/a /b 302\n");
}

#[test]
fn more_old_addresses_than_hosts_read_are_told() {
    let aliases: Vec<String> = (0..1001).map(|number| format!("old {number}")).collect();
    let page = format!("---\naliases: [{}]\n---\n本文\n", aliases.join(", "));
    let told = |more: &[(&str, &str)]| {
        let bundle = site(more);
        let found = bundle.diagnostics().into_iter().filter(|one| one.rule.code == "redirects");
        let told = found.map(|one| bundle.locate(&one));
        told.map(|one| format!("{}:{}: {}", one.path, one.line, one.message)).collect::<Vec<_>>()
    };
    assert!(told(&[]).is_empty());
    let many = told(&[("wiki/Many.md", &page)]);
    for said in [
        "and Cloudflare Pages reads 2000",
        "and GitLab Pages reads 1000",
        "GitLab Pages reads 64 KB",
    ] {
        assert!(
            many.iter().any(|one| one.starts_with("kami.toml:1: ") && one.ends_with(said)),
            "{said}: {many:?}"
        );
    }
    // Each character of this takes nine in an address, and the old address and the new one share a line.
    let long = format!("---\naliases: [{}]\n---\n本文\n", "梅雨".repeat(30));
    let long = [(&*format!("wiki/{}.md", "晴".repeat(60)), &*long)];
    let [one] = &told(&long)[..] else { panic!("{:?}", told(&long)) };
    assert!(one.contains("2 old addresses are too long") && one.contains("梅雨梅雨"), "{one}");
    assert!(text(&site(&long), "_redirects").lines().all(|line| line.len() <= 1000));
    // What a site says itself is told with its place.
    let patterns =
        (0..101).map(|number| format!("/{number}/* /new\n")).collect::<Vec<_>>().concat();
    let own = format!("# old\n{patterns}/a /{} 302\n", "b".repeat(1000));
    assert_eq!(
        told(&[("static/_redirects", &own)]),
        [
            "static/_redirects:102: `_redirects` has 101 rules with `*` or `:name`, and Cloudflare Pages reads 100",
            "static/_redirects:103: a line of `_redirects` has 1008 characters, and Cloudflare Pages reads 1000",
        ]
    );
    let headers =
        (0..101).map(|number| format!("/{number}\n  X-A: b\n")).collect::<Vec<_>>().concat();
    assert_eq!(
        told(&[("static/_headers", &headers)]),
        ["static/_headers:201: `_headers` has 101 rules, and Cloudflare Pages reads 100"]
    );
}

#[test]
fn the_web_manifest_names_the_site() {
    let manifest: serde_json::Value =
        serde_json::from_str(&text(&site(&[]), "site.webmanifest")).expect("it is JSON");
    assert_eq!((&manifest["scope"], &manifest["start_url"]), (&"./".into(), &"index.html".into()));
    let icon = manifest["icons"][0]["src"].as_str().expect("an icon has an address");
    assert!(site(&[]).output(icon).is_some());
}

/// The worker changes with every build, and with nothing else.
#[test]
fn the_worker_is_as_old_as_its_build() {
    let folder = TempDir::new().expect("the system gives a folder");
    let built = |bundle: &Bundle, name: &str| {
        let target = folder.path().join(name);
        let request = Request {
            bundle,
            target: &target,
            site: folder.path(),
            precompress: false,
            keep_stale: false,
        };
        write(&request, &|_, _| {}).expect("there is room");
        let read = |path: &str| fs::read_to_string(Path::new(&target).join(path)).expect("written");
        (read("sw.js"), read("bundle.json"))
    };
    let (first, manifest) = built(&site(&[]), "first");
    assert!(manifest.contains("\"path\":\"sw.js\""), "{manifest}");
    assert_eq!(built(&site(&[]), "again"), (first.clone(), manifest));
    let (other, _) = built(&site(&[("wiki/Sun.md", "晴れ\n")]), "other");
    assert_ne!(other, first);
    let own = site(&[("static/sw.js", "// ours\n")]);
    assert_eq!(built(&own, "own").0, "// ours\n");
}
