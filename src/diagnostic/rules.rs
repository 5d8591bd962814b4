//! The one table of rules: every code that a diagnostic can bear, its severity and its explanation.

use std::sync::LazyLock;

use super::Rule;
use super::Severity::{Error, Hint, Warning};

macro_rules! rules {
    ($($name:ident = $code:literal, $severity:ident, $explanation:literal;)*) => {
        $(#[doc = $explanation] pub static $name: Rule = Rule { code: $code, severity: $severity, explanation: $explanation };)*
        /// Every rule, in the order of the table.
        pub static ALL: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    UNREADABLE = "unreadable-file", Error, "The file could not be read, so nothing of it is in the site. Check its permissions.";
    NOT_UTF8 = "not-utf8", Error, "The file is not UTF-8. Convert it, for example with `iconv -f SHIFT_JIS -t UTF-8`; until then it is not in the site.";
    TOO_LARGE = "too-large", Error, "A Markdown file may have 64 MiB at most, a picture or another text 512 MiB, a film or any other file 16 GiB. Split it, or keep it elsewhere and link to it.";
    OUTSIDE_LINK = "link-outside", Error, "A symbolic link leads out of the site folder (or nowhere). Links may only lead to files of the site; put the file itself into the site.";
    SPECIAL_FILE = "special-file", Warning, "A pipe, socket or device lies in the site. Only ordinary files are read.";
    NUL = "nul-byte", Warning, "The text holds a NUL byte, which HTML cannot; it is shown as U+FFFD. Delete it.";
    HIDDEN_CHARACTER = "hidden-character", Warning, "A character that nobody sees turns the text round, or splits a word that looks whole; code with it runs otherwise than it reads. Delete it. In code blocks it is shown by its number.";
    DEEP_QUOTES = "deep-quotes", Error, "Quotations are nested more than 100 deep. Nobody reads that; the line is shown as plain text.";
    FRONT_MATTER = "front-matter", Error, "The front matter is not valid YAML, so none of its keys count. The place is where the parser stopped. TOML between `+++` lines, as Hugo and Zola have it, is shown as text: write it as YAML.";
    FRONT_MATTER_UNCLOSED = "front-matter-unclosed", Error, "The front matter has no closing `---` line.";
    FRONT_MATTER_PLACE = "front-matter-place", Warning, "Front matter must begin in the first line of the file. What looks like it here is shown as text.";
    UNKNOWN_KEY = "unknown-key", Warning, "The key is not one that means anything here. It may be misspelt.";
    BAD_VALUE = "bad-value", Warning, "The value is not of the form that this key takes; the default holds.";
    DUPLICATE_KEY = "duplicate-key", Warning, "The key stands twice; the last one counts.";
    CONFIG = "config", Error, "kami.toml is not valid TOML; the defaults hold until it is mended.";
    NOTE_LIKE_DIRECTIVE = "note-like-directive", Warning, "The comment looks like a directive that is misspelt, is not YAML, or stands in the wrong place, so it became a speaker note.";
    TEXT_AFTER_COMMENT = "text-after-comment", Warning, "Marp drops what stands behind a comment or a style on its line; here it is kept. Put it on a line of its own.";
    UNKNOWN_THEME = "unknown-theme", Warning, "No theme has this name, so it is as if it were not written.";
    THEME_CLASS = "theme-class", Warning, "The theme has no looks for this class.";
    UNKNOWN_SIZE = "unknown-size", Warning, "The theme has no size of this name; its own is used. A theme names its sizes with `@size NAME WIDTH HEIGHT` in a comment.";
    THEME_NAME = "theme-name", Warning, "A theme says its name with `@theme NAME` in a comment, and no two themes of a site have the same. Without a name it goes by its file's.";
    THEME_IMPORT = "theme-import", Error, "A style sheet imports a theme that is not there, or one that imports it in turn. The import is left out.";
    CSS_SYNTAX = "css-syntax", Error, "The style sheet cannot be read here. What cannot be read is left out, up to the next `;` or `}`; the rest holds.";
    CSS_REMOTE = "css-remote", Warning, "The style sheet asks for a font, a picture or a sheet on another host. It is left out: there may be no network where the deck is shown. Put the file into the site.";
    CSS_SCOPE = "css-scope", Warning, "The selector leads to what is no part of a slide. A theme or a deck says how slides look, never what stands around them, so the rule is left out.";
    MISSING_GLYPH = "missing-glyph", Warning, "No font that comes with the program has this character, so a deck shows it in a font of the machine at hand, or as an empty box where there is none. Bring a font along in the theme with `@font-face`, or write `fonts = \"system\"` in kami.toml if that is what you want.";
    HEADING_RULE = "heading-rule", Warning, "A line of text directly above `---` makes a heading, not a new slide. Put a blank line between them.";
    EMPTY_SLIDE = "empty-slide", Warning, "An explicit rule directly before a heading that divides slides makes an empty slide. Remove the rule.";
    COMMENT_PLACE = "comment-place", Warning, "A comment belongs to the slide that it stands on, and a heading that divides slides begins a new one. Directives right above such a heading are for the slide before; write them below the heading.";
    NESTED_DIVIDER = "nested-divider", Warning, "Headings within quotations and lists begin no slide, whatever `headingDivider` says: half a quotation would be left on either side.";
    RAW_HTML = "raw-html", Warning, "Raw HTML is shown as text unless it is one of a small set of harmless elements, which keep no address but one of the web or of a file. What closes nothing is left out. `html = true` in kami.toml allows all of it.";
    RUBY = "ruby", Warning, "`{漢字|かんじ}` sets one reading above a word and `{東京|とう|きょう}` one above each character. This has another number of readings, so it stays as it is written.";
    MISSING_LINK = "missing-link", Warning, "No page, deck or file has this name. Write the page, or mend the name.";
    MISSING_ANCHOR = "missing-anchor", Warning, "The target has no such heading or slide.";
    MISSING_PICTURE = "missing-picture", Warning, "There is no such picture beside the document or in the site.";
    BROKEN_PICTURE = "broken-picture", Error, "The file is no picture that can be read: it ends too early, or is damaged. What can be shown of it is shown. Save it anew, or take it from its source once more.";
    NO_AVIF = "no-avif", Warning, "kami.toml asks for AVIF, which another program makes: `avifenc` of libavif. It is looked for on the search path, or where the environment variable `KAMI_AVIFENC` says. Without it pages have the other formats, and nothing is missing on them.";
    UNMADE_AVIF = "unmade-avif", Warning, "`avifenc` made no AVIF of the picture: it failed, or did not come to an end. The page shows the picture in the other formats. One that hung is not started again before the next run.";
    HUGE_PICTURE = "huge-picture", Warning, "The picture has more pixels than fit in memory while it is made smaller (100 million), so it is sent as it is; with more than 500 million it is not shown at all. A file of a few kilobytes can hold as many. Make it smaller.";
    MISLABELLED_PICTURE = "mislabelled-picture", Warning, "The picture is of another kind than its name says. It is shown all the same; give it the ending of what it is, so that every program knows.";
    ACTIVE_DRAWING = "active-drawing", Warning, "An SVG can run scripts, load files from elsewhere and give names to texts that double without end. It is served without all that.";
    PICTURE_COLOURS = "picture-colours", Warning, "The colours are those of a printing press (CMYK), or have 16 bits each. Screens have neither; the pictures that are made of it have the colours of screens.";
    MISSING_ALT = "missing-alt", Warning, "The picture has no alternative text, so those who cannot see it learn nothing of it. Write between the square brackets what it shows. Pictures on slides are told once a deck, as `silent-slides`.";
    SILENT_SLIDES = "silent-slides", Hint, "Pictures on the slides of a deck have no alternative text. Whoever hears the talk is told by the speaker; whoever reads the deck later without seeing it learns nothing of them. Write what one shows behind Marp's words: `![w:400 what it shows](picture.png)`. It is told once a deck, and never of backgrounds.";
    OVERSIZED_PICTURE = "oversized-picture", Warning, "The file is far larger than its place needs: more than 10 MiB, or sent as it is and more than four times as wide as it is shown, or a moving picture of more than 2 MiB.";
    REMOTE_PICTURE = "remote-picture", Warning, "A slide or page shows a picture from another host, or plays a film or a sound from there. There may be no network where the talk is given, the file may be gone tomorrow, and that host learns who reads the page. Put the file into the site. With `--offline` this is an error.";
    CODE_LINES = "code-lines", Warning, "The braces behind a code fence name lines that the code does not have, or do not name lines. Write `{2,4-5}` to light lines and `{1|3-4|all}` to step through them.";
    CODE_LANGUAGE = "code-language", Warning, "The word behind a code fence is no language that is known here, so the code has no colours. Mend the word, or write `text`, which has none on purpose.";
    VALUES = "values", Warning, "The values of a table or a chart are uneven: rows of different lengths, a quotation mark that nothing closes, a word where a number should be, more rows than anybody reads. What can be shown is shown.";
    QR = "qr-code", Warning, "A QR code holds at most 2,953 bytes, and something has to stand in it. It is shown as text.";
    MISSING_INCLUDE = "missing-include", Error, "The comment includes a file that is not there, or one outside of the site. Files of `decks/` and `wiki/` can be included, by a path from the folder of the deck.";
    INCLUDE_CYCLE = "include-cycle", Error, "A file includes itself, by way of others perhaps, or far too many files are included. The comment that closes the circle is left out.";
    FORMULA = "formula", Warning, "A formula between `$` signs cannot be read, so it is shown as it is written. The place is where reading stopped. What the `katex` library knows is understood; a formula may have 8,192 bytes and be nested 60 deep.";
    DIAGRAM = "diagram", Warning, "A diagram of a `mermaid` or `dot` fence cannot be drawn, so its text is shown. Of Mermaid are drawn flowcharts, sequences, states, classes, entities and relations, gantt, pie, timeline and mindmap; of Graphviz graphs with up to 2,000 edges; none of more than 65,536 bytes. Other kinds of Mermaid `kami check --browser` draws, with Mermaid's own script (`npm install mermaid` in the site's folder, or `KAMI_MERMAID=FILE`), into a file beside the document; an edited diagram is drawn anew by the next such check.";
    BLOCK_FENCE = "block-fence", Warning, "A block between `:::` lines has no end, a `:::` line has no beginning, or the word behind the colons says nothing. In a deck a block ends with its slide at the latest.";
    AMBIGUOUS_LINK = "ambiguous-link", Warning, "More than one document answers to this name; the nearest is taken. Write its path to be exact.";
    UNSAFE_LINK = "unsafe-link", Warning, "Links may lead to http, https, mailto and tel addresses and to files of the site; this one is shown as text.";
    COLLISION = "collision", Error, "Two files would be written to the same address, or differ only by case, width or composition. Rename one of them.";
    UNPORTABLE_NAME = "unportable-name", Warning, "A file or folder has a name that other systems cannot hold: on Windows a name has none of `\\ : * ? \" < > |`, does not end in a dot or a space, and is not that of a device such as CON or NUL, whatever stands behind a dot. Here the page is built and linked all the same, but whoever checks the site out or unpacks the bundle there misses it. Rename the file with `kami rename`, so that the links follow; the name that readers see is that of `title`.";
    ALIAS_TAKEN = "alias-taken", Warning, "Another document claims the same old address, so readers who follow it find only one of them. Take the alias out of one.";
    LONG_ALIAS = "long-alias", Warning, "An alias is longer than an address may be: 200 bytes between two slashes, 600 in all; a Japanese character has three. Links by this name still arrive, but whoever follows the old address finds nothing there. Shorten the alias, or let the web server lead from the old address to the page.";
    DUPLICATE_ANCHOR = "duplicate-anchor", Warning, "Two headings of a page have one anchor, so the later one is numbered, and a link to it breaks when the earlier one goes. Say more in the heading, or write an anchor of its own behind it: `## Heading {#name}`.";
    EMPTY_PAGE = "empty-page", Warning, "The page has no text, or no slide of the deck shows anything, so whoever follows a link to it finds nothing. Write it, or delete the file.";
    TRANSLATION = "translation", Warning, "`NAME.LANG.md` is a translation of `NAME.md`: the original must be there, LANG one of the site's languages, and the front matter and the text in that language.";
    ORPHAN = "orphan", Warning, "Nothing links to this page, so readers find it only in the index of all pages.";
    MISSING_DECK = "missing-deck", Warning, "The running order names a deck that is not there.";
    TEMPLATE = "template", Error, "A template of the site does not compile or failed to render. The built-in one is used in its place.";
    REDIRECT_LOOP = "redirect-loop", Error, "Pages with `redirect:` lead to each other, so that no reader arrives anywhere. Let one of them lead to a page with a text.";
    REDIRECTS = "redirects", Warning, "Hosts read a bounded part of `_redirects` and `_headers`. Cloudflare Pages: 2,000 redirects of up to 1,000 characters and 100 more with `*` or `:name`, and 100 rules of headers in lines of up to 2,000 characters. GitLab Pages: 1,000 redirects in 64 KB. Beyond it readers of old addresses come by the small page that stands there, which leads on all the same.";
    OVERFULL_SLIDE = "overfull-slide", Warning, "The slide holds more than fits on it, even shrunk as far as it stays readable. Only `kami check --browser` sees this.";
    SMALL_TEXT = "small-text", Warning, "A text of the slide is too small to be read at the back of a room. Only `kami check --browser` sees this.";
    COARSE_PICTURE = "coarse-picture", Warning, "A picture is shown larger than its own pixels, so it looks blurred. Only `kami check --browser` sees this.";
    EMBED_CYCLE = "embed-cycle", Warning, "An embed shows a document that shows, by way of others perhaps, the one that the embed stands in. Where the circle closes there is a link.";
    EMBED_DEPTH = "embed-depth", Warning, "Embeds lie more than five deep in each other, or there are more than 500 on one page. Those beyond are links.";
}

/// Returns the rule of a code.
pub fn find(code: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.code == code)
}

/// The rules about what comes from other hosts, as they count for a site that is to be shown without a network.
static OFFLINE: [Rule; 2] =
    [Rule { severity: Error, ..REMOTE_PICTURE }, Rule { severity: Error, ..CSS_REMOTE }];

/// Returns a rule as it counts where there is no network.
pub fn offline(rule: &'static Rule) -> &'static Rule {
    OFFLINE.iter().find(|offline| offline.code == rule.code).unwrap_or(rule)
}

/// The rules as they count where no warning is let pass.
static STRICT: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let warnings = ALL.iter().filter(|rule| rule.severity == Warning);
    warnings.map(|rule| Rule { severity: Error, ..**rule }).collect()
});

/// Returns a rule as it counts where warnings are errors.
pub fn strict(rule: &'static Rule) -> &'static Rule {
    STRICT.iter().find(|strict| strict.code == rule.code).unwrap_or(rule)
}
