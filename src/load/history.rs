//! git -> `History`: one `git log` for the whole site.
//!
//! git runs nothing that a repository's configuration could name: no hook, no monitor of files, no
//! external diff, no text conversion, no pager, and it fetches nothing.

#![expect(clippy::disallowed_methods, reason = "git is started here")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::Root;
use crate::history::{History, Touched};
use crate::source::SourcePath;

/// Begins each commit in what git prints; no path begins with it.
const MARK: u8 = 1;

/// Reads the history of a site: empty where there is no git, no repository or not all of its past.
pub fn history(root: &Root) -> History {
    // Most folders are in no repository: that is told without starting a program.
    if !in_work_tree(root) {
        return History::default();
    }
    let shallow = git(&root.real, &["rev-parse", "--is-shallow-repository"]);
    if shallow.is_none_or(|answer| answer.trim_ascii() != b"false") {
        return History::default();
    }
    let mut arguments = vec![
        "log",
        "-z",
        "--name-only",
        "--no-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--no-show-signature",
        "--relative",
        "--format=%x01%ct%x00%cI%x00%aN",
        "--",
    ];
    let file = root.file.as_ref().and_then(|file| file.file_name()).and_then(OsStr::to_str);
    match file {
        Some(file) => arguments.push(file),
        None => arguments.extend(["decks", "wiki"]),
    }
    let Some(log) = git(&root.real, &arguments) else { return History::default() };
    let alone = root.file.as_deref().map(super::alone::path_of);
    let path = |text: &str| alone.clone().unwrap_or_else(|| SourcePath::new(text));
    read(&log, path)
}

fn in_work_tree(root: &Root) -> bool {
    root.real.ancestors().any(|folder| folder.join(".git").exists())
}

/// Returns the folders in which git writes something at each commit; none where there is no history.
pub fn history_folders(root: &Root) -> Vec<PathBuf> {
    if !in_work_tree(root) {
        return Vec::new();
    }
    let folder = git(&root.real, &["rev-parse", "--absolute-git-dir"]);
    let folder = folder.map(|path| PathBuf::from(OsStr::from_bytes(path.trim_ascii_end())));
    folder.map_or_else(Vec::new, |folder| vec![folder.join("logs"), folder])
}

/// Returns the name of the commit that the work tree stands on.
pub fn head(root: &Root) -> Option<String> {
    git(&root.real, &["rev-parse", "HEAD"]).map(|name| text(&name).trim().to_owned())
}

fn git(folder: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let mut git = Command::new("git");
    git.arg("--no-pager").arg("--no-replace-objects").arg("--literal-pathspecs");
    for setting in [
        "core.fsmonitor=false",
        "core.hooksPath=/dev/null",
        "core.quotePath=false",
        "log.showSignature=false",
        "log.follow=false",
        "diff.renames=false",
        "protocol.allow=never",
    ] {
        git.args(["-c", setting]);
    }
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF", "GIT_PREFIX"] {
        git.env_remove(name);
    }
    git.env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    let output = git.output().ok()?;
    output.status.success().then_some(output.stdout)
}

/// What is known of a file while the log is read.
#[derive(Debug, Default)]
struct Counted {
    seconds: i64,
    time: String,
    authors: BTreeMap<Arc<str>, usize>,
}

/// Reads what `git log` printed: commits, each with the paths that it touched, divided by NUL.
fn read(log: &[u8], source: impl Fn(&str) -> SourcePath) -> History {
    let mut files: BTreeMap<SourcePath, Counted> = BTreeMap::new();
    let mut names: BTreeMap<String, Arc<str>> = BTreeMap::new();
    let mut fields = log.split(|byte| *byte == 0);
    let mut commit: Option<(i64, String, Arc<str>)> = None;
    while let Some(field) = fields.next() {
        if field.first() == Some(&MARK) {
            let seconds = text(&field[1..]).parse().unwrap_or(0);
            let time = text(fields.next().unwrap_or(&[]));
            let author = text(fields.next().unwrap_or(&[]));
            let author =
                names.entry(author).or_insert_with_key(|author| Arc::from(author.trim())).clone();
            commit = Some((seconds, time, author));
            continue;
        }
        // The first path of a commit stands behind a line break.
        let path = text(field.strip_prefix(b"\n").unwrap_or(field));
        let Some((seconds, time, author)) = commit.as_ref().filter(|_| !path.is_empty()) else {
            continue;
        };
        let known = files.entry(source(&path)).or_default();
        if known.time.is_empty() || *seconds > known.seconds {
            (known.seconds, known.time) = (*seconds, time.clone());
        }
        if !author.is_empty() {
            *known.authors.entry(Arc::clone(author)).or_default() += 1;
        }
    }
    History::new(files.into_iter().map(|(path, counted)| (path, touched(counted))))
}

fn touched(counted: Counted) -> Touched {
    let mut authors: Vec<(Arc<str>, usize)> = counted.authors.into_iter().collect();
    authors.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
    let authors = authors.into_iter().map(|(author, _)| author).collect();
    Touched { seconds: counted.seconds, time: counted.time, authors }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
