//! The raw limit: read, parse and format every page with comrak alone, and write it.
//!
//! The output is padded to as many files and bytes as the program under measure writes, so that
//! nobody has less to write. Runs in a process of its own, as the program does.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

/// Reads `site/wiki`, writes `files` files of `bytes` bytes in all into `out`.
pub(crate) fn run(site: &Path, out: &Path, files: usize, bytes: usize) -> io::Result<()> {
    let wiki = site.join("wiki");
    let mut pages = Vec::new();
    walk(&wiki, &mut pages)?;
    let inside = |page: &Path| page.strip_prefix(&wiki).unwrap_or(page).with_extension("html");
    let mut folders: Vec<PathBuf> =
        pages.iter().filter_map(|page| Some(out.join(inside(page).parent()?))).collect();
    folders.dedup();
    folders.iter().try_for_each(fs::create_dir_all)?;
    let bytes_a_file = bytes / files.max(1);
    let options = options();
    pages.par_iter().try_for_each(|page| {
        let mut html = comrak::markdown_to_html(&fs::read_to_string(page)?, &options);
        let padding = bytes_a_file.saturating_sub(html.len());
        html.extend(std::iter::repeat_n(' ', padding));
        fs::write(out.join(inside(page)), html)
    })?;
    let filler = vec![b' '; bytes_a_file];
    (pages.len()..files)
        .into_par_iter()
        .try_for_each(|number| fs::write(out.join(format!("filler-{number}")), &filler))
}

/// Parses and formats one text; returns the length of its HTML.
pub(crate) fn format(text: &str) -> usize {
    comrak::markdown_to_html(text, &options()).len()
}

fn options() -> comrak::Options<'static> {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.front_matter_delimiter = Some("---".into());
    options.extension.wikilinks_title_after_pipe = true;
    options.render.r#unsafe = true;
    options
}

fn walk(folder: &Path, pages: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            walk(&path, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    Ok(())
}
