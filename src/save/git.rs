//! The history of one file in git, and a save as a commit.
//!
//! git runs nothing that a repository's configuration could name: no hook, no monitor of files, no filter, no
//! external diff, no text conversion, no pager, no signing, and it fetches nothing. A commit is put together
//! in an index of its own: what the user has staged stays as it is.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::source::SourcePath;

/// How many versions of a file are listed.
const VERSIONS_MAX: &str = "--max-count=200";

/// One version of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The commit that made it.
    pub commit: String,
    /// When, as an ISO date with time and zone.
    pub time: String,
    pub author: String,
    pub subject: String,
}

/// Why nothing was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoCommit {
    /// The folder is in no work tree, or there is no git.
    NoRepository,
    /// git knows neither name nor address of whoever commits.
    NoAuthor,
    /// The user has staged something of this very file.
    Staged,
    /// Nothing differs from the last commit.
    Same,
    /// The file is not for the repository, or git failed: what it says.
    Failed(String),
}

/// A site folder in a work tree.
#[derive(Clone, Debug)]
pub struct Repository {
    folder: PathBuf,
    /// The way from the top of the work tree to the site.
    prefix: String,
    /// Settings that take every filter its command.
    filters: Vec<String>,
}

impl Repository {
    /// Finds the work tree that a folder lies in.
    pub fn of(folder: &Path) -> Option<Repository> {
        let inside = |folder: &Path| folder.join(".git").symlink_metadata().is_ok();
        if !folder.ancestors().any(inside) {
            return None;
        }
        let mut found =
            Repository { folder: folder.to_path_buf(), prefix: String::new(), filters: Vec::new() };
        let answer =
            found.ask(&["rev-parse", "--is-inside-work-tree", "--show-prefix"], &[]).ok()?;
        let (inside, prefix) = answer.split_once('\n')?;
        prefix.trim_end_matches('\n').clone_into(&mut found.prefix);
        (inside == "true").then_some(found)
    }

    /// Returns the versions of a file, the newest first.
    pub fn versions(&self, path: &SourcePath) -> Vec<Version> {
        let format = "--format=%x01%H%x00%cI%x00%aN%x00%s%x00";
        let log = [
            "log",
            VERSIONS_MAX,
            "--no-show-signature",
            "--no-ext-diff",
            "--no-textconv",
            format,
            "--",
            path.as_str(),
        ];
        let Ok(log) = self.ask(&log, &[]) else { return Vec::new() };
        let versions = log.split('\u{1}').filter_map(|record| {
            let mut fields = record.split('\0');
            let mut next = || fields.next().map(str::to_owned);
            Some(Version { commit: next()?, time: next()?, author: next()?, subject: next()? })
        });
        versions.filter(|version| is_commit(&version.commit)).collect()
    }

    /// Returns a file as it was in a commit; none where it was not there, or no text.
    pub fn text_at(&self, path: &SourcePath, commit: &str) -> Option<String> {
        if !is_commit(commit) {
            return None;
        }
        let object = format!("{commit}:{}{path}", self.prefix);
        let output = self.run(&["cat-file", "blob", &object], &[], None).ok()?;
        String::from_utf8(output).ok()
    }

    /// Commits a text that was saved, and nothing else.
    pub fn commit(&self, path: &SourcePath, text: &str, message: &str) -> Result<String, NoCommit> {
        let unfiltered = Repository { filters: self.filters(), ..self.clone() };
        unfiltered.commit_alone(path, text, message)
    }

    /// Returns what keeps filters from running: git asks them even while it writes an index.
    fn filters(&self) -> Vec<String> {
        let names = self.ask(&["config", "--name-only", "--get-regexp", "^filter[.]"], &[]);
        let names = names.unwrap_or_default();
        let setting = |name: &str| match name.rsplit_once('.')?.1 {
            "clean" | "smudge" | "process" => Some(format!("{name}=")),
            "required" => Some(format!("{name}=false")),
            _ => None,
        };
        names.lines().filter_map(setting).collect()
    }

    fn commit_alone(
        &self,
        path: &SourcePath,
        text: &str,
        message: &str,
    ) -> Result<String, NoCommit> {
        let whole = format!("{}{path}", self.prefix);
        if self.ask(&["check-ignore", "-q", "--", path.as_str()], &[]).is_ok() {
            return Err(NoCommit::Failed("the file is ignored".to_owned()));
        }
        let head = self.ask(&["rev-parse", "-q", "--verify", "HEAD^{commit}"], &[]).ok();
        let head = head.map(|head| head.trim().to_owned());
        let entry =
            |listing: Option<String>| listing.map(|listing| blob_of(&listing)).unwrap_or_default();
        let committed =
            head.as_ref().map(|head| ["ls-tree", head.as_str(), "--full-tree", whole.as_str()]);
        let committed = entry(committed.and_then(|ask| self.ask(&ask, &[]).ok()));
        let top = ["ls-files", "-s", "--full-name", "--", path.as_str()];
        let staged = entry(self.ask(&top, &[]).ok());
        if staged.as_ref().map(|(_, blob)| blob) != committed.as_ref().map(|(_, blob)| blob) {
            return Err(NoCommit::Staged);
        }
        let blob = self.write_blob(text)?;
        if committed.as_ref().is_some_and(|(_, known)| *known == blob) {
            return Err(NoCommit::Same);
        }
        let mode = committed.map_or_else(|| "100644".to_owned(), |(mode, _)| mode);
        if mode == "120000" {
            return Err(NoCommit::Failed("the file is a link".to_owned()));
        }
        let tree = self.tree(head.as_deref(), &format!("{mode},{blob},{whole}"))?;
        let commit = self.write_commit(head.as_deref(), &tree, message)?;
        let old = head.unwrap_or_else(|| "0".repeat(40));
        let reason = format!("commit: {message}");
        self.ask(&["update-ref", "-m", &reason, "HEAD", &commit, &old], &[])
            .map_err(NoCommit::Failed)?;
        // The user's own index follows for this file alone. Should it be in use, `git status` shows the file as changed.
        let info = format!("{mode},{blob},{whole}");
        self.ask(&["update-index", "--add", "--cacheinfo", &info], &[]).ok();
        Ok(commit)
    }

    fn write_blob(&self, text: &str) -> Result<String, NoCommit> {
        let blob =
            self.run(&["hash-object", "-w", "--no-filters", "--stdin"], &[], Some(text.as_bytes()));
        blob.map(|blob| String::from_utf8_lossy(&blob).trim().to_owned()).map_err(NoCommit::Failed)
    }

    /// Writes the tree of the last commit with one other file, through an index of its own.
    fn tree(&self, head: Option<&str>, info: &str) -> Result<String, NoCommit> {
        let folder =
            self.ask(&["rev-parse", "--absolute-git-dir"], &[]).map_err(NoCommit::Failed)?;
        let index = format!("{}/kami-index-{}", folder.trim(), std::process::id());
        let own = [("GIT_INDEX_FILE", index.as_str())];
        let read = match head {
            Some(head) => vec!["read-tree", head],
            None => vec!["read-tree", "--empty"],
        };
        let made = self
            .ask(&read, &own)
            .and_then(|_| self.ask(&["update-index", "--add", "--cacheinfo", info], &own))
            .and_then(|_| self.ask(&["write-tree"], &own));
        // It may not have been made at all.
        std::fs::remove_file(&index).ok();
        made.map(|tree| tree.trim().to_owned()).map_err(NoCommit::Failed)
    }

    fn write_commit(
        &self,
        head: Option<&str>,
        tree: &str,
        message: &str,
    ) -> Result<String, NoCommit> {
        let mut arguments = vec!["commit-tree", "--no-gpg-sign", tree, "-m", message];
        arguments.extend(head.iter().flat_map(|head| ["-p", head]));
        let said = self.ask(&arguments, &[]).map_err(|said| {
            let unknown =
                said.contains("user.email") || said.contains("user.name") || said.contains("ident");
            if unknown { NoCommit::NoAuthor } else { NoCommit::Failed(said) }
        })?;
        Ok(said.trim().to_owned())
    }

    fn ask(&self, arguments: &[&str], env: &[(&str, &str)]) -> Result<String, String> {
        let output = self.run(arguments, env, None)?;
        String::from_utf8(output).map_err(|_| "what git says is no text".to_owned())
    }

    fn run(
        &self,
        arguments: &[&str],
        env: &[(&str, &str)],
        input: Option<&[u8]>,
    ) -> Result<Vec<u8>, String> {
        let mut git = Command::new("git");
        git.args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"]);
        for setting in [
            "core.fsmonitor=false",
            "core.hooksPath=/dev/null",
            "core.quotePath=false",
            "log.showSignature=false",
            "commit.gpgSign=false",
            "user.useConfigOnly=true",
            "gc.auto=0",
            "maintenance.auto=false",
            "protocol.allow=never",
        ] {
            git.args(["-c", setting]);
        }
        git.args(self.filters.iter().flat_map(|setting| ["-c", setting]));
        for name in
            ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF", "GIT_PREFIX"]
        {
            git.env_remove(name);
        }
        git.env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1");
        git.env("LC_ALL", "C").envs(env.iter().copied()).current_dir(&self.folder).args(arguments);
        git.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = git
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        if let (Some(input), Some(mut into)) = (input, child.stdin.take()) {
            into.write_all(input).map_err(|error| error.to_string())?;
        }
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// Tells whether a text is the full name of a commit.
fn is_commit(text: &str) -> bool {
    (text.len() == 40 || text.len() == 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Reads mode and blob of a line of `ls-tree` or `ls-files -s`; none where there is no line.
fn blob_of(listing: &str) -> Option<(String, String)> {
    let line = listing.lines().next()?;
    let mut words = line.split_whitespace();
    let mode = words.next()?.to_owned();
    let second = words.next()?;
    let blob = if second == "blob" || second == "commit" { words.next()? } else { second };
    Some((mode, blob.to_owned()))
}
