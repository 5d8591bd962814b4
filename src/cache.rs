//! A memo on disk, in `.kami/cache/` of the site, or in memory where there is no place for it.
//!
//! Safe to delete at any moment. A file holds its own digest, so half of one counts as none; whatever fails here
//! costs time and nothing else. What was not asked for longest goes when there is too much.

#![expect(clippy::disallowed_methods, reason = "this is where the cache is read and written")]

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use crate::digest::Digest;
use crate::memo::{Key, Memo};

/// How much may lie on disk.
const DISK_BYTES_MAX: u64 = 1 << 30;
/// How much may be kept in memory, where there is no disk to keep it on.
const MEMORY_BYTES_MAX: usize = 128 << 20;
/// How old the note of a file's last use may be: not every use is written down.
const USE_NOTED: Duration = Duration::from_hours(12);
/// How long the digest before the bytes is.
const HEAD: usize = 32;

/// Opens the cache of a site; nothing is written before there is something to keep.
pub fn on_disk(site: &Path) -> Memo {
    bounded(site, DISK_BYTES_MAX)
}

/// Makes a cache that ends with the program.
pub fn in_memory() -> Memo {
    let recent = Arc::new(Mutex::new(Recent::default()));
    let kept = Arc::clone(&recent);
    Memo::new(move |key| found(&recent, key), move |key, bytes| keep(&kept, key, bytes))
}

fn bounded(site: &Path, most: u64) -> Memo {
    let disk = Arc::new(Disk {
        folder: site.join(".kami").join("cache"),
        most,
        bytes: OnceLock::new(),
        counter: AtomicU64::new(0),
        is_lost: AtomicBool::new(false),
        sweeping: Mutex::new(()),
    });
    let recent = Arc::new(Mutex::new(Recent::default()));
    let (reader, memory) = (Arc::clone(&disk), Arc::clone(&recent));
    Memo::new(
        move |key| reader.find(key).or_else(|| found(&memory, key)),
        move |key, bytes| {
            if !disk.keep(key, bytes) {
                keep(&recent, key, bytes);
            }
        },
    )
}

/// What is kept in memory, and when each thing was asked for last.
#[derive(Debug, Default)]
struct Recent {
    things: HashMap<String, (u64, Vec<u8>)>,
    bytes: usize,
    clock: u64,
}

fn name((kind, digest): Key<'_>) -> String {
    format!("{kind}/{digest}")
}

fn found(recent: &Mutex<Recent>, key: Key<'_>) -> Option<Vec<u8>> {
    let mut recent = recent.lock().unwrap_or_else(PoisonError::into_inner);
    recent.clock += 1;
    let now = recent.clock;
    let (used, bytes) = recent.things.get_mut(&name(key))?;
    *used = now;
    Some(bytes.clone())
}

fn keep(recent: &Mutex<Recent>, key: Key<'_>, bytes: &[u8]) {
    if bytes.len() > MEMORY_BYTES_MAX / 4 {
        return;
    }
    let mut recent = recent.lock().unwrap_or_else(PoisonError::into_inner);
    recent.clock += 1;
    let thing = (recent.clock, bytes.to_vec());
    recent.bytes += bytes.len();
    if let Some((_, old)) = recent.things.insert(name(key), thing) {
        recent.bytes -= old.len();
    }
    while recent.bytes > MEMORY_BYTES_MAX {
        let oldest = recent.things.iter().min_by_key(|(_, (used, _))| *used);
        let Some(oldest) = oldest.map(|(name, _)| name.clone()) else { return };
        let gone = recent.things.remove(&oldest).map_or(0, |(_, bytes)| bytes.len());
        recent.bytes -= gone;
    }
}

/// The folder of a cache.
#[derive(Debug)]
struct Disk {
    folder: PathBuf,
    most: u64,
    /// How much lies there, counted when something is kept for the first time.
    bytes: OnceLock<AtomicU64>,
    /// Tells the drafts of this process from each other.
    counter: AtomicU64,
    /// Whether the disk took nothing the last time: it is full, or not ours to write to.
    is_lost: AtomicBool,
    sweeping: Mutex<()>,
}

impl Disk {
    fn path(&self, key: Key<'_>) -> PathBuf {
        self.folder.join(name(key))
    }

    fn find(&self, key: Key<'_>) -> Option<Vec<u8>> {
        let path = self.path(key);
        let mut bytes = fs::read(&path).ok()?;
        let whole = bytes
            .split_at_checked(HEAD)
            .filter(|(head, rest)| Digest::of(rest).as_bytes() == *head);
        if whole.is_none() {
            drop(fs::remove_file(&path));
            return None;
        }
        note_use(&path);
        bytes.drain(..HEAD);
        Some(bytes)
    }

    /// Keeps something; `false` when the disk does not take it.
    fn keep(&self, key: Key<'_>, bytes: &[u8]) -> bool {
        if self.is_lost.load(Ordering::Relaxed) {
            return false;
        }
        let count = || AtomicU64::new(self.files().iter().map(|file| file.bytes).sum());
        let known = self.bytes.get_or_init(count);
        if self.write(key, bytes).is_err() {
            self.is_lost.store(true, Ordering::Relaxed);
            return false;
        }
        let size = (bytes.len() + HEAD) as u64;
        if known.fetch_add(size, Ordering::Relaxed) + size > self.most {
            self.sweep(known);
        }
        true
    }

    fn write(&self, key: Key<'_>, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(key);
        let folder = path.parent().unwrap_or(&self.folder);
        if !folder.is_dir() {
            self.make_folder(folder)?;
        }
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let draft = folder.join(format!(".{}-{number}", std::process::id()));
        let written = File::create(&draft).and_then(|mut file| {
            file.write_all(Digest::of(bytes).as_bytes())?;
            file.write_all(bytes)?;
            fs::rename(&draft, &path)
        });
        if written.is_err() {
            drop(fs::remove_file(&draft));
        }
        written
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        // Over a link one writes who knows where.
        for above in self.folder.ancestors().take(2) {
            if fs::symlink_metadata(above).is_ok_and(|found| !found.is_dir()) {
                return Err(io::ErrorKind::NotADirectory.into());
            }
        }
        fs::create_dir_all(folder)?;
        // No site wants this in its history.
        let ignore = self.folder.join(".gitignore");
        if !ignore.is_file() {
            fs::write(ignore, "*\n")?;
        }
        Ok(())
    }

    /// Returns all that is kept, and what was left of writes that were broken off.
    fn files(&self) -> Vec<Kept> {
        let folders = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let files = folders.filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten();
        let kept = files.flatten().filter_map(|file| {
            let found = file.metadata().ok().filter(fs::Metadata::is_file)?;
            let used = found.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            Some(Kept { used, bytes: found.len(), path: file.path() })
        });
        kept.collect()
    }

    /// Takes away what was not asked for longest, until there is room for a while.
    fn sweep(&self, known: &AtomicU64) {
        let Ok(_sweeping) = self.sweeping.try_lock() else { return };
        let mut files = self.files();
        files.sort_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
        let mut left: u64 = files.iter().map(|file| file.bytes).sum();
        for file in files {
            if left <= self.most / 4 * 3 {
                break;
            }
            if fs::remove_file(&file.path).is_ok() {
                left -= file.bytes;
            }
        }
        known.store(left, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct Kept {
    used: SystemTime,
    bytes: u64,
    path: PathBuf,
}

/// Notes that a file was used, unless that is known well enough.
fn note_use(path: &Path) {
    let now = SystemTime::now();
    let used = fs::metadata(path).and_then(|found| found.modified());
    let is_known = used.is_ok_and(|used| now.duration_since(used).is_ok_and(|age| age < USE_NOTED));
    if !is_known && let Ok(file) = File::options().append(true).open(path) {
        // Whoever may not write here uses it all the same.
        drop(file.set_modified(now));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, SystemTime};

    use super::{bounded, in_memory, on_disk};
    use crate::digest::Digest;

    fn key(text: &str) -> super::Key<'static> {
        ("things", Digest::of(text.as_bytes()))
    }

    #[test]
    fn what_is_kept_is_found_and_what_is_damaged_is_not() {
        let site = tempfile::tempdir().expect("a folder");
        let memo = on_disk(site.path());
        assert_eq!(memo.find(key("a")), None);
        assert!(!site.path().join(".kami").exists(), "nothing is written for a question");
        memo.keep(key("a"), b"one");
        memo.keep(key("b"), b"");
        let again = on_disk(site.path());
        assert_eq!(again.find(key("a")).as_deref(), Some(&b"one"[..]));
        assert_eq!(again.find(key("b")).as_deref(), Some(&b""[..]));
        let file = site.path().join(format!(".kami/cache/things/{}", key("a").1));
        let whole = fs::read(&file).expect("it is there");
        for damaged in [&whole[..whole.len() - 1], &whole[..7], b""] {
            fs::write(&file, damaged).expect("written");
            assert_eq!(again.find(key("a")), None);
            assert!(!file.exists(), "half of a file is taken away");
        }
        memo.keep(key("a"), b"two");
        assert_eq!(again.find(key("a")).as_deref(), Some(&b"two"[..]));
    }

    #[test]
    fn where_nothing_can_be_written_it_is_kept_in_memory() {
        let site = tempfile::tempdir().expect("a folder");
        fs::write(site.path().join(".kami"), "in the way").expect("written");
        let memo = on_disk(site.path());
        memo.keep(key("a"), b"one");
        assert_eq!(memo.find(key("a")).as_deref(), Some(&b"one"[..]));
        let elsewhere = tempfile::tempdir().expect("a folder");
        let linked = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(elsewhere.path(), linked.path().join(".kami")).expect("a link");
        let memo = on_disk(linked.path());
        memo.keep(key("a"), b"one");
        assert_eq!(memo.find(key("a")).as_deref(), Some(&b"one"[..]));
        assert_eq!(fs::read_dir(elsewhere.path()).expect("read").count(), 0, "no link is followed");
        let memo = in_memory();
        memo.keep(key("a"), &[7; 100]);
        assert_eq!(memo.find(key("a")), Some(vec![7; 100]));
    }

    #[test]
    fn what_was_used_least_lately_goes_first() {
        let site = tempfile::tempdir().expect("a folder");
        let memo = bounded(site.path(), 10_000);
        for name in ["a", "b", "c"] {
            memo.keep(key(name), &[1; 3000]);
            let file = site.path().join(format!(".kami/cache/things/{}", key(name).1));
            let age = if name == "b" { 50 } else { 20 };
            let past = SystemTime::now() - Duration::from_hours(age);
            fs::File::options()
                .append(true)
                .open(file)
                .expect("open")
                .set_modified(past)
                .expect("set");
        }
        // Asked for, so that it is the youngest.
        assert!(memo.find(key("a")).is_some());
        memo.keep(key("d"), &[1; 3000]);
        let left = ["a", "b", "c", "d"].map(|name| memo.find(key(name)).is_some());
        assert_eq!(left, [true, false, false, true]);
    }
}
