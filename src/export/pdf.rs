//! What the browser prints, made a document: an outline, what it is and whose, and the notes.

use anyhow::{Context, Result};
use lopdf::{Dictionary, Document, Object, ObjectId, dictionary};

/// What a PDF says of itself besides its pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paper {
    pub title: String,
    pub author: String,
    pub keywords: Vec<String>,
    /// Such as `ja`.
    pub lang: String,
    pub subject: String,
    /// One a page, in order.
    pub sheets: Vec<PaperSheet>,
}

/// What belongs to one page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaperSheet {
    /// What the outline calls the page; empty where it goes on with the one before.
    pub title: String,
    /// What a reader finds pinned to the page, if anything.
    pub note: String,
}

/// Side of the sign that a note is opened with, in points.
const SIGN: f32 = 20.0;

/// Puts into a printed PDF what belongs to it.
pub fn finish(printed: &[u8], paper: &Paper) -> Result<Vec<u8>> {
    let mut pdf = Document::load_mem(printed).context("read what the browser printed")?;
    let pages: Vec<ObjectId> = pdf.get_pages().into_values().collect();
    anyhow::ensure!(
        pages.len() == paper.sheets.len(),
        "the browser printed {} pages for {} slides or steps",
        pages.len(),
        paper.sheets.len()
    );
    for (page, sheet) in pages.iter().zip(&paper.sheets) {
        if !sheet.note.is_empty() {
            pin(&mut pdf, *page, &sheet.note)?;
        }
    }
    let outline = outline(&mut pdf, &pages, paper);
    let catalog = pdf.catalog_mut().context("a PDF has a catalog")?;
    if let Some(outline) = outline {
        catalog.set("Outlines", outline);
    }
    catalog.set("Lang", text(&paper.lang));
    catalog.set("ViewerPreferences", dictionary! { "DisplayDocTitle" => true });
    describe(&mut pdf, paper);
    let mut bytes = Vec::new();
    pdf.save_to(&mut bytes).context("write the PDF")?;
    Ok(bytes)
}

/// Writes what the document is. The clock is left out: the same deck gives the same document.
fn describe(pdf: &mut Document, paper: &Paper) {
    let mut about = Dictionary::new();
    let keywords = paper.keywords.join(", ");
    let fields = [
        ("Title", paper.title.as_str()),
        ("Author", &paper.author),
        ("Subject", &paper.subject),
        ("Keywords", &keywords),
        ("Creator", "kamishibai"),
    ];
    for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        about.set(name, text(value));
    }
    let old = pdf.trailer.get(b"Info").and_then(Object::as_reference).ok();
    let producer = old.and_then(|old| pdf.get_dictionary(old).ok()?.get(b"Producer").ok().cloned());
    if let Some(producer) = producer {
        about.set("Producer", producer);
    }
    let about = Object::Dictionary(about);
    if let Some(old) = old {
        pdf.set_object(old, about);
    } else {
        let about = pdf.add_object(about);
        pdf.trailer.set("Info", about);
    }
}

/// Writes the outline: an entry a slide, leading to its first page.
fn outline(pdf: &mut Document, pages: &[ObjectId], paper: &Paper) -> Option<ObjectId> {
    let titled = pages.iter().zip(&paper.sheets).filter(|(_, sheet)| !sheet.title.is_empty());
    let entries: Vec<(ObjectId, ObjectId, &str)> =
        titled.map(|(page, sheet)| (pdf.new_object_id(), *page, sheet.title.as_str())).collect();
    let (first, last) = (entries.first()?.0, entries.last()?.0);
    let root = pdf.new_object_id();
    for (at, (own, page, title)) in entries.iter().enumerate() {
        let mut entry = dictionary! {
            "Title" => text(title),
            "Parent" => root,
            "Dest" => vec![Object::Reference(*page), Object::Name(b"Fit".to_vec())],
        };
        if at > 0 {
            entry.set("Prev", entries[at - 1].0);
        }
        if let Some((next, ..)) = entries.get(at + 1) {
            entry.set("Next", *next);
        }
        pdf.set_object(*own, entry);
    }
    let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    let list =
        dictionary! { "Type" => "Outlines", "First" => first, "Last" => last, "Count" => count };
    pdf.set_object(root, list);
    Some(root)
}

/// Pins a note to the upper left corner of a page.
fn pin(pdf: &mut Document, page: ObjectId, note: &str) -> Result<()> {
    let size = pdf.get_dictionary(page)?.get(b"MediaBox").and_then(Object::as_array).ok();
    let height = size.and_then(|size| size.get(3)?.as_float().ok()).unwrap_or(540.0);
    let corner = [8.0, height - 8.0 - SIGN, 8.0 + SIGN, height - 8.0];
    let annotation = dictionary! {
        "Type" => "Annot",
        "Subtype" => "Text",
        "Name" => "Note",
        "Rect" => corner.map(Object::Real).to_vec(),
        "Contents" => text(note),
        "C" => vec![Object::Real(0.72), Object::Real(0.2), Object::Real(0.12)],
        "P" => page,
    };
    let annotation = Object::Reference(pdf.add_object(annotation));
    let known = pdf.get_dictionary(page)?.get(b"Annots").ok().cloned();
    let list = match known {
        Some(Object::Reference(list)) => pdf.get_object_mut(list)?.as_array_mut()?,
        Some(Object::Array(_)) => {
            pdf.get_dictionary_mut(page)?.get_mut(b"Annots")?.as_array_mut()?
        }
        _ => {
            pdf.get_dictionary_mut(page)?.set("Annots", vec![annotation]);
            return Ok(());
        }
    };
    list.push(annotation);
    Ok(())
}

/// Writes a text as PDF does: UTF-16 with its mark.
fn text(text: &str) -> Object {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Object::string_literal(text);
    }
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    Object::String(units.flat_map(u16::to_be_bytes).collect(), lopdf::StringFormat::Hexadecimal)
}
