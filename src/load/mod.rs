//! Disk -> Sources: the only place where the files of a site are read.
//!
//! One bad file never hides another: what cannot be used becomes a source that says why.

#![expect(clippy::disallowed_methods, reason = "this is where files are read")]

mod alone;
mod beneath;
mod changes;
mod history;
mod large;
mod text;
mod walk;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rayon::prelude::*;

use crate::picture;
use crate::source::{Content, Fault, Source, SourcePath, Sources};
use beneath::{Folder, Held};
pub use changes::{changes, difference, is_emptied, is_rules, with_links};
pub use history::{head, history, history_folders};
pub use walk::links;
use walk::list;

/// A Markdown file may be this large; a person's are a thousand times smaller.
const TEXT_BYTES_MAX: u64 = 64 << 20;
/// A picture or another file of which all is held in memory may be this large.
const ASSET_BYTES_MAX: u64 = 512 << 20;
/// A film may be this large.
const LARGE_BYTES_MAX: u64 = 16 << 30;
/// How deep folders may lie: more is a loop of links.
const DEPTH_MAX: usize = 32;
/// The folders of a site that hold its sources.
pub const FOLDERS: [&str; 4] = ["decks", "wiki", "templates", "static"];

/// The files that say which other files are ignored.
const RULES: [&str; 2] = [".gitignore", ".kamiignore"];

/// Where a site's sources are.
#[derive(Clone, Debug)]
pub struct Root {
    /// The site folder; of a single file, the folder it lies in.
    pub folder: PathBuf,
    /// The file, when one Markdown file is the whole site.
    pub file: Option<PathBuf>,
    /// The folder as the system names it in its events.
    absolute: PathBuf,
    /// The folder without links in its path: what leads out of it is refused.
    real: PathBuf,
    ignored: Gitignore,
    /// What is known of its large files.
    large: Arc<large::Known>,
}

impl Root {
    /// Takes a site folder, or one Markdown file.
    pub fn at(path: &Path) -> Result<Root> {
        let file = path.is_file().then(|| path.to_path_buf());
        file.as_deref().map_or(Ok(()), alone::check)?;
        let folder = match &file {
            Some(file) => file
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty())
                .unwrap_or(Path::new("."))
                .to_path_buf(),
            None => path.to_path_buf(),
        };
        let real = folder.canonicalize().with_context(|| format!("open {}", path.display()))?;
        let mut ignored = GitignoreBuilder::new(&folder);
        for name in RULES {
            // A file of patterns that cannot be read ignores nothing.
            drop(ignored.add(folder.join(name)));
        }
        let ignored = ignored.build().unwrap_or_else(|_| Gitignore::empty());
        let absolute = std::path::absolute(&folder).unwrap_or_else(|_| real.clone());
        Ok(Root { folder, file, absolute, real, ignored, large: Arc::default() })
    }

    /// Finds the nearest folder upwards with a `kami.toml`; without one it is `start` itself.
    pub fn find(start: &Path) -> Result<Root> {
        let start = start.canonicalize().with_context(|| format!("open {}", start.display()))?;
        let above = start.ancestors().find(|folder| folder.join("kami.toml").is_file());
        Root::at(above.unwrap_or(&start))
    }

    /// Returns the path of the one file that is the whole site, and its name on disk.
    pub fn alone(&self) -> Option<(SourcePath, OsString)> {
        let file = self.file.as_ref()?;
        Some((alone::path_of(file), file.file_name()?.to_owned()))
    }

    /// Returns the rules that say which files are none of the site.
    pub fn ignored(&self) -> &Gitignore {
        &self.ignored
    }

    /// Returns where a source lies on disk.
    pub fn disk_path(&self, path: &SourcePath) -> PathBuf {
        match &self.file {
            Some(file) if *path == alone::path_of(file) => {
                self.folder.join(file.file_name().unwrap_or_default())
            }
            Some(_) => {
                self.folder.join(path.as_str().strip_prefix("decks/").unwrap_or(path.as_str()))
            }
            None => self.folder.join(path.as_str()),
        }
    }

    /// Returns the path inside the site of a path on disk, where it is one that sources have.
    pub fn source_path(&self, path: &Path) -> Option<SourcePath> {
        let inside =
            path.strip_prefix(&self.folder).or_else(|_| path.strip_prefix(&self.real)).ok()?;
        let text = inside.to_str()?;
        let top = text.split('/').next().unwrap_or("");
        let known = text == "kami.toml" || (FOLDERS.contains(&top) && text.len() > top.len());
        (known && !self.is_ignored(inside, false)).then(|| SourcePath::new(text))
    }

    /// Returns the folders that have to be watched: those of which the direct files count, and those that
    /// count at any depth. What links lead to is watched where it is.
    pub fn watched(&self, known: &Sources) -> (BTreeSet<PathBuf>, BTreeSet<PathBuf>) {
        if self.file.is_some() {
            return (alone::folders(self, known), BTreeSet::new());
        }
        let mut shallow = BTreeSet::from([self.absolute.clone()]);
        let mut deep: BTreeSet<PathBuf> = FOLDERS.map(|folder| self.absolute.join(folder)).into();
        for (_, target) in links(self) {
            let own = FOLDERS.iter().any(|folder| target.starts_with(self.real.join(folder)));
            if own {
                continue;
            }
            if target.is_dir() {
                deep.insert(target);
            } else if let Some(folder) = target.parent() {
                shallow.insert(folder.to_path_buf());
            }
        }
        (shallow, deep)
    }

    /// Returns a path that the system told of as the site itself would write it.
    pub fn path_here(&self, path: &Path) -> PathBuf {
        let inside = path.strip_prefix(&self.absolute).or_else(|_| path.strip_prefix(&self.real));
        inside.map_or_else(|_| path.to_path_buf(), |inside| self.folder.join(inside))
    }

    fn is_ignored(&self, inside: &Path, is_folder: bool) -> bool {
        inside.components().any(|part| part.as_os_str().to_str().is_some_and(is_stray))
            || self.ignored.matched_path_or_any_parents(inside, is_folder).is_ignore()
    }

    fn leads_out(&self, path: &Path) -> bool {
        path.canonicalize().map_or(true, |real| !real.starts_with(&self.real))
    }
}

/// Tells whether a file name is hidden, or what an editor leaves while it saves.
fn is_stray(name: &str) -> bool {
    let hidden = name.starts_with('.') && name != "." && name != ".." && name != ".well-known";
    hidden
        || name.ends_with('~')
        || (name.starts_with('#') && name.ends_with('#'))
        || name == "4913"
        || name.ends_with("___jb_tmp___")
        || name.ends_with("___jb_old___")
        || [".swp", ".swx"].iter().any(|end| name.ends_with(end))
}

/// Reads all sources of a site; one without content is an error that says what to do.
pub fn load(root: &Root) -> Result<Sources> {
    refuse_empty(root)?;
    Ok(scan(root))
}

/// Reads the same for whoever needs each large file once or twice: their bytes are let go, and read
/// again when they are wanted. Memory then does not grow with the number of photographs.
pub fn load_lean(root: &Root) -> Result<Sources> {
    refuse_empty(root)?;
    Ok(scan_as(root, Held::Little))
}

fn refuse_empty(root: &Root) -> Result<()> {
    if root.file.is_none() && !FOLDERS[..2].iter().any(|folder| root.folder.join(folder).is_dir()) {
        bail!(alone::no_site(&root.folder));
    }
    Ok(())
}

/// Reads all sources that there are.
pub fn scan(root: &Root) -> Sources {
    scan_as(root, Held::All)
}

fn scan_as(root: &Root, held: Held) -> Sources {
    if let Some(file) = &root.file {
        return alone::load(root, file);
    }
    let mut paths = Vec::new();
    if root.folder.join("kami.toml").is_file() {
        paths.push(SourcePath::new("kami.toml"));
    }
    let mut faults = Vec::new();
    for folder in FOLDERS {
        let (listed, bad) = list(root, Path::new(folder));
        paths.extend(listed);
        faults.extend(bad);
    }
    let folder = Arc::new(Folder::open(root));
    let read = |path| folder.source(path, held).or_else(|| read(root, path));
    let sources: Vec<Source> = paths.par_iter().filter_map(read).collect();
    faults.into_iter().chain(sources).collect()
}

fn source(path: &SourcePath, bytes: &[u8]) -> Source {
    if is_text(path) {
        text::source(path, bytes)
    } else {
        Source::asset(path.as_str(), bytes, picture::size(path, bytes))
    }
}

/// Tells whether the site is made from a file, rather than served with it.
fn is_text(path: &SourcePath) -> bool {
    path.is_markdown() || path.as_str() == "kami.toml" || is_template_text(path)
}

fn bytes_max(path: &SourcePath) -> u64 {
    if is_text(path) { TEXT_BYTES_MAX } else { ASSET_BYTES_MAX }
}

/// Reads one source; `None` when there is no such file.
pub fn read(root: &Root, path: &SourcePath) -> Option<Source> {
    let disk = root.disk_path(path);
    let link = fs::symlink_metadata(&disk).ok()?;
    if link.is_symlink() && root.leads_out(&disk) {
        return Some(outside(path.as_str()));
    }
    let metadata = if link.is_symlink() { fs::metadata(&disk).ok()? } else { link };
    if metadata.is_dir() {
        return None;
    }
    if !metadata.is_file() {
        return Some(special(path));
    }
    let large = large::is_large(path, metadata.len());
    let limit = if large { LARGE_BYTES_MAX } else { bytes_max(path) };
    if metadata.len() > limit {
        return Some(too_large(path, metadata.len(), limit));
    }
    let read = match opened(root, &disk) {
        Ok(Opened::File(file)) if large => large::source(root, path, file),
        Ok(Opened::File(file)) => held(path, file),
        Ok(Opened::Special) => Ok(special(path)),
        Ok(Opened::Outside) => Ok(outside(path.as_str())),
        Err(error) => Err(error),
    };
    match read {
        Ok(source) => Some(source),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => Some(unusable(
            path.as_str(),
            "unreadable-file",
            format!("the file cannot be read: {error}"),
            "check its permissions".to_owned(),
        )),
    }
}

fn too_large(path: &SourcePath, bytes: u64, limit: u64) -> Source {
    let message = format!("the file has {} MiB; the limit is {} MiB", bytes >> 20, limit >> 20);
    let help = if is_text(path) {
        "split it into several documents"
    } else {
        "make it smaller, or keep it elsewhere and link to it"
    };
    unusable(path.as_str(), "too-large", message, help.to_owned())
}

/// What was found behind a path when it was opened.
enum Opened {
    File(File),
    Special,
    Outside,
}

/// Opens a file without waiting, and looks at what was opened: the path may mean something else by now.
fn opened(root: &Root, disk: &Path) -> std::io::Result<Opened> {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::OpenOptionsExt;
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = fs::OpenOptions::new().read(true).custom_flags(nonblocking).open(disk)?;
    if !file.metadata()?.is_file() {
        return Ok(Opened::Special);
    }
    // Linux alone tells the way to an open file; elsewhere the look before has to do.
    let opened = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let gone = |path: &Path| path.to_string_lossy().ends_with(" (deleted)");
    if opened.is_ok_and(|path| !path.starts_with(&root.real) && !gone(&path)) {
        return Ok(Opened::Outside);
    }
    Ok(Opened::File(file))
}

/// Reads all of a file.
fn held(path: &SourcePath, mut file: File) -> std::io::Result<Source> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(source(path, &bytes))
}

fn is_template_text(path: &SourcePath) -> bool {
    path.as_str().starts_with("templates/")
        && matches!(path.extension(), Some("html" | "css" | "js" | "svg" | "toml"))
}

fn outside(path: &str) -> Source {
    unusable(
        path,
        "link-outside",
        "the symbolic link leads out of the site, or nowhere".to_owned(),
        "put the file itself into the site".to_owned(),
    )
}

fn circle(path: &str) -> Source {
    unusable(
        path,
        "link-outside",
        "the symbolic link leads into a folder that is being read already".to_owned(),
        "put the files themselves into the site".to_owned(),
    )
}

fn special(path: &SourcePath) -> Source {
    unusable(
        path.as_str(),
        "special-file",
        "it is not an ordinary file".to_owned(),
        "only ordinary files are read; remove it".to_owned(),
    )
}

fn unusable(path: &str, code: &'static str, message: String, help: String) -> Source {
    let fault = Fault { code, message, help, line: 1, column: 1 };
    Source { path: SourcePath::new(path), content: Content::Unusable(fault) }
}
