//! Releases: each bundle under a prefix of its own, and one word that says which one readers get.
//!
//! A release lies in `releases/DIGEST/` below the target and is never changed again. `current.json` beside them
//! names the one that counts and the one before; a distribution of CloudFront gets its path as the path of its
//! origin. So all readers move from one whole bundle to another, and back.

use std::collections::HashMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::client::Sent;
use super::cloudfront::CloudFront;
use super::fault;
use super::store::{Held, Store};
use super::target::key;
use crate::digest::Digest;
use crate::output::{MANIFEST, parse_manifest};

/// Where it is told which release counts.
const POINTER: &str = "current.json";

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Pointer {
    release: String,
    /// The release that counted before, if there was one.
    before: Option<String>,
}

/// A release that is to count.
#[derive(Debug)]
pub(super) struct Release {
    /// Where releases lie and are pointed to.
    home: Store,
    pointer: Option<Pointer>,
    id: String,
    /// The files of the release that counts now, by digest: what is the same is copied there.
    base: HashMap<String, String>,
}

impl Release {
    /// Looks at the releases of a target. `manifest` is that of the new one.
    pub(super) fn plan(home: Store, manifest: &[u8]) -> Result<Release> {
        let pointer = read(&home)?;
        let id = Digest::of(manifest).short();
        let mut base = HashMap::new();
        if let Some(pointer) = pointer.as_ref().filter(|pointer| pointer.release != id) {
            let text = home.get(&format!("{}{MANIFEST}", folder(&pointer.release)))?;
            let entries = text.as_deref().and_then(parse_manifest).unwrap_or_default();
            base.extend(entries.into_iter().map(|entry| {
                let from = format!("{}{}", folder(&pointer.release), entry.path);
                (entry.digest, key(&home.prefix, &from))
            }));
        }
        Ok(Release { home, pointer, id, base })
    }

    /// Returns where the files of the release go.
    pub(super) fn store(&self) -> Store {
        self.home.below(&folder(&self.id))
    }

    /// Returns the key of a file that counts now and has these bytes.
    pub(super) fn twin(&self, digest: &str) -> Option<&str> {
        self.base.get(digest).map(String::as_str)
    }

    pub(super) fn counts(&self) -> bool {
        self.pointer.as_ref().is_some_and(|pointer| pointer.release == self.id)
    }

    /// Makes the release the one that counts.
    pub(super) fn switch(&self, cloudfront: Option<&CloudFront>) -> Result<Vec<String>> {
        if !self.counts() {
            let before = self.pointer.as_ref().map(|pointer| pointer.release.clone());
            write(&self.home, &Pointer { release: self.id.clone(), before })?;
        }
        point(&self.home, &self.id, cloudfront)
    }
}

/// Makes the release before the one that counts; `None` where a target has no releases.
pub(super) fn back(
    home: &Store,
    cloudfront: Option<&CloudFront>,
    is_meant: bool,
) -> Result<Option<String>> {
    let Some(pointer) = read(home)? else { return Ok(None) };
    let Some(before) = pointer.before else {
        let what = format!("{} has one release only", home.name(""));
        return Err(fault(&what, "there is nothing to go back to; deploy what is to be there"));
    };
    if home.get(&format!("{}{MANIFEST}", folder(&before)))?.is_none() {
        let what = format!("the release before, {}, is gone", home.name(&folder(&before)));
        return Err(fault(&what, "deploy what is to be there with `--release`"));
    }
    if is_meant {
        write(home, &Pointer { release: before.clone(), before: Some(pointer.release) })?;
        point(home, &before, cloudfront)?;
    }
    Ok(Some(before))
}

fn point(home: &Store, id: &str, cloudfront: Option<&CloudFront>) -> Result<Vec<String>> {
    let Some(cloudfront) = cloudfront else { return Ok(Vec::new()) };
    let path = format!("/{}", key(&home.prefix, folder(id).trim_end_matches('/')));
    if !cloudfront.point_to(home, &path)? {
        return Ok(Vec::new());
    }
    let all = vec!["/*".to_owned()];
    cloudfront.invalidate(&all)?;
    Ok(all)
}

fn folder(id: &str) -> String {
    format!("releases/{id}/")
}

fn read(home: &Store) -> Result<Option<Pointer>> {
    let Some(text) = home.get(POINTER)? else { return Ok(None) };
    let pointer = serde_json::from_slice(&text).map_err(|_| {
        let what = format!("{} is there and points to no release", home.name(POINTER));
        fault(&what, "name another prefix; nothing here was touched")
    })?;
    Ok(Some(pointer))
}

fn write(home: &Store, pointer: &Pointer) -> Result<()> {
    let bytes = serde_json::to_vec(pointer).expect("texts are JSON");
    home.put(POINTER, &Held::record(&bytes), Sent::Bytes(&bytes))
}
