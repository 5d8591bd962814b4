//! What the page of each tag is called: a name that every disk can hold, and that no other tag has.
//!
//! A tag that is a name is called so, with `_` for what parts words. Of several that a disk may take for one (`Rust`
//! and `rust`, or one letter written in two ways) the first is. All others have a digest behind `~`, which
//! stands in no other name.

use imbl::{OrdMap, OrdSet};

use super::Catalog;
use super::entry::{Entry, NAME_BYTES_MAX};
use super::names::composed;
use crate::config::Config;
use crate::digest::Digest;
use crate::fence::name_fault;
use crate::source::SourcePath;

/// What stands before the digest.
const MARK: char = '~';

/// All tags, with what bears them and what they are called.
#[derive(Clone, Debug, Default)]
pub(super) struct Tags {
    bearers: OrdMap<String, OrdSet<SourcePath>>,
    names: Names,
}

impl Tags {
    pub(super) fn enter(&mut self, entry: &Entry) {
        for tag in &entry.document.matter.tags {
            if !self.bearers.contains_key(tag) {
                self.names.enter(tag);
            }
            self.bearers.entry(tag.clone()).or_default().insert(entry.document.path.clone());
        }
    }

    pub(super) fn leave(&mut self, entry: &Entry) {
        for tag in &entry.document.matter.tags {
            let Some(set) = self.bearers.get_mut(tag) else { continue };
            set.remove(&entry.document.path);
            if set.is_empty() {
                self.bearers.remove(tag);
                self.names.leave(tag);
            }
        }
    }
}

impl Catalog {
    /// Iterates over all tags with the documents that bear them.
    pub fn tags(&self) -> impl Iterator<Item = (&String, &OrdSet<SourcePath>)> {
        self.tags.bearers.iter()
    }

    pub fn tagged(&self, tag: &str) -> Option<&OrdSet<SourcePath>> {
        self.tags.bearers.get(tag)
    }

    /// Returns what the page of a tag is called, without its folder and ending.
    pub fn tag_name(&self, tag: &str, config: &Config) -> String {
        self.tags.names.name(tag, |name| is_version(name, config))
    }

    /// Returns the tag whose page is called so.
    pub fn tag_called(&self, name: &str, config: &Config) -> Option<&str> {
        let is_it = |tag: &&str| self.tag_name(tag, config) == name;
        if is_marked(name) {
            return self.tags.bearers.keys().map(String::as_str).find(is_it);
        }
        self.tags.names.first(name).filter(is_it)
    }
}

/// Tells whether a page of this name is that of another tag in another language.
fn is_version(folded: &str, config: &Config) -> bool {
    let ending = folded.rsplit_once('.').map(|(_, ending)| ending);
    let others = config.languages.iter().filter(|lang| **lang != config.lang);
    others.into_iter().any(|lang| ending == Some(&lang.to_ascii_lowercase()))
}

/// The tags that are names themselves, by what a disk takes for the same. Of each: whether it is written otherwise
/// than its name, and the tag; so the first has the name.
#[derive(Clone, Debug, Default)]
struct Names(OrdMap<String, OrdSet<(bool, String)>>);

impl Names {
    fn enter(&mut self, tag: &str) {
        if let Some(name) = own_name(tag) {
            let differs = name != tag;
            self.0.entry(folded(&name)).or_default().insert((differs, tag.to_owned()));
        }
    }

    fn leave(&mut self, tag: &str) {
        let Some(name) = own_name(tag) else { return };
        let (key, differs) = (folded(&name), name != tag);
        if let Some(same) = self.0.get_mut(&key) {
            same.remove(&(differs, tag.to_owned()));
            if same.is_empty() {
                self.0.remove(&key);
            }
        }
    }

    /// Returns what the page of a tag is called. `is_taken` tells of folded names that stand for something else.
    fn name(&self, tag: &str, is_taken: impl Fn(&str) -> bool) -> String {
        let free = |name: &String| self.first(name) == Some(tag) && !is_taken(&folded(name));
        own_name(tag).filter(free).unwrap_or_else(|| marked(tag))
    }

    /// Returns the tag that may be called so; of a name with a digest that is not known here.
    fn first(&self, name: &str) -> Option<&str> {
        let (_, tag) = self.0.get(&folded(name))?.get_min()?;
        Some(tag)
    }
}

/// Tells whether a name has a digest in it.
fn is_marked(name: &str) -> bool {
    name.contains(MARK)
}

/// Returns a tag as a name, where it can be one on every disk.
fn own_name(tag: &str) -> Option<String> {
    let name = joined(tag);
    let fits = name.len() <= NAME_BYTES_MAX && !is_marked(&name) && name_fault(&name).is_none();
    fits.then_some(name)
}

fn joined(tag: &str) -> String {
    let letter = |c: char| if c == '/' || c == '\\' || c.is_whitespace() { '_' } else { c };
    let name = composed(tag.chars().map(letter).collect());
    match name.trim_start_matches('.') {
        "" => "_".to_owned(),
        name => name.to_owned(),
    }
}

/// Returns a name that no other tag has: as much of the tag as a name may hold, and a digest of all of it.
fn marked(tag: &str) -> String {
    let digest = Digest::of(tag.as_bytes()).short();
    let letter = |c: char| {
        let is_fault = c == MARK || name_fault(&format!("_{c}_")).is_some();
        if is_fault { '_' } else { c }
    };
    let name: String = joined(tag).chars().map(letter).collect();
    let end = name.floor_char_boundary(NAME_BYTES_MAX - 2 - digest.len());
    let name = format!("{}{MARK}{digest}", &name[..end]);
    // A device has its name before the first dot.
    if name_fault(&name).is_some() { format!("_{name}") } else { name }
}

/// Writes a name as disks compare it that do not tell small letters from capital ones.
fn folded(name: &str) -> String {
    composed(caseless::default_case_fold_str(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tags: &[&str]) -> Vec<String> {
        let mut known = Names::default();
        for tag in tags {
            known.enter(tag);
        }
        tags.iter()
            .map(|tag| known.name(tag, |name| name.rsplit('.').next() == Some("en")))
            .collect()
    }

    #[test]
    fn ordinary_tags_are_names_themselves() {
        for (tag, name) in [
            ("aws", "aws"),
            ("雨", "雨"),
            ("C++", "C++"),
            ("C#", "C#"),
            ("Node.js", "Node.js"),
            ("t1.micro", "t1.micro"),
            ("machine learning", "machine_learning"),
            ("a/b", "a_b"),
            (".net", "net"),
            ("..", "_"),
            ("コンピュータ", "コンピュータ"),
            ("console", "console"),
            ("か\u{3099}", "が"),
        ] {
            assert_eq!(names(&[tag]), [name], "{tag}");
        }
    }

    #[test]
    fn every_name_fits_every_disk_and_no_two_are_one() {
        let long = "雨".repeat(199);
        let longer = format!("{long}甲");
        let tags = [
            "x?y",
            "x:y",
            "x*y",
            "x_y",
            "x|y",
            "con",
            "CON",
            "con.txt",
            "nul",
            "dot.",
            "dot",
            "a b",
            "a_b",
            "a/b",
            "a\\b",
            ".net",
            "net",
            "Rust",
            "rust",
            "RUST",
            "straße",
            "strasse",
            "が",
            "か\u{3099}",
            "x\u{200b}y",
            "..",
            "...",
            "_",
            "~",
            "a~b",
            "page.en",
            "page.EN",
            "page",
            &long,
            &longer,
            "x\u{7}y",
            "\u{202e}x",
        ];
        let names = names(&tags);
        let mut same: Vec<String> = names.iter().map(|name| folded(name)).collect();
        same.sort();
        same.dedup();
        assert_eq!(same.len(), tags.len(), "{names:?}");
        for name in &names {
            let file = format!("{name}.html");
            assert_eq!(name_fault(name), None, "{name}");
            assert!(!name.starts_with('.') && file.len() <= 240 && name != "page.en", "{name}");
        }
        // Who bears a name gives it to no other tag, whatever else there is.
        assert_eq!(names[3], "x_y");
        assert_eq!(names[12], "a_b");
        assert_eq!(names[16], "net");
    }

    #[test]
    fn what_went_leaves_its_name_to_others() {
        let mut known = Names::default();
        known.enter("Rust");
        known.enter("rust");
        assert_eq!(known.name("Rust", |_| false), "Rust");
        assert!(is_marked(&known.name("rust", |_| false)));
        known.leave("Rust");
        assert_eq!(known.name("rust", |_| false), "rust");
        known.leave("rust");
        assert_eq!(known.first("rust"), None);
    }
}
