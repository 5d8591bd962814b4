//! The bundle before, out of a bucket that keeps versions of its objects.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;

use super::plan::{Act, Plan, Step};
use super::remote::Remote;
use super::store::{Held, Store};
use super::{fault, on_threads};
use crate::output::{Entry, MANIFEST, parse_manifest};

/// An earlier bundle, and in which versions its files lie.
#[derive(Debug)]
pub(super) struct Earlier {
    pub(super) entries: Vec<Entry>,
    pub(super) manifest: Vec<u8>,
    /// By path, of the files that are others now.
    pub(super) versions: HashMap<String, String>,
}

/// Plans the way back to the bundle before the one that is there.
pub(super) fn plan(store: &Store) -> Result<(Earlier, Remote, Plan)> {
    let (now, note) = Remote::read(store)?;
    let Some(now) = now else {
        let what = format!("there is no bundle at {}", store.name(""));
        return Err(fault(&what, "check the target; nothing was touched"));
    };
    let (manifest, written) = earlier_manifest(store, &now)?;
    let entries = parse_manifest(&manifest).unwrap_or_default();
    let there = parse_manifest(&now).unwrap_or_default();
    let there: HashMap<String, Held> =
        there.iter().map(|entry| (entry.path.clone(), Held::of(entry))).collect();
    let unsure = |entry: &Entry| note.unsure.contains(&entry.path);
    let mut plan = Plan::of(&entries, &there);
    // What a run that was broken off has touched is taken from its version, too.
    let planned: BTreeMap<&str, Act> =
        plan.steps.iter().map(|step| (&*step.entry.path, step.act)).collect();
    let steps = entries.iter().filter_map(|entry| {
        let act = planned.get(&*entry.path).copied();
        let act = act.or_else(|| unsure(entry).then_some(Act::Changed))?;
        Some(Step { act, entry: entry.clone() })
    });
    plan.steps = steps.collect();
    let named = |path: &String| entries.iter().any(|entry| entry.path == *path);
    plan.stale.extend(note.left.iter().filter(|path| !named(path)).cloned());
    plan.stale.sort_unstable();
    plan.stale.dedup();
    let found = on_threads(&plan.steps, &|step| version_of(store, &step.entry, &written));
    let mut versions = HashMap::new();
    for (step, version) in plan.steps.iter().zip(found) {
        versions.insert(step.entry.path.clone(), version?);
    }
    let remote = Remote { manifest: Some(now), note, files: there, ..Remote::default() };
    Ok((Earlier { entries, manifest, versions }, remote, plan))
}

/// Finds the newest manifest that is another than the one that is there, and when it was written.
fn earlier_manifest(store: &Store, now: &[u8]) -> Result<(Vec<u8>, String)> {
    for version in store.versions(MANIFEST)?.iter().filter(|version| !version.is_removal) {
        let text = store.get_version(MANIFEST, Some(&version.id))?;
        if let Some(text) = text.filter(|text| text != now && parse_manifest(text).is_some()) {
            return Ok((text, version.modified.clone()));
        }
    }
    let what = format!("{} keeps no bundle from before this one", store.name(""));
    Err(fault(
        &what,
        "turn on the versions of the bucket (`aws s3api put-bucket-versioning`) for the next time, or deploy with `--release`",
    ))
}

/// Finds the version of a file that belonged to the manifest: the newest of its digest that is not younger.
fn version_of(store: &Store, entry: &Entry, written: &str) -> Result<String> {
    let versions = store.versions(&entry.path)?;
    let kept = versions.iter().filter(|version| !version.is_removal);
    let (then, later): (Vec<_>, Vec<_>) = kept.partition(|version| *version.modified <= *written);
    for version in then.into_iter().chain(later) {
        let held = store.head(&entry.path, Some(&version.id))?;
        if held.is_some_and(|held| held.digest.as_deref() == Some(&*entry.digest)) {
            return Ok(version.id.clone());
        }
    }
    let what = format!("{} is not kept as it was in the bundle before", store.name(&entry.path));
    Err(fault(&what, "deploy what is to be there; nothing was touched"))
}
