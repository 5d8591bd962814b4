//! `.kami-deploy.json`: what a deploy notes beside the manifest, where that is not the whole truth.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The note's own address. It is in no manifest, and goes when there is nothing to note.
pub const NOTE: &str = ".kami-deploy.json";

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Files that were being changed.
    #[serde(default)]
    pub unsure: BTreeSet<String>,
    /// Files of older bundles that nobody asked to delete.
    #[serde(default)]
    pub left: BTreeSet<String>,
}

impl Note {
    /// Reads a note; one that cannot be read notes nothing.
    pub fn parse(text: &[u8]) -> Note {
        serde_json::from_slice(text).unwrap_or_default()
    }

    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts are JSON")
    }

    pub fn is_empty(&self) -> bool {
        self.unsure.is_empty() && self.left.is_empty()
    }
}
