//! What hosts want to be told, filled in: plain texts, so nothing is escaped.

use serde::Serialize;
use tera::{Context, Tera};

use super::{Embedded, diagnostic, embedded};
use crate::diagnostic::Diagnostic;
use crate::source::{Content, SourcePath, Sources};

/// The folder of these texts among the templates.
pub(super) const FOLDER: &str = "hosts/";

/// Fills the text of this name in `templates/hosts/`; a site's own takes the place of the built-in one.
pub fn host_text(
    sources: &Sources,
    name: &str,
    values: &impl Serialize,
) -> Result<String, Diagnostic> {
    let texts = Embedded::iter().filter(|name| name.starts_with(FOLDER)).filter_map(|name| {
        let own = own_text(sources, &format!("templates/{name}")).map(str::to_owned);
        let text = own.or_else(|| Some(embedded(&name)?.into_owned()));
        Some((name.to_string(), text?))
    });
    let filled = || -> tera::TeraResult<String> {
        let mut tera = Tera::new();
        tera.add_raw_templates(texts)?;
        tera.render(&format!("{FOLDER}{name}"), &Context::from_serialize(values)?)
    };
    filled().map_err(|error| diagnostic(&error))
}

/// Returns a file of the site as text, whatever its ending says: configurations have many.
fn own_text<'a>(sources: &'a Sources, path: &str) -> Option<&'a str> {
    match &sources.get(&SourcePath::new(path))?.content {
        Content::Text(text) => Some(text),
        Content::Asset(asset) => std::str::from_utf8(asset.held()?).ok(),
        Content::Unusable(_) => None,
    }
}
