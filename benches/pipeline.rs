//! What the performance claims rest on: every stage, the program and its server, beside the raw limit.
//!
//! ```text
//! cargo bench                                  100 and 1,000 pages
//! cargo bench -- --sizes 100,1000,10000        as many pages as asked for
//! cargo bench -- --only build,serve,site       stages, build, search, serve, decks, pictures, code,
//!                                              formulas, site
//! cargo bench -- --only pictures --pictures 200    photographs; HUGO=path/to/hugo to compare
//! cargo bench -- --compile                     also builds the program from nothing
//! ```
//!
//! It prints and judges nothing: a machine's mood is no test. Compare the ratios of one run; times of
//! two runs compare two machines. The least of several runs is printed, where not told otherwise.
#![expect(clippy::disallowed_methods, reason = "a measure reads clocks, files and processes")]
#![expect(clippy::print_stdout, reason = "the table is the result")]

#[path = "pipeline/code.rs"]
mod code;
#[path = "pipeline/corpus.rs"]
mod corpus;
#[path = "pipeline/decks.rs"]
mod decks;
#[path = "pipeline/formulas.rs"]
mod formulas;
#[path = "pipeline/limit.rs"]
mod limit;
#[path = "pipeline/pictures.rs"]
mod pictures;
#[path = "pipeline/search.rs"]
mod search;
#[path = "pipeline/server.rs"]
mod server;
#[path = "pipeline/timing.rs"]
mod timing;
#[path = "pipeline/weight.rs"]
mod weight;
#[path = "pipeline/words.rs"]
mod words;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use corpus::Wiki;
use kamishibai::compile::{Bundle, Change, compile, recompile};
use kamishibai::document::{self, Settings, Workshop};
use kamishibai::load::{self, Root};
use kamishibai::page::Options;
use kamishibai::source::{Source, SourcePath, Sources};
use server::{Edited, Server, saves};
use timing::{Cost, least, median, program, repeated, row, row_of, text, timed};

const RUNS: usize = 5;
const EDITS: usize = 50;
const MESSAGES: usize = 12;
/// The rest before a save: the last one is over and done with.
const SOON: Duration = Duration::from_millis(40);
/// The rest where messages are measured: windows are told of a few changes at once, then less often.
const LATER: Duration = Duration::from_millis(800);
const KAMI: &str = env!("CARGO_BIN_EXE_kami");
const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

/// What is asked for on the command line.
#[derive(Debug)]
struct Request {
    sizes: Vec<usize>,
    only: Vec<String>,
    pictures: usize,
    compile: bool,
}

impl Request {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|one| one == part)
    }
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, site, out, files, bytes] = arguments.as_slice()
        && mode == "--raw-limit"
    {
        let number = |text: &str| text.parse().map_err(io::Error::other);
        return limit::run(Path::new(site), Path::new(out), number(files)?, number(bytes)?);
    }
    let request = read(&arguments)?;
    // What is written is no disk's business, where there is memory to write to.
    let memory = Path::new("/dev/shm");
    let scratch =
        if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
    println!("{} processors; files in {}", processors(), scratch.path().display());
    let of_pages = ["stages", "build", "search", "serve"].iter().any(|part| request.wants(part));
    for &pages in request.sizes.iter().filter(|_| of_pages) {
        measure(&request, pages, scratch.path())?;
    }
    if request.wants("decks") {
        decks::compare(KAMI, scratch.path())?;
    }
    if request.wants("code") {
        code::measure(Path::new(REPOSITORY));
    }
    if request.wants("formulas") {
        formulas::measure()?;
    }
    if request.wants("pictures") {
        pictures::measure(KAMI, request.pictures, scratch.path())?;
    }
    if request.wants("site") {
        site(scratch.path())?;
    }
    if request.compile {
        compilation(scratch.path())?;
    }
    Ok(())
}

fn read(arguments: &[String]) -> io::Result<Request> {
    let mut request =
        Request { sizes: vec![100, 1000], only: Vec::new(), pictures: 20, compile: false };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--sizes" => {
                let sizes = rest.next().map_or("", String::as_str).split(',');
                request.sizes = sizes
                    .map(|size| size.parse().map_err(io::Error::other))
                    .collect::<io::Result<_>>()?;
            }
            "--only" => {
                let parts = rest.next().map_or("", String::as_str).split(',');
                request.only = parts.map(str::to_owned).collect();
            }
            "--pictures" => {
                let count = rest.next().map_or("", String::as_str);
                request.pictures = count.parse().map_err(io::Error::other)?;
            }
            "--compile" => request.compile = true,
            "--bench" => {}
            other => return Err(io::Error::other(format!("`{other}` is no argument of this"))),
        }
    }
    Ok(request)
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Measures everything that depends on the number of pages.
fn measure(request: &Request, pages: usize, scratch: &Path) -> io::Result<()> {
    let wiki = Wiki::new(pages);
    let folder = scratch.join(format!("wiki-{pages}"));
    let size = wiki.write(&folder, false)?;
    println!(
        "\n## {pages} pages: {} words a page, {:.1} MB in all\n",
        size.words / pages,
        mega(size.bytes)
    );
    if request.wants("stages") {
        stages(&wiki, &folder)?;
    }
    if request.wants("build") {
        build(&folder, scratch, pages)?;
    }
    if request.wants("search") {
        let bundle = scratch.join("searched");
        kami_build(&folder, &bundle);
        search::measure(&wiki, &folder, &bundle)?;
        fs::remove_dir_all(&bundle)?;
    }
    if request.wants("serve") {
        serve(&wiki, &folder)?;
        served_hub(&wiki, &scratch.join(format!("hub-{pages}")))?;
    }
    fs::remove_dir_all(&folder)
}

/// The stages of the pipeline, in this process.
fn stages(wiki: &Wiki, folder: &Path) -> io::Result<()> {
    let pages = wiki.pages.len();
    let root = Root::at(folder).map_err(io::Error::other)?;
    let load = || load::load(&root).map_err(io::Error::other);
    let sources = load()?;
    row_of("read all files", &repeated(RUNS, load), pages, "");
    let texts: Vec<&Source> = sources.iter().filter(|s| s.path.is_document()).collect();
    let plain = repeated(RUNS, || {
        texts.iter().filter_map(|s| s.as_text()).map(limit::format).sum::<usize>()
    });
    row_of("comrak alone: parse and format, one thread", &plain, pages, "");
    let parse = repeated(RUNS, || texts.iter().filter_map(|s| parsed(s)).count());
    let against = format!(", {} of comrak alone", ratio(&parse, &plain));
    row_of("parse to documents, one thread", &parse, pages, &against);
    let compiled = repeated(RUNS, || compile(sources.clone(), Options::default()));
    row_of("compile cold: parse and catalog", &compiled, pages, "");
    let bundle = compile(sources.clone(), Options::default());
    let addresses = bundle.addresses();
    let made = repeated(RUNS, || {
        addresses
            .par_iter()
            .filter_map(|address| bundle.make(address))
            .map(|o| o.bytes.len())
            .sum::<usize>()
    });
    row_of("compose and render all", &made, pages, "");
    row_of("diagnostics of all", &repeated(RUNS, || bundle.diagnostics()), pages, "");
    warm(wiki, &sources, bundle);
    Ok(())
}

fn parsed(source: &Source) -> Option<document::Document> {
    let settings = Settings { html: false, workshop: &Workshop::default() };
    Some(document::parse(&source.path, source.as_text()?, settings))
}

/// One page is edited, all else stays.
fn warm(wiki: &Wiki, sources: &Sources, mut bundle: Bundle) {
    let edited = wiki.edited();
    let path = format!("wiki/{}.md", edited.path);
    let original = sources.text(&path).unwrap_or_default().to_owned();
    let (mut compiles, mut outputs) = (Vec::new(), Vec::new());
    for number in 0..EDITS {
        let source = Source::text(&path, &format!("{original}\nEdit {number}.\n"));
        let change = Change { path: SourcePath::new(&path), source: Some(source) };
        let (cost, next) = timed(|| recompile(&bundle, vec![change]));
        compiles.push(cost.wall);
        let (cost, made) = timed(|| next.output(&format!("wiki/{}.html", edited.path)));
        outputs.push(cost.wall);
        assert!(made.is_some(), "the edited page is there");
        bundle = next;
    }
    row("compile warm: one edit", &text(median(compiles)), "median of 50");
    row("make the edited page", &text(median(outputs)), "median of 50");
}

/// The program builds into an empty folder, by turns with the raw limit.
fn build(folder: &Path, scratch: &Path, pages: usize) -> io::Result<()> {
    let (ours, floor) = (scratch.join("ours"), scratch.join("floor"));
    kami_build(folder, &ours);
    let (files, bytes) = content(&ours)?;
    let (mut builds, mut limits) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        fs::remove_dir_all(&ours)?;
        builds.push(kami_build(folder, &ours));
        limits.push(raw_limit(folder, &floor, files, bytes)?);
        fs::remove_dir_all(&floor)?;
    }
    let again = (0..RUNS).map(|_| kami_build(folder, &ours)).collect::<Vec<_>>();
    let size = format!(", {files} files, {:.1} MB", mega(bytes));
    row_of("raw limit of the build, two threads", &limits, pages, &size);
    let (limit, least_build) = (least(&limits), least(&builds));
    let note = format!(
        ", {} of the raw limit in time, {:.2} in processor time (goal 2)",
        ratio(&builds, &limits),
        least_build.cpu.as_secs_f64() / limit.cpu.as_secs_f64().max(0.01)
    );
    row_of("kami build, cold, two threads", &builds, pages, &note);
    row_of("kami build again, nothing changed", &again, pages, "");
    fs::remove_dir_all(&ours)
}

fn kami_build(folder: &Path, out: &Path) -> Cost {
    let mut command = Command::new(KAMI);
    program(command.args(["build", "-q", "-o"]).arg(out).arg(folder).env("RAYON_NUM_THREADS", "2"))
}

fn raw_limit(folder: &Path, out: &Path, files: usize, bytes: usize) -> io::Result<Cost> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--raw-limit").arg(folder).arg(out).args([files.to_string(), bytes.to_string()]);
    Ok(program(command.env("RAYON_NUM_THREADS", "2")))
}

/// Counts the files below a folder, and their bytes.
fn content(folder: &Path) -> io::Result<(usize, usize)> {
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            let (more, larger) = content(&entry.path())?;
            (files, bytes) = (files + more, bytes + larger);
        } else {
            files += 1;
            bytes += usize::try_from(entry.metadata()?.len()).unwrap_or(0);
        }
    }
    Ok((files, bytes))
}

/// The server with this wiki: a page's text is saved, and saved again.
fn serve(wiki: &Wiki, folder: &Path) -> io::Result<()> {
    let started = Instant::now();
    let server = Server::start(Path::new(KAMI), folder)?;
    let ready = started.elapsed();
    let path = &wiki.edited().path;
    let edited =
        Edited { file: folder.join(format!("wiki/{path}.md")), route: format!("wiki/{path}.html") };
    row("kami serve: until it listens", &text(ready), "");
    let pages = wiki.pages.len();
    let memory = server.memory();
    let each = format!("{:.1} KB a page (goal 50)", kilo(memory / pages));
    row("kami serve: memory at first", &format!("{:.1} MB", mega(memory)), &each);
    let change = |text: &str, number: usize| {
        (format!("{text}\nSave number {number}.\n"), format!("Save number {number}."))
    };
    let brisk = saves(&server, &edited, (EDITS, SOON), change)?;
    let goal = if pages > 1000 { "median of 50 (goal 16 ms)" } else { "median of 50 (goal 10 ms)" };
    row("save to served: a page's text", &text(median(brisk.served)), goal);
    let calm = saves(&server, &edited, (MESSAGES, LATER), change)?;
    row("save to message: the same, now and then", &text(median(calm.told)), "median of 12");
    let memory = server.memory();
    let each = format!("{:.1} KB a page", kilo(memory / pages));
    row("kami serve: memory after 50 edits", &format!("{:.1} MB", mega(memory)), &each);
    Ok(())
}

/// The server with a wiki where every page links to one, whose title is changed.
fn served_hub(wiki: &Wiki, folder: &Path) -> io::Result<()> {
    wiki.write(folder, true)?;
    let server = Server::start(Path::new(KAMI), folder)?;
    let edited = Edited { file: folder.join("wiki/Hub.md"), route: "wiki/Hub.html".to_owned() };
    let saves = saves(&server, &edited, (20, SOON), |text, number| {
        (format!("---\ntitle: Hub {number}\n---\n{text}"), format!(">Hub {number}<"))
    })?;
    let note = format!("median of 20, {} backlinks (goal 100 ms)", wiki.pages.len());
    row("save to served: a title", &text(median(saves.served)), &note);
    fs::remove_dir_all(folder)
}

/// The demo site: start-up and the weight of a deck.
fn site(scratch: &Path) -> io::Result<()> {
    println!("\n## The repository's own site\n");
    let mut first_bytes = Vec::new();
    for _ in 0..15 {
        let started = Instant::now();
        let server = Server::start(Path::new(KAMI), Path::new(REPOSITORY))?;
        server.connect()?.first_byte("")?;
        first_bytes.push(started.elapsed());
    }
    let least = first_bytes.iter().min().copied().unwrap_or_default();
    let note = format!("median of 15, least {} (goal 50 ms)", text(least));
    row("start of the process to first byte", &text(median(first_bytes)), &note);
    let bundle = scratch.join("demo");
    kami_build(Path::new(REPOSITORY), &bundle);
    for (folder, what, goal) in [("decks", "deck page", " (goal 30)"), ("wiki", "wiki page", "")] {
        let Some(heaviest) = weight::pages(&bundle.join(folder))?.pop() else { continue };
        let note = format!(
            "gzip -6, {:.1} KB plain, {} requests, {}{goal}; {:.1} KB more for who speaks or draws",
            kilo(heaviest.plain),
            heaviest.requests,
            heaviest.name,
            kilo(heaviest.later)
        );
        let name = format!("heaviest {what}, styles, scripts");
        row(&name, &format!("{:.1} KB", kilo(heaviest.compressed)), &note);
    }
    let lock = fs::read_to_string(Path::new(REPOSITORY).join("Cargo.lock"))?;
    let packages = lock.matches("[[package]]").count();
    row("locked packages", &packages.to_string(), "those of tests and of other systems included");
    Ok(())
}

/// Builds the program from nothing, dependencies included.
fn compilation(scratch: &Path) -> io::Result<()> {
    let target: PathBuf = scratch.join("target");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--locked", "--bin", "kami", "--manifest-path"]);
    command.arg(Path::new(REPOSITORY).join("Cargo.toml")).env("CARGO_TARGET_DIR", &target);
    command.env("CARGO_INCREMENTAL", "0");
    let cost = program(&mut command);
    let bytes = fs::metadata(target.join("release/kami"))?.len();
    let note =
        format!("cpu {}, {:.1} MB", text(cost.cpu), mega(usize::try_from(bytes).unwrap_or(0)));
    row("cargo build --release, from nothing", &text(cost.wall), &note);
    Ok(())
}

fn ratio(ours: &[Cost], others: &[Cost]) -> String {
    let seconds = |costs: &[Cost]| least(costs).wall.max(Duration::from_micros(1)).as_secs_f64();
    format!("{:.2}", seconds(ours) / seconds(others))
}

#[expect(clippy::cast_precision_loss, reason = "printed with one digit")]
fn kilo(bytes: usize) -> f64 {
    bytes as f64 / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "printed with one digit")]
fn mega(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
