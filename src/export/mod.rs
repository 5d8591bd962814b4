//! Bundle -> folder.
#![expect(clippy::disallowed_methods, reason = "this is where the bundle is written")]
use crate::compile::Bundle;
use anyhow::Result;
use std::path::Path;
#[derive(Debug)]
pub struct Request<'a> {
    pub bundle: &'a Bundle,
    pub target: &'a Path,
    pub site: &'a Path,
}
#[derive(Debug, Default)]
pub struct Summary {
    pub written: usize,
    pub kept: usize,
    pub removed: usize,
    pub bytes: u64,
    pub in_place: bool,
}
pub fn write(request: &Request<'_>, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Summary> {
    let mut summary = Summary::default();
    for address in request.bundle.addresses() {
        if let Some(output) = request.bundle.make(&address) {
            let path = request.target.join(&address);
            std::fs::create_dir_all(path.parent().unwrap_or(request.target))?;
            std::fs::write(path, output.bytes)?;
            summary.written += 1;
            progress(summary.written, 0);
        }
    }
    Ok(summary)
}
