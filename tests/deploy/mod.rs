//! `kami deploy`: to a store over the network, with all that goes wrong on the way, and to a folder.

#![expect(clippy::unwrap_used, reason = "a helper that panics is a test that fails")]

mod cloud;
mod faults;
mod folder;
mod kill;
mod stand_in;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use kamishibai::output::{Entry, parse_manifest};
use tempfile::TempDir;

use crate::serve::{site, write};
use stand_in::{Wire, port};

const SECRET: &str = "a-secret-that-nobody-sees";
const NOTE: &str = ".kami-deploy.json";

/// A site, and an empty bucket to deploy it to.
struct Place {
    site: TempDir,
    wire: Wire,
    bucket: String,
    target: String,
}

/// What a bucket holds under one key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Object {
    bytes: Vec<u8>,
    content_type: String,
    cache_control: String,
    digest: String,
}

impl Place {
    fn new(wire: Wire) -> Place {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let bucket = format!("bucket-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        ask("PUT", &format!("/{bucket}"), &[], &[]);
        let target = format!("s3://{bucket}");
        Place { site: site(), wire, bucket, target }
    }

    fn write(&self, path: &str, text: &str) {
        write(self.site.path(), path, text);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut kami = Command::new(env!("CARGO_BIN_EXE_kami"));
        kami.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        kami.env("HOME", self.site.path()).env("AWS_EC2_METADATA_DISABLED", "true");
        kami.env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", SECRET);
        kami.args(["deploy", &self.target, "--endpoint", &self.wire.endpoint()]);
        kami.args(arguments).arg(self.site.path());
        kami
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().unwrap();
        let said = said(&output);
        assert!(!said.contains(SECRET), "{said}");
        output
    }

    /// Deploys, and returns what was said.
    #[track_caller]
    fn deploy(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(0), "{said}");
        said
    }

    /// Deploys, which has to fail with 2, saying all this.
    #[track_caller]
    fn fails(&self, arguments: &[&str], texts: &[&str]) {
        let output = self.run(arguments);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("\nhelp: "), "{said}");
        for text in texts {
            assert!(said.contains(text), "{text:?} is not said: {said}");
        }
    }

    /// Builds the site as `kami build` does; returns each file.
    fn built(&self) -> BTreeMap<String, Vec<u8>> {
        let folder = TempDir::new().unwrap();
        let target = folder.path().join("out");
        let mut kami = Command::new(env!("CARGO_BIN_EXE_kami"));
        let built = kami.arg("build").arg(self.site.path()).arg("-o").arg(&target).output();
        assert!(built.unwrap().status.success());
        let manifest = fs::read(target.join("bundle.json")).unwrap();
        let mut paths: Vec<String> =
            parse_manifest(&manifest).unwrap().into_iter().map(|entry| entry.path).collect();
        paths.push("bundle.json".to_owned());
        let read = |path: String| (path.clone(), fs::read(target.join(&path)).unwrap());
        paths.into_iter().map(read).collect()
    }

    fn objects(&self) -> BTreeMap<String, Object> {
        objects(&self.bucket)
    }

    /// Asserts that the bucket holds the bundle of today under a prefix, and nothing else but `others`.
    #[track_caller]
    fn assert_is(&self, others: &[&str]) {
        let (objects, built) = (self.objects(), self.built());
        let differs = |path: &&String| objects.get(*path).map(|it| &it.bytes) != built.get(*path);
        let differing: Vec<&String> = objects
            .keys()
            .chain(built.keys())
            .filter(differs)
            .filter(|path| !others.contains(&path.as_str()))
            .collect();
        assert!(differing.is_empty(), "these differ: {differing:?}");
        for other in others {
            assert!(objects.contains_key(*other), "{other} is gone");
        }
    }
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat()
}

/// Asks the store itself.
fn ask(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Object {
    ask_service("s3", method, target, headers, body)
}

/// Asks a service itself; it has to do as it is asked.
fn ask_service(
    service: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Object {
    let (status, object) = answer(service, method, target, headers, body);
    let said = String::from_utf8_lossy(&object.bytes);
    assert!(status.is_success(), "{method} {target}: {said}");
    object
}

fn answer(
    service: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (http::StatusCode, Object) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let scope = format!("k/20260101/us-east-1/{service}/aws4_request");
    let proof = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
    let mut request = http::Request::builder()
        .method(method)
        .uri(format!("http://127.0.0.1:{}{target}", port()))
        .header("authorization", proof);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = agent.run(request.body(body).unwrap()).unwrap();
    let (parts, mut body) = answer.into_parts();
    let bytes = body.read_to_vec().unwrap();
    let text = |name: &str| {
        let value = parts.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let object = Object {
        bytes,
        content_type: text("content-type"),
        cache_control: text("cache-control"),
        digest: text("x-amz-meta-kami-digest"),
    };
    (parts.status, object)
}

fn encoded(key: &str) -> String {
    key.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").unwrap();
        }
        out
    })
}

/// Returns when an object was written, by the store's clock.
fn modified(bucket: &str, key: &str) -> String {
    ask("PUT", &format!("/{bucket}/probe"), &[], b"");
    let listing = ask("GET", &format!("/{bucket}?list-type=2&prefix={key}"), &[], &[]);
    let listing = String::from_utf8(listing.bytes).unwrap();
    let rest = listing.split("<LastModified>").nth(1).unwrap();
    rest.split('.').next().unwrap().to_owned()
}

/// Returns what is in a bucket, once nothing changes there: whoever was killed may have asked for more just before.
fn objects(bucket: &str) -> BTreeMap<String, Object> {
    let list = || {
        let listing = ask("GET", &format!("/{bucket}?list-type=2"), &[], &[]);
        String::from_utf8(listing.bytes).unwrap()
    };
    let read = |key: &str| {
        let target = format!("/{bucket}/{}", encoded(key));
        let (status, object) = answer("s3", "GET", &target, &[], &[]);
        status.is_success().then_some(object)
    };
    let mut listing = list();
    loop {
        let keys = listing.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap());
        let keys = keys.map(|key| key.replace("&amp;", "&"));
        let found = keys.filter_map(|key| read(&key).map(|object| (key, object))).collect();
        let later = list();
        if entries_of(&later) == entries_of(&listing) {
            return found;
        }
        listing = later;
    }
}

/// Returns what a listing says of its objects, digests and times among it.
fn entries_of(listing: &str) -> Vec<&str> {
    let entries = listing.split("<Contents>").skip(1);
    entries.map(|rest| rest.split("</Contents>").next().unwrap()).collect()
}

#[test]
fn a_bundle_arrives_to_the_byte_with_types_and_caching() {
    let mut place = Place::new(Wire::sound());
    place.write("wiki/雨 の日 100%+.md", "# 雨\n\n[[Kamishibai]] ![](a b+.png)\n");
    place.write("wiki/a b+.png", "a picture");
    // So long that it is never in memory as a whole.
    place.write("static/film.mp4", &"It rains. ".repeat(1 << 20));
    // The name of a file as some systems write it, in pieces.
    place.write("static/\u{30cf}\u{309a}.txt", "composed\n");
    place.target.push_str("/サイト/a+b 100%");
    let told = place.deploy(&[]);
    assert!(told.contains(" new, 0 changed"), "{told}");
    let (objects, built) = (place.objects(), place.built());
    let manifest = parse_manifest(&built["bundle.json"]).unwrap();
    let entries: BTreeMap<&str, &Entry> =
        manifest.iter().map(|entry| (&*entry.path, entry)).collect();
    assert_eq!(objects.len(), built.len());
    assert!(built.contains_key("wiki/雨_の日_100%+.html") && built.contains_key("\u{30d1}.txt"));
    for (path, bytes) in &built {
        let object = &objects[&format!("サイト/a+b 100%/{path}")];
        assert_eq!(object.bytes, *bytes, "{path}");
        if let Some(entry) = entries.get(path.as_str()) {
            assert_eq!(object.content_type, entry.content_type, "{path}");
            assert_eq!(object.cache_control, entry.cache_control, "{path}");
            assert_eq!(object.digest, entry.digest, "{path}");
        }
    }
    place.wire.take();
    let told = place.deploy(&[]);
    assert!(told.contains("all of it is there"), "{told}");
    assert_eq!(place.wire.changes(), [""; 0]);
}

#[test]
fn only_what_changed_is_sent_and_nothing_goes_unasked() {
    let place = Place::new(Wire::sound());
    place.write("wiki/Gone.md", "# Gone\n\n[[Kamishibai]]\n");
    place.deploy(&[]);
    ask("PUT", &format!("/{}/theirs.txt", place.bucket), &[], b"foreign");
    let before = place.built();
    fs::remove_file(place.site.path().join("wiki/Gone.md")).unwrap();
    place.write("wiki/New.md", "# New\n\n[[Page]]\n");
    let after = place.built();
    let planned = place.deploy(&["--dry-run"]);
    assert!(planned.lines().any(|line| line == "new       wiki/New.html"), "{planned}");
    assert!(planned.lines().any(|line| line == "changed   wiki/Page.html"), "{planned}");
    assert!(planned.lines().any(|line| line == "stale     wiki/Gone.html"), "{planned}");
    place.wire.take();
    place.deploy(&[]);
    let mut wanted: Vec<String> = after
        .iter()
        .filter(|(path, bytes)| before.get(*path) != Some(bytes))
        .map(|(path, _)| format!("PUT {}", encoded(path)))
        .collect();
    // What is being changed is noted first, and what is left over at the end.
    wanted.extend([format!("PUT {NOTE}"), format!("PUT {NOTE}")]);
    wanted.sort();
    assert_eq!(place.wire.changes(), wanted);
    let stale: Vec<&str> =
        before.keys().filter(|path| !after.contains_key(*path)).map(String::as_str).collect();
    assert!(stale.contains(&"wiki/Gone.html"));
    place.assert_is(&[&stale[..], &["theirs.txt", NOTE]].concat());
    place.deploy(&[]);
    assert_eq!(place.wire.changes(), [""; 0], "what is left does no harm");
    place.deploy(&["--delete"]);
    place.assert_is(&["theirs.txt"]);
}

#[test]
fn pages_come_after_what_they_show_and_before_what_goes() {
    let place = Place::new(Wire::sound());
    place.write("wiki/Gone.md", "# Gone\n\n[[Kamishibai]]\n");
    place.deploy(&[]);
    fs::remove_file(place.site.path().join("wiki/Gone.md")).unwrap();
    place.write("wiki/New.md", "# New\n\n[[Page]] ![a](a.svg)\n");
    place.write(
        "wiki/a.svg",
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"8\"><title>a</title></svg>",
    );
    place.wire.take();
    place.deploy(&["--delete"]);
    let asked = place.wire.take();
    let at = |method: &str, path: &str| {
        let fits = |it: &stand_in::Asked| it.method == method && it.path().starts_with(path);
        asked.iter().position(fits).unwrap_or_else(|| panic!("{method} {path} is not asked"))
    };
    let order = [
        at("PUT", NOTE),
        at("PUT", "assets/a-"),
        at("PUT", "wiki/New.html"),
        at("PUT", "wiki/Page.html"),
        at("PUT", "sw.js"),
        at("PUT", "bundle.json"),
        at("GET", "bundle.json").max(asked.iter().rposition(|it| it.method == "GET").unwrap()),
        at("DELETE", "wiki/Gone.html"),
        at("DELETE", NOTE),
    ];
    assert!(
        order.is_sorted(),
        "{order:?}: {:#?}",
        asked.iter().map(|it| format!("{} {}", it.method, it.path())).collect::<Vec<_>>()
    );
}

#[test]
fn what_somebody_else_did_to_it_is_mended() {
    let place = Place::new(Wire::sound());
    place.deploy(&[]);
    let at = |path: &str| format!("/{}/{path}", place.bucket);
    // What comes later has to be later by the store's clock, which counts in seconds.
    while modified(&place.bucket, "bundle.json") == modified(&place.bucket, "probe") {}
    ask("DELETE", &at("wiki/Page.html"), &[], &[]);
    ask("PUT", &at("index.html"), &[("content-type", "text/html")], b"defaced");
    let source = at("pages.html");
    let headers = [
        ("x-amz-copy-source", source.as_str()),
        ("x-amz-metadata-directive", "REPLACE"),
        ("x-amz-meta-kami-digest", &place.objects()["pages.html"].digest.clone()),
        ("cache-control", "no-store"),
        ("content-type", "text/html; charset=utf-8"),
    ];
    ask("PUT", &source, &headers, &[]);
    let planned = place.deploy(&["--dry-run"]);
    for line in ["new       wiki/Page.html", "changed   index.html", "metadata  pages.html"] {
        assert!(planned.lines().any(|it| it == line), "{line}: {planned}");
    }
    place.wire.take();
    place.deploy(&[]);
    let copied: Vec<_> = place
        .wire
        .take()
        .into_iter()
        .filter(|it| it.path() == "pages.html" && it.is_change())
        .collect();
    assert_eq!(copied.len(), 1);
    assert!(copied[0].body.is_empty() && !copied[0].header("x-amz-copy-source").is_empty());
    place.assert_is(&["probe"]);
    assert!(place.objects()["pages.html"].cache_control.contains("s-maxage"));
}

/// What its manifest says of a large target is believed, but for what samples show.
#[test]
fn a_large_target_is_not_listed_unless_it_is_not_as_it_says() {
    let place = Place::new(Wire::sound());
    for n in 0..1000 {
        place.write(&format!("static/{n}.txt"), "small\n");
    }
    place.deploy(&[]);
    place.write("static/7.txt", "another\n");
    place.wire.take();
    place.deploy(&[]);
    let asked = place.wire.take();
    let is_listing = |it: &stand_in::Asked| it.target.contains("list-type");
    assert!(!asked.iter().any(is_listing), "ten thousand files would take their time");
    let changed: Vec<&str> =
        asked.iter().filter(|it| it.is_change()).map(stand_in::Asked::path).collect();
    assert_eq!(changed, [NOTE, "7.txt", "sw.js", "bundle.json", NOTE]);
    for n in 0..600 {
        ask("DELETE", &format!("/{}/{n}.txt", place.bucket), &[], &[]);
    }
    let planned = place.deploy(&["--dry-run"]);
    assert!(planned.contains("600 new, 0 changed"), "{planned}");
    assert!(place.wire.take().iter().any(is_listing));
}

#[test]
fn a_site_with_errors_goes_nowhere() {
    let place = Place::new(Wire::sound());
    place.write("wiki/Bad.md", "---\ntitle: [oops\n---\n# Bad\n");
    let output = place.run(&[]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("error[front-matter]") && said.contains("nothing was deployed"),
        "{said}"
    );
    assert!(place.wire.take().is_empty(), "the store is not even asked");
}

#[test]
fn what_no_deploy_has_put_there_is_not_written_over() {
    let place = Place::new(Wire::sound());
    ask("PUT", &format!("/{}/index.html", place.bucket), &[], b"precious");
    place.fails(&[], &["index.html is there and no deploy has put it there"]);
    assert_eq!(place.wire.changes(), [""; 0]);
    ask("PUT", &format!("/{}/bundle.json", place.bucket), &[], b"{}");
    place.fails(&[], &["bundle.json is there and is none of ours"]);
    assert_eq!(place.wire.changes(), [""; 0]);
}

#[test]
fn a_wrong_target_is_explained() {
    let mut place = Place::new(Wire::sound());
    for (target, said) in [
        ("bucket", "is no place to deploy to"),
        ("s3://", "names no bucket"),
        ("s3://a b/c", "names no bucket"),
        ("s3://bucket/../other", "has `.` or `..` in it"),
        ("file://folder", "names no folder"),
    ] {
        place.target = target.to_owned();
        place.fails(&[], &[said]);
    }
}
