//! `kami rename`: a page or deck gets another name, and every link to it is written anew.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::report::Reporter;
use crate::compile::{Bundle, compile};
use crate::load::{self, Root};
use crate::page::Options;
use crate::rename::{Edit, Plan, plan, steps};
use crate::save::Fault;
use crate::span::Lines;

#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// The page or deck: its name, or its file
    from: String,
    /// Its new name, or its new file; a name without a slash stays in its folder
    to: String,
    /// A site folder [default: the nearest folder upwards with kami.toml, else here]
    path: Option<PathBuf>,
    /// Only tell what would change
    #[arg(long)]
    plan: bool,
}

pub(super) fn run(flags: &Flags, reporter: &Reporter) -> Result<()> {
    let root = super::root_of(flags.path.as_deref())?;
    if root.file.is_some() {
        bail!(
            "a site that is one file has nothing to rename\nhelp: name a folder with decks/ and wiki/"
        );
    }
    let bundle = compile(load::load(&root)?, Options { drafts: true, ..Options::default() });
    let from = inside(&root, &flags.from);
    let plan = plan(&bundle, &from, &flags.to).map_err(|refusal| {
        let (message, help) = refusal.words();
        anyhow::anyhow!("{message}\nhelp: {help}")
    })?;
    if !flags.plan {
        let files = super::files_of(&root)?;
        if let Err(fault) = files.apply(&steps(&bundle, &plan)) {
            bail!("{}", why(&fault));
        }
    }
    let told = told(&bundle, &plan);
    if flags.plan {
        reporter.answer(&told);
    } else {
        reporter.outcome(&told);
    }
    let what = if flags.plan { "would change: nothing is written" } else { "changed" };
    reporter.note(&format!("{} files {what}", plan.changed().len()));
    Ok(())
}

/// Returns the path inside the site of a file that was named from here.
fn inside(root: &Root, from: &str) -> String {
    let path = Path::new(from);
    let named = path.is_file().then(|| path.canonicalize().ok()).flatten();
    let known = named.and_then(|path| root.source_path(&path));
    known.map_or_else(|| from.to_owned(), |path| path.to_string())
}

fn told(bundle: &Bundle, plan: &Plan) -> String {
    let mut out = String::new();
    let moved = plan.moves.iter().map(|(from, to)| format!("{from} -> {to}\n"));
    out.extend(moved);
    out.extend(plan.edits.iter().map(|edit| place_of(bundle, edit) + "\n"));
    out
}

/// Says what is written differently, and where.
pub(super) fn place_of(bundle: &Bundle, edit: &Edit) -> String {
    let text = bundle.sources.text(edit.path.as_str()).unwrap_or_default();
    let place = Lines::of(text).place(text, edit.span.start as usize);
    let old = text.get(edit.span.start as usize..edit.span.end as usize).unwrap_or_default();
    format!("{}:{}:{}: {old} -> {}", edit.path, place.line, place.column, edit.new)
}

/// Says why nothing was written.
pub(super) fn why(fault: &Fault) -> String {
    match fault {
        Fault::Changed(_) | Fault::Exists => "files changed meanwhile, so nothing was renamed\nhelp: try again".to_owned(),
        Fault::Full(error) => format!("the disk is full: {error}\nhelp: free some space"),
        Fault::Denied(error) => format!("the files cannot be written: {error}\nhelp: check their permissions"),
        Fault::Outside => "a link leads out of decks/ and wiki/, or is to be renamed itself\nhelp: put the file itself in its place".to_owned(),
        Fault::World(error) => format!("the disk failed: {error}\nhelp: check it; what was begun is finished by the next `kami` that opens this site"),
        other => format!("nothing was renamed: {other:?}"),
    }
}
