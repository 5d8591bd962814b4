//! AVIF by `avifenc` of libavif: found where the person says or on the search path, and only when a site asks for it.
//!
//! It gets pixels in a folder that nobody else can look into, one thread and a time. Its version and what it is told
//! are part of the name of all that it makes.

#![expect(
    clippy::disallowed_methods,
    reason = "this is where avifenc is started, handed a file and given a time"
)]

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use crate::digest::Digest;
use crate::picture::{Absent, Avif, Kind, Order};

const NAME: &str = "avifenc";
/// How the names of its folders begin.
const PREFIX: &str = "kami-avif-";
/// What it is told beside how coarse a picture may be and what its colours mean: one thread, because other pictures
/// are made at the same time; at 6 a picture takes twice as long as at 8, and is a seventh smaller.
const SETTINGS: [&str; 20] = [
    "--jobs",
    "1",
    "--speed",
    "6",
    "--codec",
    "aom",
    "--depth",
    "8",
    "--yuv",
    "420",
    "--range",
    "full",
    "--min",
    "0",
    "--max",
    "63",
    "-a",
    "end-usage=q",
    "-a",
    "tune=ssim",
];
/// What colours mean where a picture says nothing: those of screens.
const SCREEN: [&str; 2] = ["--cicp", "1/13/6"];
/// How long it may take to say its version, and to make a picture: so long, and longer for each million pixels. Most
/// take a second.
const VERSION: Duration = Duration::from_secs(10);
const PICTURE: Duration = Duration::from_mins(1);
const MEGAPIXEL: Duration = Duration::from_secs(20);
/// How much of what it says is read.
const WORDS_MAX: u64 = 4 << 10;

/// Returns what makes AVIF; `named` is `KAMI_AVIFENC`, `path` is `PATH`. Nothing is looked for before a site asks.
pub fn encoder(named: Option<OsString>, path: Option<OsString>) -> Avif {
    let encoder = Arc::new(Encoder {
        named: named.filter(|named| !named.is_empty()),
        path: path.unwrap_or_default(),
        known: Mutex::default(),
        hangs: AtomicBool::new(false),
        time: |pixels| {
            PICTURE + MEGAPIXEL * u32::try_from(pixels / 1_000_000).unwrap_or(u32::MAX / 64)
        },
    });
    let asked = Arc::clone(&encoder);
    Avif::new(move || asked.known().map(|known| known.digest), move |order| encoder.make(order))
}

struct Encoder {
    named: Option<OsString>,
    path: OsString,
    known: Mutex<Option<Known>>,
    /// Whether it did not come to an end once: nobody waits for it again.
    hangs: AtomicBool,
    time: fn(u64) -> Duration,
}

/// The program, and what its pictures depend on.
#[derive(Clone)]
struct Known {
    program: PathBuf,
    digest: Digest,
}

impl Encoder {
    /// Finds the program. One that was found stays; one that was not may be installed meanwhile.
    fn known(&self) -> Result<Known, Absent> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*known {
            return Ok(known.clone());
        }
        let program = self.find()?;
        let version = version(&program).map_err(|why| Absent {
            message: format!(
                "no AVIF is made: {} does not say its version: {why}",
                program.display()
            ),
            help: Absent::HELP.to_owned(),
        })?;
        let parts = SETTINGS.iter().chain(&SCREEN).map(|part| part.as_bytes());
        let digest = Digest::of_parts(parts.chain([version.as_slice()]));
        Ok(known.insert(Known { program, digest }).clone())
    }

    fn find(&self) -> Result<PathBuf, Absent> {
        let named = self.named.as_deref();
        let wanted = Path::new(named.unwrap_or(OsStr::new(NAME)));
        let found = if wanted.components().count() > 1 {
            Some(wanted.to_path_buf()).filter(|program| is_program(program))
        } else {
            let folders = std::env::split_paths(&self.path);
            folders.map(|folder| folder.join(wanted)).find(|program| is_program(program))
        };
        found.ok_or_else(|| match named {
            None => Absent::unfound(),
            Some(named) => Absent {
                message: format!(
                    "no AVIF is made: KAMI_AVIFENC names {}, which is no program",
                    named.display()
                ),
                help: Absent::HELP.to_owned(),
            },
        })
    }

    fn make(&self, order: &Order<'_>) -> Result<Vec<u8>, String> {
        if self.hangs.load(Ordering::Relaxed) {
            return Err("the encoder did not come to an end before".to_owned());
        }
        let known = self.known().map_err(|absent| absent.message)?;
        let folder = Folder::new().map_err(|error| format!("no room for its files: {error}"))?;
        let (from, to) = (folder.path.join("pixels.png"), folder.path.join("picture.avif"));
        fs::write(&from, order.png).map_err(|error| format!("no room for its files: {error}"))?;
        let mut command = Command::new(&known.program);
        command.args(SETTINGS).arg("-a").arg(format!("cq-level={}", order.coarseness.min(63)));
        if !order.has_profile {
            command.args(SCREEN);
        }
        command.arg(&from).arg(&to);
        let (status, words) = match run(&mut command, &folder, (self.time)(order.pixels)) {
            Ok(done) => done,
            Err(unfinished) => {
                self.hangs.store(unfinished.hangs, Ordering::Relaxed);
                return Err(unfinished.why);
            }
        };
        let made = fs::read(&to).ok().filter(|bytes| Kind::of(bytes) == Some(Kind::Avif));
        made.filter(|_| status.success()).ok_or_else(|| {
            let words = String::from_utf8_lossy(&words);
            let words = words.lines().map(str::trim).find(|line| !line.is_empty());
            words.map_or_else(
                || format!("{NAME} made none ({status})"),
                |words| format!("{NAME} says: {words}"),
            )
        })
    }
}

/// Returns what a program says of its version: the libraries in it are named there, too.
fn version(program: &Path) -> Result<Vec<u8>, String> {
    let folder = Folder::new().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.arg("--version");
    let (status, _) = run(&mut command, &folder, VERSION).map_err(|unfinished| unfinished.why)?;
    let words = said(&folder.path.join("said")).unwrap_or_default();
    if !status.success() || words.is_empty() {
        return Err(status.to_string());
    }
    Ok(words)
}

/// Why a program did not come to its end.
struct Unfinished {
    why: String,
    hangs: bool,
}

/// Runs a program to its end, or for this long; returns how it ended and what it complained of.
fn run(
    command: &mut Command,
    folder: &Folder,
    time: Duration,
) -> Result<(ExitStatus, Vec<u8>), Unfinished> {
    let failed = |error: &io::Error| Unfinished { why: error.to_string(), hangs: false };
    let [output, errors] = ["said", "errors"].map(|name| folder.path.join(name));
    // In files and not in pipes: nobody has to read them meanwhile.
    command.stdin(Stdio::null());
    command.stdout(File::create(output).map_err(|error| failed(&error))?);
    command.stderr(File::create(&errors).map_err(|error| failed(&error))?);
    let child = command.spawn().map_err(|error| failed(&error))?;
    let status = ended(child, time).map_err(|error| failed(&error))?;
    let status = status.ok_or_else(|| Unfinished {
        why: format!("it was not done after {} seconds", time.as_secs()),
        hangs: true,
    })?;
    Ok((status, said(&errors).unwrap_or_default()))
}

/// Waits for a program to end; one that does not in time is ended, and nothing returned.
fn ended(mut child: Child, time: Duration) -> io::Result<Option<ExitStatus>> {
    let id = rustix::process::Pid::from_raw(child.id().cast_signed());
    let (tell, told) = channel();
    let waiter = std::thread::spawn(move || tell.send(child.wait()));
    if let Ok(status) = told.recv_timeout(time) {
        return status.map(Some);
    }
    if let Some(id) = id {
        // It may have ended in this very moment.
        let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
    }
    drop(waiter.join());
    Ok(None)
}

fn said(file: &Path) -> io::Result<Vec<u8>> {
    let mut words = Vec::new();
    File::open(file)?.take(WORDS_MAX).read_to_end(&mut words)?;
    Ok(words)
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// A folder that only this user can look into; it goes with its value. A lock says that it is in use: that ends with
/// the program, however it ends, and what was left behind goes when the next one makes its first folder.
struct Folder {
    path: PathBuf,
    _held: File,
}

impl Folder {
    fn new() -> io::Result<Folder> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        static SWEPT: Once = Once::new();
        let above = std::env::temp_dir();
        SWEPT.call_once(|| sweep(&above));
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = above.join(format!("{PREFIX}{}-{number}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            }
            // Another program that sweeps may have met it before it was locked.
            match File::open(&path) {
                Ok(held) => {
                    flock(&held, FlockOperation::LockExclusive)?;
                    if is_at(&held, &path) {
                        return Ok(Folder { path, _held: held });
                    }
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.path));
    }
}

/// Takes away the folders of programs that were ended before they could: those that nobody holds.
fn sweep(above: &Path) {
    for entry in fs::read_dir(above).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if !ours || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        // Those of other users cannot be opened.
        let Ok(held) = File::open(entry.path()) else { continue };
        if flock(&held, FlockOperation::NonBlockingLockExclusive).is_ok() {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

/// Tells whether an open folder still is the one at a path.
fn is_at(held: &File, path: &Path) -> bool {
    let (held, there) = (held.metadata(), fs::symlink_metadata(path));
    held.is_ok_and(|held| {
        there.is_ok_and(|there| (held.dev(), held.ino()) == (there.dev(), there.ino()))
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    use super::{Encoder, Folder, Order, encoder, sweep};

    const ORDER: Order<'_> = Order { png: b"", coarseness: 21, has_profile: false, pixels: 1 };

    fn program(name: &str) -> Encoder {
        Encoder {
            named: Some(OsString::from(name)),
            path: std::env::var_os("PATH").unwrap_or_default(),
            known: Mutex::default(),
            hangs: AtomicBool::new(false),
            time: |_| Duration::from_millis(50),
        }
    }

    #[test]
    fn what_is_not_there_is_told_with_its_name() {
        let absent = encoder(None, None).known().expect_err("there is none");
        assert!(absent.message.contains("`avifenc` was not found"), "{absent:?}");
        assert!(absent.help.contains("libavif-bin") && absent.help.contains("KAMI_AVIFENC"));
        let named = program("/nowhere/avifenc").known().err().expect("there is none");
        assert!(named.message.contains("KAMI_AVIFENC names /nowhere/avifenc"), "{named:?}");
        let other = program("false").known().err().expect("it is none");
        assert!(other.message.contains("does not say its version"), "{other:?}");
    }

    #[test]
    fn what_a_program_left_behind_goes_and_what_is_in_use_stays() {
        let folder = Folder::new().expect("there is room");
        let above = folder.path.parent().expect("it lies in a folder");
        let left =
            above.join(format!("{}-left", folder.path.file_name().unwrap_or_default().display()));
        std::fs::create_dir(&left).expect("there is room");
        std::fs::write(left.join("pixels.png"), "a picture").expect("there is room");
        sweep(above);
        assert!(!left.exists(), "nobody holds it");
        assert!(folder.path.exists(), "it is in use");
        let path = folder.path.clone();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn what_fails_says_why_and_what_hangs_is_ended_once() {
        // Programs that know their version and nothing of pictures.
        let complaint = program("cat").make(&ORDER).expect_err("it makes none");
        assert!(
            complaint.starts_with("avifenc says: ") && complaint.contains("cat"),
            "{complaint}"
        );
        let silent = program("true").make(&ORDER).expect_err("it makes none");
        assert!(silent.contains("made none"), "{silent}");
        let endless = program(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/endless"));
        let hung = endless.make(&ORDER).expect_err("it makes none");
        assert!(hung.contains("not done after"), "{hung}");
        let again = endless.make(&ORDER).expect_err("nobody tries again");
        assert!(again.contains("before"), "{again}");
    }
}
