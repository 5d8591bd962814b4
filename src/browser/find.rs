//! Finds Chromium: where the person says, else on the search path.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};

/// What the program may be called, the likeliest first.
const NAMES: [&str; 9] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "chromium-headless-shell",
    "microsoft-edge",
    "microsoft-edge-stable",
    "brave-browser",
];
/// Where it lies on machines that have it on no path.
const PLACES: [&str; 3] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/snap/bin/chromium",
];

const HELP: &str = "install Chromium (Debian: `apt install chromium`, macOS: `brew install --cask chromium`), \
                    or name a Chromium or Chrome in the environment variable KAMI_BROWSER";

/// Returns the program to start; `named` is `KAMI_BROWSER`, `path` is `PATH`.
pub fn find(named: Option<&OsStr>, path: Option<&OsStr>) -> Result<PathBuf> {
    let folders: Vec<PathBuf> =
        path.map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
    let on_path = |name: &Path| {
        folders.iter().map(|folder| folder.join(name)).find(|program| is_program(program))
    };
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        let program = Path::new(named);
        let found = if program.components().count() > 1 {
            is_program(program).then(|| program.to_path_buf())
        } else {
            on_path(program)
        };
        return found.ok_or_else(|| {
            anyhow!("KAMI_BROWSER names {}, which is no program\nhelp: {HELP}", program.display())
        });
    }
    let places = PLACES.iter().map(PathBuf::from).filter(|program| is_program(program));
    let found = NAMES
        .iter()
        .find_map(|name| on_path(Path::new(name)))
        .or_else(|| places.into_iter().next());
    found.ok_or_else(|| anyhow!("no Chromium was found\nhelp: {HELP}"))
}

fn is_program(path: &Path) -> bool {
    std::fs::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
