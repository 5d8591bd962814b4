//! The search under measure: what its index costs a build, how large it is, what a first search loads, how soon a
//! key press is answered. The last two need node, Chromium and the packages of `tests/browser`.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use crate::corpus::Wiki;
use crate::timing::{row, row_of, timed};
use kamishibai::compile::compile;
use kamishibai::load::{self, Root};
use kamishibai::page::Options;
use kamishibai::search::{INDEX, Index, Shelf};

const RUNS: usize = 5;

/// Measures the index in this process, then the bundle in a browser.
pub(crate) fn measure(wiki: &Wiki, folder: &Path, bundle: &Path) -> io::Result<()> {
    let pages = wiki.pages.len();
    let root = Root::at(folder).map_err(io::Error::other)?;
    let sources = load::load(&root).map_err(io::Error::other)?;
    let compiled = compile(sources, Options::default());
    let cold = (0..RUNS).map(|_| {
        let shelf = Shelf::of(&compiled.catalog);
        timed(|| Index::of(&compiled.catalog, &shelf)).0
    });
    row_of("index of all texts, cold", &cold.collect::<Vec<_>>(), pages, "");
    let shelf = Shelf::of(&compiled.catalog);
    let index = Index::of(&compiled.catalog, &shelf);
    let warm = (0..RUNS).map(|_| timed(|| Index::of(&compiled.catalog, &shelf)).0);
    row_of("index again after an edit, merging alone", &warm.collect::<Vec<_>>(), pages, "");
    let texts = index.addresses().filter(|address| address.starts_with("search/t-"));
    let texts: Vec<&String> = texts.collect();
    let made = (0..RUNS).map(|_| timed(|| texts.iter().filter_map(|it| index.make(it)).count()).0);
    row_of("shards of texts, one thread", &made.collect::<Vec<_>>(), pages, "");
    sizes(&index);
    if let Err(fault) = browser(wiki, bundle) {
        row("in a browser", "-", &format!("not measured: {fault}"));
    }
    Ok(())
}

fn sizes(index: &Index) {
    let size = |kinds: &[&str]| -> (usize, usize) {
        let addresses = index.addresses().filter(|address| {
            kinds.iter().any(|kind| address.starts_with(&format!("search/{kind}-")))
        });
        let sizes = addresses.map(|address| index.make(address).map_or(0, |bytes| bytes.len()));
        sizes.fold((0, 0), |(count, sum), size| (count + 1, sum + size))
    };
    let (texts, text_bytes) = size(&["t"]);
    row("texts", &mega(text_bytes), &format!("in {texts} shards"));
    for (name, kinds) in [("words", &["d"][..]), ("their lists", &["w"]), ("pairs", &["g"])] {
        let (count, bytes) = size(kinds);
        row(name, &mega(bytes), &format!("in {count} shards"));
    }
    let (_, postings) = size(&["d", "w", "g"]);
    let share = postings * 1000 / text_bytes.max(1);
    let note = format!("{}.{} % of the texts (goal 33.3)", share / 10, share % 10);
    row("postings in all", &mega(postings), &note);
    row("search/index.js", &mega(index.make(INDEX).map_or(0, |bytes| bytes.len())), "");
}

fn mega(bytes: usize) -> String {
    format!("{}.{:02} MB", bytes / 1_000_000, bytes / 10_000 % 100)
}

fn browser(wiki: &Wiki, bundle: &Path) -> io::Result<()> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/search/keystrokes.mjs");
    let start = format!("wiki/{}.html", wiki.edited().path);
    let queries = ["lantern", "anter", "quiet harbour", "索引", "配信の", "紙芝居 cache"];
    let output = Command::new("node")
        .arg(script)
        .arg(fs::canonicalize(bundle)?)
        .arg(start)
        .args(queries)
        .output()?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(io::Error::other(told.lines().take(5).collect::<Vec<_>>().join(" ")));
    }
    let told: Json = serde_json::from_slice(&output.stdout).map_err(io::Error::other)?;
    for first in told["first"].as_array().into_iter().flatten() {
        let bytes = first["bytes"].as_u64().and_then(|bytes| usize::try_from(bytes).ok());
        let name = format!("first search: {}", first["query"].as_str().unwrap_or_default());
        let note = format!("{} scripts, not compressed", first["requests"]);
        row(&name, &mega(bytes.unwrap_or(0)), &note);
    }
    let press = &told["keystroke"];
    let of = |name: &str| press[name].as_f64().unwrap_or(f64::NAN);
    let note = format!(
        "median of {}, p95 {:.1} ms, most {:.1} ms (goal 16)",
        press["count"],
        of("p95"),
        of("most")
    );
    row("key press to results", &format!("{:.1} ms", of("median")), &note);
    Ok(())
}
