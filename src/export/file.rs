//! Bytes -> a file that a person named: whole or not at all.

#![expect(clippy::disallowed_methods, reason = "this is where an exported file is written")]

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::fault;

/// Writes a file by putting a finished one in its place; a link is followed to the file it names.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    if path.is_dir() {
        return Err(fault(
            &format!("{} is a folder", path.display()),
            "name a file in it, such as `-o talk.html`",
        ));
    }
    let folder = folder_of(&path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = &name[..name.floor_char_boundary(200)];
    let draft = folder.join(format!(".{name}.kami-{}", std::process::id()));
    let written = put(&draft, &path, bytes);
    if let Err(error) = written {
        drop(fs::remove_file(&draft));
        return Err(told(&path, &error));
    }
    Ok(())
}

/// Makes a folder with those above it, if it is not there.
pub fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| told(path, &error))
}

/// Tells whether a person who names this means a folder.
pub fn is_folder(path: &Path) -> bool {
    path.to_string_lossy().ends_with('/') || path.is_dir()
}

fn put(draft: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(draft)?;
    if let Ok(old) = fs::metadata(path) {
        file.set_permissions(old.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(draft, path)
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

fn told(path: &Path, error: &io::Error) -> anyhow::Error {
    let help = match error.kind() {
        ErrorKind::NotFound => "make the folder first, or name a file in one that is there",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space there",
        _ => "name a file that you may write",
    };
    fault(&format!("cannot write {}: {error}", path.display()), help)
}
