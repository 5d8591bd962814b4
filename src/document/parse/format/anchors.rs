//! The anchors of headings: GitHub's, each once in a document.

use std::collections::BTreeMap;

use comrak::Anchorizer;

/// The anchors that were given, each with the number that its next namesake gets.
#[derive(Debug, Default)]
pub(super) struct Anchors(BTreeMap<String, usize>);

impl Anchors {
    /// Returns the anchor of a heading that no other heading has.
    pub(super) fn anchor(&mut self, text: &str) -> String {
        let plain = plain(text).unwrap_or_else(|| Anchorizer::new().anchorize(text));
        let Some(mut number) = self.0.get(&plain).copied() else {
            self.0.insert(plain.clone(), 1);
            return plain;
        };
        loop {
            let numbered = format!("{plain}-{number}");
            number += 1;
            if !self.0.contains_key(&numbered) {
                self.0.insert(plain, number);
                self.0.insert(numbered.clone(), 1);
                return numbered;
            }
        }
    }
}

/// Returns the anchor of what most headings are made of: to look up what sort of character each is,
/// among all that there are, takes five times as long.
fn plain(text: &str) -> Option<String> {
    let mut anchor = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' => anchor.push('-'),
            '-' | '_' => anchor.push(c),
            c if c.is_ascii_alphanumeric() => anchor.push(c.to_ascii_lowercase()),
            c if c.is_ascii() => {}
            // Kana and the common Chinese characters: letters without case.
            '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{4e00}'..='\u{9fea}' => {
                anchor.push(c);
            }
            _ => return None,
        }
    }
    Some(anchor)
}
