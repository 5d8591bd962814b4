//! Diagrams as they are written. They are drawn when a page with them is composed; of kinds that are not drawn here
//! Mermaid's own script may make a file beside the document, in a browser, which then is shown.

use super::{Fault, Notation, enlarged};
use crate::digest::Digest;
use crate::document::html::escape;
use crate::document::{Picture, Workshop};
use crate::source::{SourcePath, join};
use crate::span::Span;

/// Stands in a file that was drawn so. What nobody wants any more is taken away only where this stands in it.
pub const MARK: &str = "<!-- drawn by kami check, in a browser -->";

const BEGIN: &str = "mermaid-";
const END: &str = ".svg";
/// How many digits of a text's digest name its drawing.
const DIGITS: usize = 12;
/// How many letters are told of a diagram that says nothing of itself.
const WORDS_MAX: usize = 400;
/// What a line of Mermaid begins with that tells what the diagram shows, the best first.
const TELLING: [&str; 4] = ["accTitle:", "title:", "title ", "accDescr:"];

/// What may be done about one that is wrong, about a kind that is not drawn here, and about one that is not known.
const MEND: &str = "mend it; until then its text is shown";
const KNOWN: &str = "`kami check --browser` draws it, with Mermaid's own script (`npm install mermaid`, or its file in KAMI_MERMAID); until then its text is shown";
const UNKNOWN: &str =
    "mend its first line; a kind that Mermaid itself knows is drawn by `kami check --browser`";

/// A diagram in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagram {
    pub(in crate::document) notation: Notation,
    pub text: Box<str>,
    pub caption: Option<Box<str>>,
    /// How often the same diagram stands before it in the document.
    pub again: u32,
    /// The file that may show it.
    pub picture: Picture,
    /// Where its text begins in the document, if it stands there as it is.
    pub body: Option<u32>,
    /// What stands in its place where it cannot be drawn.
    pub html: Box<str>,
}

/// Why a diagram is not drawn here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub message: String,
    pub help: &'static str,
    pub span: Span,
    /// Whether Mermaid's own script may know the kind.
    pub foreign: bool,
}

impl Diagram {
    /// Returns it as a figure; none where it cannot be drawn. Words on slides are larger than on pages.
    pub fn figure(&self, workshop: &Workshop, slide: bool) -> Option<String> {
        let svg = workshop.diagram(self.notation, &self.text).ok()?.named(self.again);
        let svg = if slide { enlarged(&svg) } else { svg };
        let mut figure = format!("<figure class=\"mermaid\">{svg}");
        self.write_caption(&mut figure);
        figure.push_str("</figure>");
        Some(figure)
    }

    /// Returns why it cannot be drawn, if it cannot.
    pub fn refusal(&self, workshop: &Workshop) -> Option<Refusal> {
        let Fault { message, at, foreign } = workshop.diagram(self.notation, &self.text).err()?;
        let foreign = foreign && self.notation == Notation::Mermaid;
        let help = match () {
            () if !foreign => MEND,
            () if message.starts_with("no kind") => UNKNOWN,
            () => KNOWN,
        };
        let span = self.body.zip(at).map_or(self.picture.span, |(body, at)| {
            let end = at.end.max(at.start + 1).min(self.text.len());
            Span::new(body as usize + at.start, body as usize + end)
        });
        Some(Refusal { message, help, span, foreign })
    }

    /// Appends what is said below it, if anything is.
    pub fn write_caption(&self, out: &mut String) {
        if let Some(caption) = &self.caption {
            out.push_str("<figcaption>");
            escape(caption, out);
            out.push_str("</figcaption>");
        }
    }

    /// Returns the path of its file, of a document at a path.
    pub fn path(&self, document: &SourcePath) -> SourcePath {
        let path = join(document.folder(), &self.picture.target);
        SourcePath::new(path.as_deref().unwrap_or(&self.picture.target))
    }

    /// Returns where a line of it is written, counted from 1; its beginning where that is not known.
    pub fn place(&self, line: Option<usize>) -> Span {
        let whole = self.picture.span;
        let (Some(body), Some(line)) = (self.body, line) else { return whole };
        let Some(written) = self.text.split('\n').nth(line.saturating_sub(1)) else { return whole };
        let begin = written.len() - written.trim_start().len();
        let before: usize = self.text.split('\n').take(line - 1).map(|line| line.len() + 1).sum();
        let start = body as usize + before + begin;
        Span::new(start, start + written.trim().len())
    }
}

/// Returns the name of the file that shows a text.
pub(in crate::document) fn file_name(text: &str) -> String {
    let digest = Digest::of(text.as_bytes()).to_string();
    format!("{BEGIN}{}{END}", &digest[..DIGITS])
}

/// Tells whether a path is that of such a file, by its name.
pub fn is_drawn_elsewhere(path: &SourcePath) -> bool {
    let digits = path.file_name().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
    digits.is_some_and(|digits| {
        digits.len() == DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

/// Returns what a diagram tells those who cannot see it: its own title, else the caption, else its words.
pub(in crate::document) fn alternative(text: &str, caption: Option<&str>) -> String {
    let lines = || text.lines().map(str::trim);
    let told = |mark: &str| lines().find_map(|line| line.strip_prefix(mark)).map(str::trim);
    let told = TELLING.iter().find_map(|mark| told(mark).filter(|told| !told.is_empty()));
    if let Some(told) = told.or(caption.map(str::trim).filter(|caption| !caption.is_empty())) {
        return told.trim_matches(['"', '\'']).to_owned();
    }
    let is_said = |line: &&str| !line.is_empty() && !line.starts_with("%%") && *line != "---";
    let words: Vec<&str> = lines().filter(is_said).skip(1).collect();
    words.join(", ").chars().take(WORDS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::{alternative, file_name, is_drawn_elsewhere};
    use crate::source::SourcePath;

    #[test]
    fn a_file_is_known_by_its_name() {
        let name = file_name("sankey-beta\na,b,3\n");
        assert!(is_drawn_elsewhere(&SourcePath::new(format!("decks/a/{name}"))), "{name}");
        for other in ["decks/mermaid-1.svg", "mermaid-0123456789ag.svg", "wiki/mermaid.svg"] {
            assert!(!is_drawn_elsewhere(&SourcePath::new(other)), "{other}");
        }
    }

    #[test]
    fn a_diagram_tells_what_it_shows() {
        let titled = "quadrantChart\n  title 傘と雨\n  x-axis a --> b\n";
        assert_eq!(alternative(titled, Some("below")), "傘と雨");
        assert_eq!(alternative("---\ntitle: \"傘\"\n---\npacket\n", None), "傘");
        assert_eq!(alternative("sankey-beta\na,b,3\n", Some(" below ")), "below");
        assert_eq!(alternative("sankey-beta\n%% x\n\na,b,3\nb,c,1\n", None), "a,b,3, b,c,1");
    }
}
