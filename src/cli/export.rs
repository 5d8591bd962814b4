//! `kami export`: one deck as one file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use clap::ValueEnum;

use super::print::Print;
use super::report::Reporter;
use crate::catalog::Entry;
use crate::catalog::names::fold;
use crate::compile::{Bundle, compile};
use crate::diagnostic::Diagnostic;
use crate::document::Kind;
use crate::export;
use crate::load::{self, Root};
use crate::page::Options;
use crate::source::SourcePath;

#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// The deck: its name, or its file
    deck: String,
    /// What to make of it
    #[arg(long, value_enum, default_value = "html")]
    format: Format,
    /// Where to write it, `-` for standard output [default: the deck's name here; text goes to standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Give each step a page or a picture of its own (pdf, png)
    #[arg(long)]
    steps: bool,
    /// How many pixels of a picture make one of the slide's (png)
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = scale)]
    scale: f64,
    /// Write speaker notes too
    #[arg(long)]
    with_notes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One HTML file that presents from anywhere
    Html,
    /// A page a slide, to print or to send
    Pdf,
    /// A picture a slide
    Png,
    /// The speaker notes as plain text
    Text,
}

pub(super) fn run(flags: &Flags, reporter: &Reporter) -> Result<u8> {
    let path = Path::new(&flags.deck);
    let is_file = path.is_file();
    let root = if is_file { root_of(path)? } else { super::root_of(None)? };
    let options = Options {
        notes: flags.with_notes,
        // Who names a draft wants it.
        drafts: true,
        file: super::name_of(&root),
        memo: super::memo_of(&root),
        avif: super::avif(),
        ..Options::default()
    };
    let bundle = compile(load::load(&root)?, options);
    let entry =
        if is_file { deck_at(&bundle, &root, path)? } else { deck_named(&bundle, &flags.deck)? };
    let job = Job { flags, bundle: &bundle, entry: &entry, reporter };
    match flags.format {
        Format::Html => job.html()?,
        Format::Pdf => job.pdf()?,
        Format::Png => job.png()?,
        Format::Text => job.text()?,
    }
    let found = concerning(&bundle, &entry);
    reporter.diagnostics(&bundle, &found);
    reporter.summary(&found);
    Ok(super::verdict(&found))
}

/// What one export is made from.
struct Job<'a> {
    flags: &'a Flags,
    bundle: &'a Bundle,
    entry: &'a Arc<Entry>,
    reporter: &'a Reporter,
}

impl Job<'_> {
    fn html(&self) -> Result<()> {
        let file = export::one_file(self.bundle, self.entry).context("make the deck's page")?;
        if !file.unlinked.is_empty() {
            let links = count(file.unlinked.len(), "page or file", "pages and files");
            self.reporter.note(&format!(
                "links to {links} of the site are plain text in the file: with the site's address as `base_url` in kami.toml they would lead there"
            ));
        }
        if !file.remote.is_empty() {
            self.reporter.note(&format!(
                "the deck shows something from other hosts, which needs a network: {}",
                file.remote.join(", ")
            ));
        }
        if !file.left_out.is_empty() {
            self.reporter.note(&format!(
                "too large to be within a page, and left out: {}",
                file.left_out.join(", ")
            ));
        }
        self.put("html", file.html.as_bytes())
    }

    fn text(&self) -> Result<()> {
        let text = export::notes_text(&self.entry.document);
        if self.flags.output.is_none() {
            self.reporter.answer(&text);
            return Ok(());
        }
        self.put("txt", text.as_bytes())
    }

    fn print(&self) -> Print<'_> {
        let Job { flags, bundle, entry, reporter } = self;
        let (steps, with_notes) = (flags.steps, flags.with_notes);
        Print { bundle, entry, reporter, steps, with_notes }
    }

    fn pdf(&self) -> Result<()> {
        self.put("pdf", &self.print().pdf()?)
    }

    fn png(&self) -> Result<()> {
        if self.to_output() {
            bail!(
                "pictures are several files\nhelp: name a folder, or a file that lends its name to all of them"
            );
        }
        let target = self.target("png")?;
        let mut bytes = 0;
        let mut last = target.clone();
        let mut total = 0;
        self.print().png(self.flags.scale, |number, of, picture| {
            last = numbered(&target, number, of);
            bytes += picture.len();
            total = of;
            export::write_file(&last, picture)
        })?;
        let first = numbered(&target, 1, total);
        let size = bytes.div_ceil(1000);
        let names = format!("{} to {}", first.display(), last.display());
        self.reporter
            .outcome(&format!("{names}: {}, {size} kB\n", count(total, "picture", "pictures")));
        Ok(())
    }

    /// Returns the file to write.
    fn target(&self, extension: &str) -> Result<PathBuf> {
        let name = format!("{}.{extension}", self.name());
        match &self.flags.output {
            None => Ok(PathBuf::from(name)),
            Some(folder) if export::is_folder(folder) => {
                export::make_folder(folder)?;
                Ok(folder.join(name))
            }
            Some(file) => Ok(file.clone()),
        }
    }

    /// Returns the last part of the deck's name.
    fn name(&self) -> String {
        let stem = stem(self.entry);
        stem.rsplit('/').next().unwrap_or(&stem).to_owned()
    }

    /// Tells whether standard output is asked for, as `-`.
    fn to_output(&self) -> bool {
        self.flags.output.as_deref() == Some(Path::new("-"))
    }

    /// Writes the one file that is asked for.
    fn put(&self, extension: &str, bytes: &[u8]) -> Result<()> {
        if self.to_output() {
            self.reporter.answer_bytes(bytes);
            return Ok(());
        }
        let target = self.target(extension)?;
        export::write_file(&target, bytes)?;
        let size = bytes.len().div_ceil(1000);
        self.reporter.outcome(&format!("{}: {size} kB\n", target.display()));
        Ok(())
    }
}

/// Puts a number before the ending of a file's name, as wide as the largest one, at least of three digits.
fn numbered(file: &Path, number: usize, of: usize) -> PathBuf {
    let width = of.to_string().len().max(3);
    let extension = file.extension().unwrap_or_default().to_string_lossy();
    let extension = if extension.is_empty() { "png".into() } else { extension };
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!("{stem}.{number:0width$}.{extension}"))
}

fn scale(text: &str) -> std::result::Result<f64, String> {
    let scale = text.parse::<f64>().ok().filter(|scale| (0.1..=8.0).contains(scale));
    scale.ok_or_else(|| "a number from 0.1 to 8".to_owned())
}

fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// Returns the site that a deck's file belongs to: one whose `decks` folder it lies in, else the file alone.
fn root_of(file: &Path) -> Result<Root> {
    let real = file.canonicalize().with_context(|| format!("open {}", file.display()))?;
    let decks = real.ancestors().skip(1).filter(|folder| folder.ends_with("decks"));
    for folder in decks.filter_map(Path::parent) {
        let site = Root::at(folder)?;
        let is_site = folder.join("kami.toml").is_file() || folder.join("wiki").is_dir();
        if is_site && site.source_path(&real).is_some() {
            return Ok(site);
        }
    }
    Root::at(file)
}

fn deck_at(bundle: &Bundle, root: &Root, file: &Path) -> Result<Arc<Entry>> {
    let real = file.canonicalize().with_context(|| format!("open {}", file.display()))?;
    let mut decks = decks(bundle);
    let found = match &root.file {
        Some(_) => decks.next(),
        None => {
            root.source_path(&real).and_then(|path| decks.find(|entry| entry.document.path == path))
        }
    };
    found.cloned().ok_or_else(|| {
        anyhow!("{} is no deck\nhelp: name a Markdown file, or the name of a deck", file.display())
    })
}

fn decks(bundle: &Bundle) -> impl Iterator<Item = &Arc<Entry>> {
    bundle.catalog.entries().filter(|entry| entry.kind == Kind::Deck)
}

/// Returns what a deck is called: its path in `decks` without endings.
fn stem(entry: &Entry) -> String {
    let stem = entry.document.stem();
    let stem = stem.strip_prefix("decks/").unwrap_or(stem);
    stem.strip_suffix("/index").unwrap_or(stem).to_owned()
}

/// Finds the deck that is meant, the closest spelling first.
fn deck_named(bundle: &Bundle, name: &str) -> Result<Arc<Entry>> {
    let wanted = name.trim_end_matches('/').trim_end_matches(".md").trim_end_matches(".html");
    let wanted = wanted.strip_prefix("./").unwrap_or(wanted);
    let wanted = wanted.strip_prefix("decks/").unwrap_or(wanted);
    let folded = fold(wanted);
    let lang = &bundle.config.lang;
    let own = |entry: &Entry| entry.lang == *lang;
    let tests: [&dyn Fn(&Entry) -> bool; 4] = [
        &|entry| stem(entry) == wanted,
        &|entry| entry.name == wanted && own(entry),
        &|entry| fold(&stem(entry)) == folded || (fold(&entry.name) == folded && own(entry)),
        &|entry| entry.labels().any(|label| fold(label) == folded),
    ];
    for test in tests {
        let found: Vec<&Arc<Entry>> = decks(bundle).filter(|entry| test(entry)).collect();
        match found[..] {
            [] => {}
            [entry] => return Ok(Arc::clone(entry)),
            _ => {
                let paths: Vec<&str> =
                    found.iter().map(|entry| entry.document.path.as_str()).collect();
                return Err(anyhow!(
                    "`{name}` may mean {}\nhelp: name the file of the one you mean",
                    paths.join(" or ")
                ));
            }
        }
    }
    let names: Vec<String> = decks(bundle).map(|entry| stem(entry)).collect();
    let help = match crate::config::closest(wanted, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => {
            "the site has no deck: write one in its `decks` folder".to_owned()
        }
        None => format!("the decks here: {}", names.join(", ")),
    };
    Err(anyhow!("no deck is named `{name}`\nhelp: {help}"))
}

/// Returns what is wrong with the deck and what it includes, the settings and the templates; other documents are not
/// written, and themes that it has nothing of are not, either.
fn concerning(bundle: &Bundle, entry: &Entry) -> Vec<Diagnostic> {
    let (site, document) = (bundle.site(), &entry.document);
    let themes = &site.interface.themes;
    let imports = document.styles.iter().flat_map(|style| &style.imports);
    let named = imports.filter_map(|(name, _)| themes.get(name));
    let chosen = std::iter::once(crate::page::theme_of(site, entry)).chain(named);
    let used: Vec<_> =
        chosen.flat_map(|theme| themes.parts(theme)).map(|theme| &theme.path).collect();
    let unused =
        |path: &SourcePath| themes.iter().any(|theme| theme.path == *path) && !used.contains(&path);
    let mut found = bundle.diagnostics();
    found.retain(|it| {
        let shared = it.path.as_str() == "kami.toml" || it.path.as_str().starts_with("templates/");
        let own = it.path == document.path || document.parts.contains(&it.path);
        own || (shared && !unused(&it.path))
    });
    found
}
