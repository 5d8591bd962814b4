//! Prose with its holes filled.

use std::ops::Range;

use super::{Filling, Hole, Link, Prose, code, html};

impl Prose {
    /// Writes the HTML with every hole filled by `fill`.
    pub fn fill(&self, out: &mut String, fill: impl FnMut(&Filling, &mut String)) {
        self.fill_part(0..self.html.len(), out, fill);
    }

    /// Writes a stretch of the HTML with every hole filled by `fill`.
    pub fn fill_part(
        &self,
        range: Range<usize>,
        out: &mut String,
        mut fill: impl FnMut(&Filling, &mut String),
    ) {
        let from = self.holes.partition_point(|hole| (hole.at as usize) < range.start);
        // What stands at the end of a stretch belongs to the next, where there is one.
        let last = range.end == self.html.len();
        let inside = |hole: &Hole| last || (hole.at as usize) < range.end;
        let count = self.holes[from..].partition_point(inside);
        let holes = self.holes[from..from + count].iter();
        out.reserve(range.len() + count * 48);
        let mut at = range.start;
        for hole in holes {
            let end = hole.at as usize;
            out.push_str(&self.html[at..end]);
            fill(&hole.filling, out);
            at = hole.end();
        }
        out.push_str(&self.html[at..range.end]);
    }

    /// Returns the HTML with links and pictures that lead where they say.
    pub(super) fn plain(&self, links: &[Link]) -> String {
        let mut out = String::new();
        self.fill(&mut out, |filling, out| match filling {
            Filling::Link(index) => {
                let link = &links[*index as usize];
                out.push_str("<a href=\"");
                html::escape(&link.target, out);
                if let Some(anchor) = &link.anchor {
                    out.push('#');
                    html::escape(anchor, out);
                }
                if !link.title.is_empty() {
                    out.push_str("\" title=\"");
                    html::escape(&link.title, out);
                }
                out.push_str("\">");
            }
            Filling::Picture(picture) => {
                out.push_str("<img src=\"");
                html::escape(&picture.target, out);
                out.push_str("\" alt=\"");
                html::escape(&picture.alt, out);
                if !picture.title.is_empty() {
                    out.push_str("\" title=\"");
                    html::escape(&picture.title, out);
                }
                out.push_str("\" />");
            }
            Filling::Files(files) => {
                let value = files.0.value(|address| Some(address.to_owned())).unwrap_or_default();
                out.extend([" ", files.0.attribute, "=\""]);
                html::escape(&value, out);
                out.push('"');
            }
            Filling::Code(block) => block.write(&code::Runs::default(), out),
            Filling::Diagram(diagram) => out.push_str(&diagram.html),
            Filling::Embed { .. } | Filling::Id(_) | Filling::Anchor(_) | Filling::Word(_) => {}
        });
        out
    }

    pub fn is_empty(&self) -> bool {
        self.html.is_empty() && self.holes.is_empty()
    }
}
