//! Pictures: that they are there, say what they show, and can be shown as they are meant.

use std::sync::Arc;

use super::{Known, diagnostic, one_line};
use crate::catalog::names::last;
use crate::catalog::{AssetEntry, Entry};
use crate::diagnostic::{Diagnostic, rules};
use crate::document::film::{self, Play};
use crate::document::{Document, Kind, Picture, Refusal, Stand};
use crate::picture::{self, Colours, Drawing, Facts, Kind as Format, PIXELS_MAX, SHOWN_PIXELS_MAX};
use crate::source::SourcePath;

/// From how many bytes on a file is heavy for everybody who keeps it.
const HEAVY_BYTES: u64 = 10 << 20;
/// From how many bytes on a picture is heavy that is sent as it is.
const AS_IT_IS_BYTES: u64 = 1 << 20;
/// How many times wider than it is shown such a picture may be.
const WIDER_MAX: u32 = 4;
/// How wide a picture is shown at most on a page and on a slide, in their own pixels.
const MEASURE: u32 = 646;
const SLIDE: u32 = 1280;

/// Diagrams that cannot be drawn, and that nobody has had drawn.
pub(super) fn diagrams(known: &Known<'_>, document: &Document, found: &mut Vec<Diagnostic>) {
    let path = &document.path;
    for diagram in document.diagrams() {
        let Some(refusal) = diagram.refusal(known.workshop) else { continue };
        if !refusal.foreign || known.catalog.asset(&diagram.path(path)).is_none() {
            let Refusal { message, help, span, .. } = refusal;
            found.push(diagnostic(&rules::DIAGRAM, path, span, message, help.to_owned()));
        }
    }
}

/// Pictures that are not there.
pub(super) fn missing(known: &Known<'_>, entry: &Arc<Entry>, found: &mut Vec<Diagnostic>) {
    let document = &entry.document;
    for picture in document.pictures() {
        let target = match film::play(&picture.target) {
            // `#t=10` is where it begins.
            Some(_) => picture.target.split('#').next().unwrap_or_default(),
            None => &picture.target,
        };
        let remote = target.starts_with("https://") || target.starts_with("http://");
        if remote || document.brings(target) || known.catalog.resolve_asset(entry, target).is_some()
        {
            continue;
        }
        let kind = match film::play(target) {
            Some(Play::Film) => "film",
            Some(Play::Sound) => "sound",
            None => "picture",
        };
        let message = format!("there is no {kind} `{}`", one_line(target));
        let colour = entry.kind == Kind::Deck && target.starts_with('#');
        let near = known.kept.file_meant(known.catalog, last(target));
        let help = if colour {
            format!("for a colour write `<!-- _backgroundColor: \"{target}\" -->`")
        } else {
            near.unwrap_or_else(|| "put it beside the document, or mend the path".to_owned())
        };
        let (rule, path) = (&rules::MISSING_PICTURE, &document.path);
        found.push(diagnostic(rule, path, picture.span, message, help));
    }
}

/// Pictures that stand in the place of a film until it plays.
pub(super) fn posters(known: &Known<'_>, entry: &Arc<Entry>, found: &mut Vec<Diagnostic>) {
    for picture in entry.document.pictures().filter(|it| film::play(&it.target).is_some()) {
        let (_, Some(poster)) = film::words(&picture.alt) else { continue };
        if known.catalog.resolve_asset(entry, &film::decoded(poster)).is_none() {
            let message = format!("there is no picture `{}`", one_line(poster));
            let near = known.kept.file_meant(known.catalog, last(&film::decoded(poster)));
            let help = "put it beside the document, or mend the path; a space is `%20` there";
            let (rule, path) = (&rules::MISSING_PICTURE, &entry.document.path);
            let help = near.unwrap_or_else(|| help.to_owned());
            found.push(diagnostic(rule, path, picture.span, message, help));
        }
    }
}

/// Pictures that say nothing to those who cannot see them. What lies behind a slide is there for its looks. On slides
/// somebody says what is to be seen, and those written for Marp hold few words for it: a deck is told once.
pub(super) fn described(_: &Known<'_>, entry: &Arc<Entry>, found: &mut Vec<Diagnostic>) {
    let path = &entry.document.path;
    let silent = |picture: &&Picture| {
        let alt = match film::play(&picture.target) {
            Some(_) => film::words(&picture.alt).0,
            None => picture.alt.clone(),
        };
        let says = [&alt, &picture.title].iter().any(|text| !text.trim().is_empty());
        !says && picture.stand == Stand::Text && !picture.decorative
    };
    let silent = entry.document.pictures().filter(silent);
    if entry.kind == Kind::Deck {
        let silent: Vec<&Picture> = silent.collect();
        let Some(first) = silent.iter().min_by_key(|picture| picture.span) else { return };
        let target = one_line(&first.target);
        let message = match silent.len() {
            1 => format!("`{target}` says nothing to those who cannot see it"),
            count => format!(
                "{count} pictures say nothing to those who cannot see them; `{target}` is the first"
            ),
        };
        let help = "write what it shows behind Marp's words, `![w:400 what it shows](picture)`; for mere decoration write `<img src=\"picture\" alt=\"\">`";
        found.push(diagnostic(&rules::SILENT_SLIDES, path, first.span, message, help.to_owned()));
        return;
    }
    for picture in silent {
        let message =
            format!("`{}` says nothing to those who cannot see it", one_line(&picture.target));
        let help = "write what it shows, `![what it shows](picture)`; for mere decoration write `<img src=\"picture\" alt=\"\">`";
        found.push(diagnostic(&rules::MISSING_ALT, path, picture.span, message, help.to_owned()));
    }
}

/// Files that are damaged, too large, or something else than they look.
pub(super) fn files(known: &Known<'_>, entry: &Arc<Entry>, found: &mut Vec<Diagnostic>) {
    for picture in entry.document.pictures() {
        let Some(path) = known.catalog.resolve_asset(entry, &picture.target) else { continue };
        let Some(asset) = known.catalog.asset(&path) else { continue };
        let faults = [
            damage(&path, &asset.facts),
            size(&path, &asset.facts),
            name(&path, &asset.facts),
            form(&path, &asset.facts),
            table(&path),
            weight(known, entry, picture, (&path, asset)),
        ];
        for (rule, message, help) in faults.into_iter().flatten() {
            let help = help.to_owned();
            found.push(diagnostic(rule, &entry.document.path, picture.span, message, help));
        }
    }
}

type Fault = (&'static crate::diagnostic::Rule, String, &'static str);

fn damage(path: &SourcePath, facts: &Facts) -> Option<Fault> {
    let help = "save it anew, or take it from its source once more";
    let message = if facts.drawing == Drawing::Unreadable {
        format!("`{path}` is no drawing that can be read; nothing stands in its place")
    } else if !facts.whole {
        format!("`{path}` ends before the picture does; what there is of it is shown")
    } else if facts.kind.is_none() && facts.size.is_none() && picture::is_named_as_one(path) {
        format!("`{path}` is no picture, whatever its name says")
    } else if facts.kind.is_some_and(has_header) && facts.size.is_none() {
        format!("`{path}` does not say how large it is; it is damaged")
    } else {
        return None;
    };
    Some((&rules::BROKEN_PICTURE, message, help))
}

/// Values that stand where only a picture can.
fn table(path: &SourcePath) -> Option<Fault> {
    let message = || format!("`{path}` is no picture, and no table where it stands");
    let help = "a table stands on a line of its own, `![Prices](prices.csv)` and nothing else, and its file is UTF-8";
    path.is_values().then(|| (&rules::VALUES, message(), help))
}

/// Tells whether a picture of a kind says how large it is.
fn has_header(kind: Format) -> bool {
    matches!(kind, Format::Png | Format::Jpeg | Format::Gif | Format::Webp)
}

fn size(path: &SourcePath, facts: &Facts) -> Option<Fault> {
    let (width, height) = facts.size.filter(|_| facts.is_too_large())?;
    let million = |pixels: u64| pixels.div_ceil(1_000_000);
    let all = million(facts.pixels());
    let fate = if facts.pixels() > SHOWN_PIXELS_MAX {
        format!("more than {} are not shown", million(SHOWN_PIXELS_MAX))
    } else if facts.pixels() > PIXELS_MAX {
        format!("with more than {} it is sent as it is, and not made smaller", million(PIXELS_MAX))
    } else {
        format!(
            "it takes {} MiB to make it smaller, so it is sent as it is",
            facts.memory_bytes() >> 20
        )
    };
    let message = format!("`{path}` has {width}×{height} pixels, {all} megapixels: {fate}");
    Some((
        &rules::HUGE_PICTURE,
        message,
        "make it smaller; a slide on a 4K projector has 8 megapixels",
    ))
}

fn name(path: &SourcePath, facts: &Facts) -> Option<Fault> {
    let kind = facts.kind.filter(|kind| kind.is_picture())?;
    let ending = path.extension()?.to_ascii_lowercase();
    if kind.extensions().contains(&&*ending) {
        return None;
    }
    let usual = kind.extensions()[0];
    let message = format!("`{path}` is a {} by what it holds", usual.to_ascii_uppercase());
    Some((&rules::MISLABELLED_PICTURE, message, "give the file the ending of what it is"))
}

fn form(path: &SourcePath, facts: &Facts) -> Option<Fault> {
    let (rule, message, help) = match (facts.drawing, facts.colours) {
        (Drawing::Active, _) => (
            &rules::ACTIVE_DRAWING,
            format!(
                "`{path}` holds a script, or loads something from elsewhere; it is shown without"
            ),
            "take that out in a drawing program, or export the drawing as plain SVG",
        ),
        (_, Colours::Print) => (
            &rules::PICTURE_COLOURS,
            format!("`{path}` has colours for print (CMYK), which screens show otherwise"),
            "save it in RGB (sRGB), so that you see what readers see",
        ),
        (_, Colours::Deep) => (
            &rules::PICTURE_COLOURS,
            format!("`{path}` has 16 bits a colour, and no screen shows more than half of them"),
            "save it with 8 bits a colour; it takes less than half the room",
        ),
        _ => return None,
    };
    Some((rule, message, help))
}

fn weight(
    known: &Known<'_>,
    entry: &Entry,
    picture: &Picture,
    (path, asset): (&SourcePath, &AssetEntry),
) -> Option<Fault> {
    let facts = &asset.facts;
    let (own, _) = facts.size.filter(|_| !facts.is_too_large())?;
    let widest = if entry.kind == Kind::Page { MEASURE } else { SLIDE };
    let shown = picture.width.unwrap_or(own).clamp(1, widest);
    let is_sent = !facts.is_photo() || known.config.images.widths.is_empty();
    let wide = is_sent && facts.bytes > AS_IT_IS_BYTES && own / shown > WIDER_MAX;
    let moves = facts.moves && facts.bytes > 2 * AS_IT_IS_BYTES;
    if !(wide || moves || facts.bytes > HEAVY_BYTES) {
        return None;
    }
    let mebibytes = facts.bytes / (1 << 20);
    let message =
        format!("`{path}` has {mebibytes} MiB and {own} pixels across; it is shown {shown} wide");
    let help = if facts.moves {
        "a film (`<video src=\"a.mp4\">`) of the same takes a tenth"
    } else {
        "make it smaller before you put it into the site: everybody who copies the site carries it along"
    };
    Some((&rules::OVERSIZED_PICTURE, message, help))
}
