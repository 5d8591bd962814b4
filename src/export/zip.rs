//! Bundle -> one archive: the same bundle gives the same bytes.
//!
//! The files come in the order of their paths, each with the earliest time that an archive can tell and
//! the plainest mode. Names are UTF-8. What is too large or too many for the old format is told in the
//! new one (ZIP64).

#![expect(clippy::disallowed_methods, reason = "this is where a bundle is written")]

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Read as _, Seek as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rayon::prelude::*;

use crate::digest::{Digest, Hasher};
use crate::export::target::Place;
use crate::export::{Request, disk_fault, fault};
use crate::output::{Entry, MANIFEST, is_text, parse_manifest};

/// The first of January 1980.
const DATE: u16 = 0x21;
const UTF8_NAMES: u16 = 1 << 11;
const DEFLATED: u16 = 8;
const LEVEL: u8 = 9;
/// The versions of the format without and with numbers of eight bytes.
const OLD_FORMAT: u16 = 20;
const NEW_FORMAT: u16 = 45;
/// The system whose modes are told.
const UNIX: u16 = 3 << 8;
/// A plain file that its owner may write and everybody read.
const MODE: u32 = 0o100_644 << 16;
/// How many files are compressed before they are written: as many as fit into memory in any case.
const CHUNK: usize = 128;
/// Files from this length on are not held in memory.
const LARGE_BYTES_MIN: u64 = 8 << 20;
/// How much of such a file is read at once.
const PART_BYTES: usize = 1 << 20;

/// An archive that grows.
#[derive(Debug)]
pub struct Archive<W> {
    out: W,
    offset: u64,
    directory: Vec<u8>,
    count: u64,
}

/// A file as it stands in an archive.
#[derive(Debug)]
pub struct Member {
    path: String,
    body: Body,
    is_deflated: bool,
    length: u64,
    crc: u32,
}

#[derive(Debug)]
enum Body {
    /// As they are, or deflated.
    Held(Vec<u8>),
    /// Of a large file.
    File(File),
}

impl Member {
    /// Makes a member of a file; a text is deflated where that makes it smaller.
    pub fn of(path: &str, bytes: Vec<u8>) -> Member {
        let (length, crc) = (bytes.len() as u64, crc32fast::hash(&bytes));
        let deflated = is_text(path).then(|| miniz_oxide::deflate::compress_to_vec(&bytes, LEVEL));
        let deflated = deflated.filter(|deflated| deflated.len() < bytes.len());
        let is_deflated = deflated.is_some();
        let bytes = deflated.unwrap_or(bytes);
        Member { path: path.to_owned(), body: Body::Held(bytes), is_deflated, length, crc }
    }

    /// Makes a member of a large file, which has to have a digest.
    fn of_file(entry: &Entry, mut file: File) -> io::Result<Member> {
        let (mut digest, mut crc) = (Hasher::default(), crc32fast::Hasher::new());
        let mut part = vec![0; PART_BYTES];
        loop {
            let count = file.read(&mut part)?;
            if count == 0 {
                break;
            }
            digest.add(&part[..count]);
            crc.update(&part[..count]);
        }
        if digest.digest().to_string() != entry.digest {
            return Err(ErrorKind::InvalidData.into());
        }
        file.rewind()?;
        let (path, body) = (entry.path.clone(), Body::File(file));
        Ok(Member { path, body, is_deflated: false, length: entry.bytes, crc: crc.finalize() })
    }

    fn packed(&self) -> u64 {
        match &self.body {
            Body::Held(bytes) => bytes.len() as u64,
            Body::File(_) => self.length,
        }
    }
}

impl<W: Write> Archive<W> {
    pub fn new(out: W) -> Archive<W> {
        Archive { out, offset: 0, directory: Vec::new(), count: 0 }
    }

    pub fn add(&mut self, member: &Member) -> io::Result<()> {
        let start = self.offset;
        let packed = member.packed();
        let name = member.path.as_bytes();
        let name_length = u16::try_from(name.len()).map_err(io::Error::other)?;
        // Both lengths, or neither: that is what readers expect of the header before the bytes.
        let is_large = short(packed).max(short(member.length)) == u32::MAX;
        let lengths: Vec<u64> = if is_large { vec![member.length, packed] } else { Vec::new() };
        let shown = |length: u64| if is_large { u32::MAX } else { short(length) };
        let mut common = Vec::new();
        common.extend(UTF8_NAMES.to_le_bytes());
        common.extend(if member.is_deflated { DEFLATED } else { 0 }.to_le_bytes());
        common.extend(0_u16.to_le_bytes());
        common.extend(DATE.to_le_bytes());
        common.extend(member.crc.to_le_bytes());
        common.extend(shown(packed).to_le_bytes());
        common.extend(shown(member.length).to_le_bytes());
        common.extend(name_length.to_le_bytes());

        let extra = large(&lengths);
        let mut local = b"PK\x03\x04".to_vec();
        local.extend(version(&extra).to_le_bytes());
        local.extend(&common);
        local.extend(length(&extra).to_le_bytes());
        local.extend(name);
        local.extend(&extra);
        self.write(&local)?;
        match &member.body {
            Body::Held(bytes) => self.write(bytes)?,
            Body::File(file) => self.copy(file, member)?,
        }

        let far = (short(start) == u32::MAX).then_some(start);
        let extra = large(&lengths.into_iter().chain(far).collect::<Vec<u64>>());
        let directory = &mut self.directory;
        directory.extend(b"PK\x01\x02");
        // Made by the system whose modes follow.
        directory.extend((UNIX | version(&extra)).to_le_bytes());
        directory.extend(version(&extra).to_le_bytes());
        directory.extend(&common);
        directory.extend(length(&extra).to_le_bytes());
        // No comment, the first disk, nothing of the inside.
        directory.extend([0; 6]);
        directory.extend(MODE.to_le_bytes());
        directory.extend(short(start).to_le_bytes());
        directory.extend(name);
        directory.extend(&extra);
        self.count += 1;
        Ok(())
    }

    /// Writes the directory; returns what the archive went into, and how many bytes it has.
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        let (start, size) = (self.offset, self.directory.len() as u64);
        let directory = std::mem::take(&mut self.directory);
        self.write(&directory)?;
        let count = u16::try_from(self.count).unwrap_or(u16::MAX);
        let is_large = count == u16::MAX || short(start).max(short(size)) == u32::MAX;
        let mut end = Vec::new();
        if is_large {
            end.extend(b"PK\x06\x06");
            end.extend(44_u64.to_le_bytes());
            end.extend((UNIX | NEW_FORMAT).to_le_bytes());
            end.extend(NEW_FORMAT.to_le_bytes());
            end.extend([0; 8]);
            for number in [self.count, self.count, size, start] {
                end.extend(number.to_le_bytes());
            }
            end.extend(b"PK\x06\x07");
            end.extend(0_u32.to_le_bytes());
            end.extend(self.offset.to_le_bytes());
            end.extend(1_u32.to_le_bytes());
        }
        end.extend(b"PK\x05\x06");
        end.extend([0; 4]);
        end.extend(count.to_le_bytes());
        end.extend(count.to_le_bytes());
        end.extend(short(size).to_le_bytes());
        end.extend(short(start).to_le_bytes());
        end.extend([0; 2]);
        self.write(&end)?;
        Ok((self.out, self.offset))
    }

    /// Writes a large file; one that is not any more what it was makes no archive.
    fn copy(&mut self, mut file: &File, member: &Member) -> io::Result<()> {
        let (mut left, mut crc) = (member.length, crc32fast::Hasher::new());
        let mut part = vec![0; PART_BYTES];
        while left > 0 {
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(PART_BYTES);
            file.read_exact(&mut part[..count])?;
            crc.update(&part[..count]);
            self.write(&part[..count])?;
            left -= count as u64;
        }
        if crc.finalize() == member.crc { Ok(()) } else { Err(ErrorKind::InvalidData.into()) }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.offset += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

/// Returns a number for a field of four bytes: all ones where it stands in the new format.
fn short(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Returns the numbers that are too large for their fields, as the new format wants them.
fn large(numbers: &[u64]) -> Vec<u8> {
    if numbers.is_empty() {
        return Vec::new();
    }
    let mut extra = 1_u16.to_le_bytes().to_vec();
    extra.extend(u16::try_from(8 * numbers.len()).expect("three at most").to_le_bytes());
    extra.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    extra
}

fn length(extra: &[u8]) -> u16 {
    u16::try_from(extra.len()).expect("three numbers at most")
}

/// Returns which version of the format a reader must know.
fn version(extra: &[u8]) -> u16 {
    if extra.is_empty() { OLD_FORMAT } else { NEW_FORMAT }
}

/// Refuses a file that is not to be written over, before anything is done.
pub fn refuse_zip(file: &Path, request: &Request<'_>) -> Result<()> {
    let place = Place::resolve(request)?;
    let file = real(file)?;
    if file.starts_with(&place.folder) {
        let what = format!("{} is in the bundle that it is to hold", file.display());
        return Err(fault(&what, "name a file elsewhere, such as `--zip site.zip`"));
    }
    if let Some(name) = crate::export::target::source_folder(&file, request.site) {
        let what = format!("{} is in the site's `{name}` folder", file.display());
        return Err(fault(&what, "it would be a file of the site: name one elsewhere"));
    }
    let metadata = match fs::metadata(&file) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(disk_fault("open", &file, &error)),
    };
    if metadata.is_dir() {
        let what = format!("{} is a folder", file.display());
        return Err(fault(&what, "name a file in it, such as `--zip site.zip`"));
    }
    let mut start = Vec::new();
    if metadata.is_file() {
        let old = File::open(&file).map_err(|error| disk_fault("read", &file, &error))?;
        let read = old.take(4).read_to_end(&mut start);
        read.map_err(|error| disk_fault("read", &file, &error))?;
    }
    if start == b"PK\x03\x04" || start == b"PK\x05\x06" {
        return Ok(());
    }
    let what = format!("{} is there and is no zip archive: it is not written over", file.display());
    Err(fault(&what, "name another file, or remove that one"))
}

/// Writes the bundle that lies in a folder as one archive, whole or not at all; returns its size.
pub fn zip(folder: &Path, file: &Path) -> Result<u64> {
    let file = real(file)?;
    let path = folder.join(MANIFEST);
    let manifest = fs::read(&path).map_err(|error| disk_fault("read", &path, &error))?;
    let mut entries = parse_manifest(&manifest).context("the bundle has no manifest of ours")?;
    entries.push(Entry::of(MANIFEST, &crate::output::Output::new(MANIFEST, manifest)));
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = &name[..name.floor_char_boundary(200)];
    let draft = file.with_file_name(format!(".{name}.kami-{}", std::process::id()));
    let written = fill(folder, &entries, &draft).and_then(|bytes| {
        fs::rename(&draft, &file).map_err(|error| disk_fault("write", &file, &error))?;
        Ok(bytes)
    });
    if written.is_err() {
        drop(fs::remove_file(&draft));
    }
    written
}

fn fill(folder: &Path, entries: &[Entry], draft: &Path) -> Result<u64> {
    let failed = |error: io::Error| disk_fault("write", draft, &error);
    let mut archive = Archive::new(BufWriter::new(File::create(draft).map_err(failed)?));
    for entries in entries.chunks(CHUNK) {
        let members: Result<Vec<Member>> =
            entries.par_iter().map(|entry| member(folder, entry)).collect();
        members?.iter().try_for_each(|member| archive.add(member)).map_err(failed)?;
    }
    let (out, bytes) = archive.finish().map_err(failed)?;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok(bytes)
}

fn member(folder: &Path, entry: &Entry) -> Result<Member> {
    let path = folder.join(&entry.path);
    let read = || {
        if entry.bytes >= LARGE_BYTES_MIN && !is_text(&entry.path) {
            return Member::of_file(entry, File::open(&path)?);
        }
        let bytes = fs::read(&path)?;
        if Digest::of(&bytes).to_string() != entry.digest {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(Member::of(&entry.path, bytes))
    };
    read().map_err(|error| match error.kind() {
        ErrorKind::InvalidData => {
            let what = format!("{} was changed while the archive was written", path.display());
            fault(&what, "build again")
        }
        _ => disk_fault("read", &path, &error),
    })
}

/// Returns the path of a file, of which the folder must be there.
fn real(file: &Path) -> Result<PathBuf> {
    if let Ok(file) = fs::canonicalize(file) {
        return Ok(file);
    }
    let absolute = std::path::absolute(file).map_err(|error| disk_fault("find", file, &error))?;
    let (Some(folder), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err(fault(&format!("{} is no file", file.display()), "name a file"));
    };
    match fs::canonicalize(folder) {
        Ok(folder) => Ok(folder.join(name)),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(fault(
            &format!("there is no folder {} to write {} in", folder.display(), file.display()),
            "make the folder first",
        )),
        Err(error) => Err(disk_fault("open", folder, &error)),
    }
}
