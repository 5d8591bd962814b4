//! `kami check --fix`: what has one sure mending is mended before everything is told.

use std::path::Path;

use anyhow::{Result, bail};

use super::rename::{place_of, why};
use super::report::Reporter;
use crate::compile::compile;
use crate::load;
use crate::page::Options;
use crate::rename::{mendings, steps};
use crate::save::Seen;

pub(super) fn run(path: Option<&Path>, reporter: &Reporter) -> Result<()> {
    let root = super::root_of(path)?;
    super::finish(&root, reporter);
    let bundle = compile(load::load(&root)?, Options { drafts: true, ..Options::default() });
    let plan = mendings(&bundle);
    let steps = steps(&bundle, &plan);
    let files = super::files_of(&root)?;
    let done = if files.is_one_file() {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let write = |step: &crate::rename::Step| {
            files.write(&step.to, &text(&step.bytes), Seen::Revision(step.was)).map(drop)
        };
        steps.iter().try_for_each(write)
    } else if steps.is_empty() {
        Ok(())
    } else {
        files.apply(&steps)
    };
    if let Err(fault) = done {
        bail!("{}", why(&fault));
    }
    for edit in &plan.edits {
        reporter.note(&format!("mended: {}", place_of(&bundle, edit)));
    }
    Ok(())
}
