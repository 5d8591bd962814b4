//! Many files at once: all of them are written, or none. What is to be done is written down first, whole; whoever
//! finds it later, finishes it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;

use rustix::fs::{AtFlags, Dir, Mode, OFlags, fchmod, fsync, openat, renameat, unlinkat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::place::{Place, SETTINGS, Way, open_folder};
use super::revisions::{STATE, state_folder};
use super::{Fault, Files, atomic};
use crate::digest::Digest;
use crate::rename::Step;
use crate::source::SourcePath;

const FOLDER: &str = "journal";
/// What is to be done; it is there from the moment on that all of it can be done.
const STEPS: &str = "steps.json";

/// A step as it is written down.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    from: String,
    to: String,
    was: String,
    new: String,
    /// The name of the file that holds the new bytes.
    staged: String,
}

impl Files {
    /// Does all steps, or none of them. Should the program end in between, the next one does the rest.
    pub fn apply(&self, steps: &[Step]) -> Result<(), Fault> {
        if self.is_one_file() {
            return Err(Fault::NotThisFile);
        }
        let folder = state_folder(&self.root, FOLDER)?;
        let _lock = atomic::lock(&folder);
        self.finish_in(&folder)?;
        for step in steps {
            self.check(step)?;
        }
        let staged = steps.iter().enumerate().map(|(index, step)| self.stage(&folder, index, step));
        let written = staged.collect::<Result<Vec<_>, _>>();
        let written = written.inspect_err(|_| clear(&folder).unwrap_or_default())?;
        let text = serde_json::to_vec(&written).map_err(io::Error::from)?;
        write(&folder, ".steps", &text, 0o600)
            .inspect_err(|_| clear(&folder).unwrap_or_default())?;
        renameat(&folder, ".steps", &folder, STEPS)?;
        fsync(&folder)?;
        self.perform(&folder, &written)
    }

    /// Finishes what a program that was killed began. Returns how many files that were.
    pub fn finish(&self) -> Result<usize, Fault> {
        if self.is_one_file() {
            return Ok(0);
        }
        let folder = match open_folder(&self.root, OsStr::new(STATE)) {
            Err(Errno::NOENT) => return Ok(0),
            state => match open_folder(&state?, OsStr::new(FOLDER)) {
                Err(Errno::NOENT) => return Ok(0),
                folder => folder?,
            },
        };
        // Another program may be in the middle of it, and alive.
        let _lock = atomic::lock(&folder);
        self.finish_in(&folder)
    }

    fn finish_in(&self, folder: &OwnedFd) -> Result<usize, Fault> {
        let Some(bytes) = read(folder, STEPS)? else {
            // It ended before all was written down: nothing has happened yet.
            clear(folder)?;
            return Ok(0);
        };
        let steps: Vec<Written> = serde_json::from_slice(&bytes).map_err(io::Error::from)?;
        self.perform(folder, &steps)?;
        Ok(steps.len())
    }

    /// Checks that a step meets what it was planned for.
    fn check(&self, step: &Step) -> Result<(), Fault> {
        let place = self.place_in((&step.from, &step.to), &step.from, Way::AsItIs)?;
        // Of a link it is not known whether its own name is meant, or that of what it leads to.
        if step.from != step.to && self.place(&step.from, Way::Itself)?.is_link() {
            return Err(Fault::Outside);
        }
        if digest_at(&place)? != Some(step.was) {
            return Err(Fault::Changed(None));
        }
        if step.from != step.to {
            match self.place(&step.to, Way::AsItIs) {
                Ok(place) if digest_at(&place)?.is_some() => return Err(Fault::Exists),
                Ok(_) | Err(Fault::Missing) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Finds the place of a file of a step. The settings stay where they are: nothing becomes them.
    fn place_in(
        &self,
        (from, to): (&SourcePath, &SourcePath),
        path: &SourcePath,
        way: Way,
    ) -> Result<Place, Fault> {
        if from == to && path.as_str() == SETTINGS {
            return self.settings();
        }
        self.place(path, way)
    }

    /// Writes the new bytes of a step to the disk, beside everything.
    fn stage(&self, folder: &OwnedFd, index: usize, step: &Step) -> Result<Written, Fault> {
        let staged = format!("file-{index}");
        unlinkat(folder, &staged, AtFlags::empty()).ok();
        let place = self.place_in((&step.from, &step.to), &step.from, Way::AsItIs)?;
        let mode = File::from(open(&place.folder, &place.name)?).metadata()?.mode();
        write(folder, &staged, &step.bytes, mode)?;
        Ok(Written {
            from: step.from.to_string(),
            to: step.to.to_string(),
            was: step.was.to_string(),
            new: Digest::of(&step.bytes).to_string(),
            staged,
        })
    }

    /// Does what is written down, as far as it is not done yet.
    fn perform(&self, folder: &OwnedFd, steps: &[Written]) -> Result<(), Fault> {
        for step in steps {
            self.step(folder, step)?;
        }
        unlinkat(folder, STEPS, AtFlags::empty())?;
        fsync(folder)?;
        clear(folder)?;
        Ok(())
    }

    fn step(&self, folder: &OwnedFd, step: &Written) -> Result<(), Fault> {
        let (from, to) = (SourcePath::new(&step.from), SourcePath::new(&step.to));
        let (was, new) = (Digest::parse(&step.was), Digest::parse(&step.new));
        let target = self.place_in((&from, &to), &to, Way::Made)?;
        let stands = digest_at(&target)?;
        // What somebody else wrote there meanwhile is theirs.
        let free = if from == to { stands == was } else { stands.is_none() };
        if stands != new && free {
            match renameat(folder, &step.staged, &target.folder, &target.name) {
                Err(Errno::XDEV) => copy(folder, &step.staged, &target)?,
                moved => moved?,
            }
            fsync(&target.folder)?;
        }
        if from != to && digest_at(&target)? == new {
            let old = match self.place(&from, Way::Itself) {
                Err(Fault::Missing) => return Ok(()),
                old => old?,
            };
            if digest_at(&old)? == was {
                unlinkat(&old.folder, &old.name, AtFlags::empty())?;
                fsync(&old.folder)?;
            }
        }
        Ok(())
    }
}

fn open(folder: &OwnedFd, name: impl rustix::path::Arg) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(folder, name, flags, Mode::empty())
}

fn read(folder: &OwnedFd, name: impl rustix::path::Arg) -> io::Result<Option<Vec<u8>>> {
    let file = match open(folder, name) {
        Err(Errno::NOENT) => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    File::from(file).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn digest_at(place: &Place) -> io::Result<Option<Digest>> {
    Ok(read(&place.folder, &place.name)?.map(|bytes| Digest::of(&bytes)))
}

/// Writes a new file to the disk.
fn write(folder: &OwnedFd, name: &str, bytes: &[u8], mode: u32) -> io::Result<()> {
    unlinkat(folder, name, AtFlags::empty()).ok();
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(openat(folder, name, flags, Mode::from_raw_mode(0o600))?);
    fchmod(&file, Mode::from_raw_mode(mode & 0o7777))?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Brings a file over to another disk; there it gets its name in one step, too.
fn copy(folder: &OwnedFd, name: &str, target: &Place) -> Result<(), Fault> {
    let bytes = read(folder, name)?.ok_or(Fault::Missing)?;
    let mode = File::from(open(folder, name)?).metadata()?.mode();
    let aside = format!(".kami-{}", Digest::of(target.name.as_encoded_bytes()).short());
    write(&target.folder, &aside, &bytes, mode)?;
    renameat(&target.folder, &aside, &target.folder, &target.name)?;
    Ok(())
}

/// Takes everything out of a folder.
fn clear(folder: &OwnedFd) -> io::Result<()> {
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            unlinkat(folder, entry.file_name(), AtFlags::empty())?;
        }
    }
    Ok(())
}
