//! `kami check --browser`: kinds of Mermaid that this program does not draw, drawn into files beside their documents.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};

use super::report::Reporter;
use crate::browser::{Sketch, sketch};
use crate::catalog::Entry;
use crate::compile::Bundle;
use crate::diagnostic::{Diagnostic, rules};
use crate::digest::Digest;
use crate::document::{Diagram, MARK, Refusal, is_drawn_elsewhere};
use crate::load::Root;
use crate::picture;
use crate::save::{Fault, Files};
use crate::source::{Content, Source, SourcePath};
use crate::span::Span;

/// Where Mermaid's own script lies, in the site's folder or in one above it.
const SCRIPT: &str = "node_modules/mermaid/dist/mermaid.min.js";
const NO_SCRIPT: &str = "Mermaid's own script was not found: `npm install mermaid` in the site's folder or above it, or name its mermaid.min.js in KAMI_MERMAID; until then its text is shown";
const NO_PLACE: &str = "nothing is written beside a single file: put it into `decks/` of a folder and check that; until then its text is shown";
const MEND: &str = "mend it; until then its text is shown";

/// A diagram that is not drawn here, and whose it is.
#[derive(Debug)]
struct Place<'a> {
    entry: &'a Arc<Entry>,
    diagram: &'a Diagram,
    refusal: Refusal,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Sketched {
    /// Whether files came or went.
    pub(super) changed: bool,
    /// What was said of diagrams that could not be drawn, and what is said in its place.
    told: Vec<(Diagnostic, Diagnostic)>,
}

impl Sketched {
    /// Lets the reasons why diagrams could not be drawn take the places of what was found of them.
    pub(super) fn amend(self, found: &mut Vec<Diagnostic>) {
        for (known, told) in self.told {
            let same = |it: &Diagnostic| {
                (it.rule.code, &it.path, it.span) == (known.rule.code, &known.path, known.span)
            };
            found.retain(|it| !same(it));
            found.push(told);
        }
    }
}

/// Draws what is not drawn, and takes away drawings of ours that no document wants any more.
pub(super) fn draw(bundle: &Bundle, root: &Root, reporter: &Reporter) -> Result<Sketched> {
    let mut wanted: BTreeMap<SourcePath, Vec<Place<'_>>> = BTreeMap::new();
    for entry in bundle.catalog.entries() {
        for diagram in entry.document.diagrams() {
            let refusal = diagram.refusal(bundle.known().workshop);
            if let Some(refusal) = refusal.filter(|refusal| refusal.foreign) {
                let path = diagram.path(&entry.document.path);
                wanted.entry(path).or_default().push(Place { entry, diagram, refusal });
            }
        }
    }
    let mut sketched = Sketched::default();
    let idle: Vec<(&SourcePath, Digest)> =
        bundle.sources.iter().filter_map(|source| ours(source, &wanted)).collect();
    wanted.retain(|path, _| bundle.catalog.asset(path).is_none());
    if wanted.is_empty() && idle.is_empty() {
        return Ok(sketched);
    }
    let files = super::files_of(root)?;
    if files.is_one_file() {
        sketched.refuse(wanted.values().flatten(), NO_PLACE);
        return Ok(sketched);
    }
    for (path, digest) in idle {
        files.delete(path, digest).map_err(|fault| world(fault, path))?;
        reporter.note(&format!("no diagram wants {path} any more: it lies in .kami/trash/"));
        sketched.changed = true;
    }
    if wanted.is_empty() {
        return Ok(sketched);
    }
    match script(&root.folder)? {
        Some(script) => sketched.draw(&wanted, (&script, &files), reporter)?,
        None => sketched.refuse(wanted.values().flatten(), NO_SCRIPT),
    }
    Ok(sketched)
}

/// Returns a source that is a drawing of ours and that nothing wants.
fn ours<'a>(
    source: &'a Source,
    wanted: &BTreeMap<SourcePath, Vec<Place<'_>>>,
) -> Option<(&'a SourcePath, Digest)> {
    let Content::Asset(asset) = &source.content else { return None };
    let is_ours = is_drawn_elsewhere(&source.path)
        && !source.path.as_str().starts_with("static/")
        && asset.held().is_some_and(|bytes| bytes.starts_with(MARK.as_bytes()));
    (is_ours && !wanted.contains_key(&source.path)).then_some((&source.path, asset.digest))
}

impl Sketched {
    fn draw(
        &mut self,
        wanted: &BTreeMap<SourcePath, Vec<Place<'_>>>,
        (script, files): (&[u8], &Files),
        reporter: &Reporter,
    ) -> Result<()> {
        let texts = wanted.values().filter_map(|places| places.first());
        let texts: Vec<&str> = texts.map(|place| &*place.diagram.text).collect();
        let browser = super::print::start(texts.len() as u64)?;
        let sketches = sketch(&browser, script, &texts)?;
        for ((path, places), sketch) in wanted.iter().zip(sketches) {
            let svg = match &sketch {
                Sketch::Svg(svg) => picture::drawn(svg).map(|(svg, _)| svg),
                Sketch::Fault { .. } => None,
            };
            let Some(svg) = svg else {
                self.tell(places, &sketch);
                continue;
            };
            let svg = format!("{MARK}\n{svg}\n");
            files.add(path, svg.as_bytes()).map_err(|fault| world(fault, path))?;
            reporter.note(&format!("drawn: {path}"));
            self.changed = true;
        }
        Ok(())
    }

    /// Tells what Mermaid says of a diagram, at each place where it stands.
    fn tell(&mut self, places: &[Place<'_>], sketch: &Sketch) {
        let (message, line) = match sketch {
            Sketch::Fault { message, line } => {
                (one_line(message), line.or_else(|| line_of(message)))
            }
            Sketch::Svg(_) => ("it drew no whole drawing".to_owned(), None),
        };
        for place in places {
            let mut told = place.diagnostic(place.diagram.place(line), MEND);
            told.message = format!("{}; Mermaid itself: {message}", told.message);
            self.told.push((place.diagnostic(place.refusal.span, MEND), told));
        }
    }

    fn refuse<'a>(&mut self, places: impl Iterator<Item = &'a Place<'a>>, help: &str) {
        self.told.extend(places.map(|place| {
            let told = place.diagnostic(place.refusal.span, help);
            (told.clone(), told)
        }));
    }
}

impl Place<'_> {
    fn diagnostic(&self, span: Span, help: &str) -> Diagnostic {
        let mut told = Diagnostic {
            rule: &rules::DIAGRAM,
            path: self.entry.document.path.clone(),
            span,
            message: self.refusal.message.clone(),
            help: help.to_owned(),
        };
        self.entry.document.trace(&mut told);
        told
    }
}

/// Returns what Mermaid says in one line: it draws an arrow below a piece of the text.
fn one_line(message: &str) -> String {
    let lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let arrow = |line: &&str| line.starts_with("--") && line.ends_with('^');
    let lines: Vec<&str> = lines.collect();
    match lines.iter().position(arrow) {
        Some(at) if at > 0 => {
            let rest = lines[at + 1..].join(" ");
            format!("{} {rest}", lines[0]).trim().to_owned()
        }
        _ => lines.join(" "),
    }
}

/// Returns the line that a message names: some kinds tell it in words alone.
fn line_of(message: &str) -> Option<usize> {
    let (_, rest) = message.split_once("on line ")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest[..digits].parse().ok().filter(|line| *line > 0)
}

/// Reads Mermaid's script: the file that is named, else what `npm install mermaid` has brought.
fn script(folder: &Path) -> Result<Option<Vec<u8>>> {
    if let Some(named) = std::env::var_os("KAMI_MERMAID").filter(|named| !named.is_empty()) {
        let path = PathBuf::from(named);
        let read = std::fs::read(&path).with_context(|| {
            format!("read {}, which KAMI_MERMAID names\nhelp: let it name the file mermaid.min.js of the package mermaid", path.display())
        });
        return read.map(Some);
    }
    let folder = folder.canonicalize().with_context(|| format!("open {}", folder.display()))?;
    let found = folder.ancestors().map(|above| above.join(SCRIPT)).find(|path| path.is_file());
    found
        .map(|path| std::fs::read(&path).with_context(|| format!("read {}", path.display())))
        .transpose()
}

fn world(fault: Fault, path: &SourcePath) -> anyhow::Error {
    match fault {
        Fault::Full(error) | Fault::Denied(error) | Fault::World(error) => {
            anyhow::Error::from(error).context(format!("write {path}"))
        }
        Fault::Exists => anyhow::anyhow!("{path} is there already and is not read: is it ignored?"),
        fault => anyhow::anyhow!("{path} cannot be written: {fault:?}"),
    }
}
