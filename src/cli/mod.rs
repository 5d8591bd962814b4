//! Flags in, one call per command; the only folder that prints.
//!
//! Exit status: 0 fine, 1 the content has errors, 2 the world or the usage is wrong, 101 a bug of ours.

#![expect(
    clippy::disallowed_methods,
    reason = "arguments, environment and working folder are read here, once"
)]

#[cfg(feature = "deploy")]
mod deploy;
mod drill;
mod export;
mod mend;
mod new;
mod print;
mod rename;
mod report;
mod serve;
mod sketch;
mod template;

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::cache;
use crate::compile::{Bundle, compile};
use crate::diagnostic::{self, Diagnostic, Severity, rules, sarif};
use crate::export::Request;
use crate::history::History;
use crate::load::{self, Root};
use crate::memo::Memo;
use crate::page::Options;
use crate::picture::Avif;
use crate::save::Files;
use crate::source::Sources;
use report::{Loudness, Reporter};
use sketch::Sketched;

/// Slide decks and a wiki from one folder of Markdown.
#[derive(Debug, Parser)]
#[command(name = "kami", version, about, propagate_version = true)]
struct Arguments {
    /// Say only what is wrong
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    verbose: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a small site in a new folder
    New {
        /// The folder to make
        dir: PathBuf,
        /// The language that the site is written in
        #[arg(long, value_enum, default_value = "ja")]
        lang: new::Lang,
    },
    /// Show a site in the browser and keep it up to date
    Serve(serve::Flags),
    /// Write the static bundle
    Build(BuildFlags),
    /// Tell everything that is wrong with a site
    Check {
        /// A site folder or one Markdown file [default: the nearest folder upwards with kami.toml, else here]
        path: Option<PathBuf>,
        /// How to tell it
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
        #[command(flatten)]
        measure: Measure,
        /// Look at every slide in Chromium too: what does not fit, is too small or too coarse; draw beside their documents
        /// diagrams that only Mermaid itself draws
        #[arg(long)]
        browser: bool,
        /// Mend what has one sure mending: names, paths and anchors that are one step away
        #[arg(long)]
        fix: bool,
    },
    /// Write one deck as one file
    Export(export::Flags),
    /// Bring the bundle to where readers find it: a store with a web address, or a folder
    #[cfg(feature = "deploy")]
    Deploy(deploy::Flags),
    /// Give a page or deck another name, and write every link to it anew
    Rename(rename::Flags),
    /// Write what a host wants to be told, on standard output
    Template(template::Flags),
    /// Rehearse the loss of the origin: what readers see, minute by minute
    Drill(drill::Flags),
    /// Say what a diagnostic means and how to mend it
    Explain {
        /// The code in the square brackets, such as missing-link
        code: String,
    },
    /// Write completions for a shell
    Completions { shell: Shell },
}

#[derive(Debug, clap::Args)]
struct BuildFlags {
    /// A site folder or one Markdown file [default: the nearest folder upwards with kami.toml, else here]
    path: Option<PathBuf>,
    /// Where to write the bundle [default: bundle in the site folder]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// The address the bundle will have, where formats need it
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Write speaker notes too
    #[arg(long)]
    with_notes: bool,
    /// Write drafts too
    #[arg(long)]
    drafts: bool,
    #[command(flatten)]
    measure: Measure,
    #[command(flatten)]
    forms: Forms,
}

/// How much is let pass.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Measure {
    /// Take warnings for errors
    #[arg(long)]
    strict: bool,
    /// Take what comes from other hosts for an error: the site is for a place without a network
    #[arg(long)]
    offline: bool,
}

impl Measure {
    /// Makes errors of what is not let pass.
    fn judge(self, found: &mut [Diagnostic]) {
        for diagnostic in found {
            if self.offline {
                diagnostic.rule = rules::offline(diagnostic.rule);
            }
            if self.strict {
                diagnostic.rule = rules::strict(diagnostic.rule);
            }
        }
    }
}

/// What else a bundle is written as.
#[derive(Debug, clap::Args)]
struct Forms {
    /// Write each text compressed too, as .br, .zst and .gz, for hosts that send such files
    #[arg(long)]
    precompress: bool,
    /// Write the bundle as one archive too
    #[arg(long, value_name = "FILE")]
    zip: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

/// Whether slides are looked at, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Nowhere,
    InBrowser,
}

/// Runs the command line of this process; returns its exit status.
pub fn run() -> u8 {
    let arguments = Arguments::parse();
    let loudness = match (arguments.quiet, arguments.verbose) {
        (true, _) => Loudness::Quiet,
        (false, true) => Loudness::Verbose,
        (false, false) => Loudness::Normal,
    };
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let reporter = Reporter::new(loudness, no_color);
    let status = match arguments.command {
        Command::New { dir, lang } => new::run(&dir, lang, &reporter).map(|()| 0),
        Command::Serve(flags) => serve::run(&flags, &reporter).map(|()| 0),
        Command::Build(flags) => build(&flags, &reporter),
        Command::Check { path, format, measure, browser, fix } => {
            let seen = if browser { Seen::InBrowser } else { Seen::Nowhere };
            let mended = if fix { mend::run(path.as_deref(), &reporter) } else { Ok(()) };
            mended
                .and_then(|()| check(path.as_deref(), (seen, measure), format, &reporter))
                .map(|found| verdict(&found))
        }
        Command::Export(flags) => export::run(&flags, &reporter),
        #[cfg(feature = "deploy")]
        Command::Deploy(flags) => deploy::run(&flags, &reporter),
        Command::Rename(flags) => rename::run(&flags, &reporter).map(|()| 0),
        Command::Template(flags) => template::run(&flags, &reporter),
        Command::Drill(flags) => drill::run(&flags, &reporter).map(|()| 0),
        Command::Explain { code } => Ok(explain(&code, &reporter)),
        Command::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "kami", &mut out);
            reporter.answer(&String::from_utf8_lossy(&out));
            Ok(0)
        }
    };
    status.unwrap_or_else(|error| {
        reporter.failure(&error);
        2
    })
}

/// Finds the site that a command is about.
fn root_of(path: Option<&Path>) -> Result<Root> {
    match path {
        Some(path) => Root::at(path),
        None => Root::find(&std::env::current_dir().context("find the working folder")?),
    }
}

/// Returns the name of the one file that is the whole site, as it was given.
fn name_of(root: &Root) -> Option<String> {
    root.file.as_ref().map(|file| file.to_string_lossy().into_owned())
}

/// Does the rest of a renaming that was broken off: nobody should see half of it.
fn finish(root: &Root, reporter: &Reporter) {
    let files = files_of(root).ok().filter(|files| !files.is_one_file());
    match files.map(|files| files.finish()) {
        Some(Ok(0)) | None => {}
        Some(Ok(_)) => reporter.note("a renaming that was broken off is done now"),
        Some(Err(_)) => reporter.note("a renaming was broken off and cannot be finished\nhelp: check the permissions of the site; .kami/journal/ holds what is to be done"),
    }
}

/// Opens the files of a site for writing.
fn files_of(root: &Root) -> Result<Files> {
    match root.alone() {
        Some((path, name)) => Files::of_file(&root.folder, path, name),
        None => Files::of_site(&root.folder, root.ignored().clone()),
    }
}

/// Opens the place where the results of dear work are kept; a single file as a site keeps nothing on disk.
fn memo_of(root: &Root) -> Memo {
    if root.file.is_some() { cache::in_memory() } else { cache::on_disk(&root.folder) }
}

/// Returns who makes AVIF, if a site asks.
fn avif() -> Avif {
    let variable = |name: &str| std::env::var_os(name);
    crate::avif::encoder(variable("KAMI_AVIFENC"), variable("PATH"))
}

fn build(flags: &BuildFlags, reporter: &Reporter) -> Result<u8> {
    let root = root_of(flags.path.as_deref())?;
    finish(&root, reporter);
    let base_url = flags.base_url.as_deref().map(base_url).transpose()?;
    let options = Options {
        notes: flags.with_notes,
        handout_notes: flags.with_notes,
        drafts: flags.drafts,
        base_url,
        file: name_of(&root),
        memo: memo_of(&root),
        avif: avif(),
        ..Options::default()
    };
    let bundle = whole(&root, load::load_lean, options, reporter)?;
    let target = flags.output.clone().unwrap_or_else(|| match &root.file {
        Some(_) => PathBuf::from("bundle"),
        None => root.folder.join("bundle"),
    });
    let request = Request {
        bundle: &bundle,
        target: &target,
        site: &root.folder,
        precompress: flags.forms.precompress,
        keep_stale: false,
    };
    if let Some(zip) = &flags.forms.zip {
        crate::export::refuse_zip(zip, &request)?;
    }
    let progress = reporter.progress();
    let summary = crate::export::write(&request, &|done, total| progress.at(done, total))?;
    progress.done();
    if let Some(zip) = &flags.forms.zip {
        let bytes = crate::export::zip(&target, zip)?;
        reporter.outcome(&format!("{}: {bytes} bytes\n", zip.display()));
    }
    let mut found = bundle.diagnostics();
    flags.measure.judge(&mut found);
    reporter.diagnostics(&bundle, &found);
    reporter.summary(&found);
    if summary.in_place {
        reporter.note("the bundle was written file by file: its folder could not be exchanged in one step here");
    }
    reporter.outcome(&format!(
        "{}: {} files, {} written, {} unchanged, {} removed\n",
        target.display(),
        summary.written + summary.kept,
        summary.written,
        summary.kept,
        summary.removed
    ));
    let verdict = verdict(&found);
    // The process ends: to give back 10,000 pages one by one takes a twentieth of the whole build.
    std::mem::forget(bundle);
    Ok(verdict)
}

/// Compiles a site and makes all that its pages share, for whoever is about to ask for every one of them.
fn whole(
    root: &Root,
    load: impl Fn(&Root) -> Result<Sources>,
    options: Options,
    reporter: &Reporter,
) -> Result<Bundle> {
    let (sources, history) = with_history(root, load);
    let bundle = compile(sources?, options);
    bundle.catalog.resolve_all();
    bundle.catalog.hear_all(bundle.config.unlinked as usize);
    bundle.index_all();
    let progress = reporter.progress();
    bundle.develop(&|done, total| progress.at(done, total));
    progress.done();
    Ok(bundle.with_history(history.join().unwrap_or_default()))
}

/// Reads a site, and meanwhile its history: git takes its time beside reading and compiling.
fn with_history(
    root: &Root,
    load: impl Fn(&Root) -> Result<Sources>,
) -> (Result<Sources>, JoinHandle<History>) {
    let place = root.clone();
    let history = std::thread::spawn(move || load::history(&place));
    (load(root), history)
}

fn base_url(url: &str) -> Result<String> {
    crate::config::address::of_folder(url).with_context(|| {
        format!(
            "`{url}` is not an address\nhelp: write it whole, without `?` and `#`, such as https://example.org/site/"
        )
    })
}

fn check(
    path: Option<&Path>,
    (seen, measure): (Seen, Measure),
    format: Format,
    reporter: &Reporter,
) -> Result<Vec<Diagnostic>> {
    let root = root_of(path)?;
    finish(&root, reporter);
    let compiled = || -> Result<Bundle> {
        let (file, avif) = (name_of(&root), avif());
        let options = Options { drafts: true, file, avif, ..Options::default() };
        Ok(compile(load::load(&root)?, options))
    };
    let mut bundle = compiled()?;
    let mut sketched = Sketched::default();
    if seen == Seen::InBrowser {
        sketched = sketch::draw(&bundle, &root, reporter)?;
        if sketched.changed {
            bundle = compiled()?;
        }
    }
    bundle.catalog.resolve_all();
    // A template can fail on the pages of this site alone.
    let mut addresses = bundle.addresses_beside_search();
    addresses.sort();
    addresses
        .iter()
        .filter(|address| crate::output::content_type(address).starts_with("text/html"))
        .take(200)
        .for_each(|address| drop(bundle.make(address)));
    let mut found = bundle.diagnostics();
    if seen == Seen::InBrowser {
        sketched.amend(&mut found);
        found.extend(print::measure(&bundle, reporter)?);
        diagnostic::sort(&mut found);
    }
    measure.judge(&mut found);
    match format {
        Format::Json => {
            for diagnostic in &found {
                reporter
                    .answer(&format!("{}\n", serde_json::to_string(&bundle.locate(diagnostic))?));
            }
        }
        Format::Sarif => {
            let located: Vec<_> =
                found.iter().map(|diagnostic| bundle.locate(diagnostic)).collect();
            reporter.answer(&sarif::log(&located));
        }
        Format::Text => {
            reporter.diagnostics(&bundle, &found);
            reporter.summary(&found);
        }
    }
    Ok(found)
}

fn verdict(found: &[Diagnostic]) -> u8 {
    u8::from(found.iter().any(|one| one.rule.severity == Severity::Error))
}

fn explain(code: &str, reporter: &Reporter) -> u8 {
    if let Some(rule) = rules::find(code) {
        reporter.answer(&format!(
            "{} [{}]\n\n{}\n",
            rule.severity.name(),
            rule.code,
            rule.explanation
        ));
        return 0;
    }
    let near = crate::config::closest(code, rules::ALL.iter().map(|rule| rule.code));
    let help = near.map_or_else(
        || "the codes stand in square brackets in what `kami check` says".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    reporter.failure(&anyhow::anyhow!("no diagnostic has the code `{code}`\nhelp: {help}"));
    2
}
