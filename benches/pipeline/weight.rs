//! What a browser fetches to show a deck or a page: the page with its style sheets and scripts, compressed. What the
//! speaker's window loads besides, and a stage when somebody draws on it, is told apart.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

/// What one page weighs.
#[derive(Debug)]
pub(crate) struct Weight {
    pub(crate) name: String,
    pub(crate) requests: usize,
    pub(crate) plain: usize,
    pub(crate) compressed: usize,
    /// Of what is loaded later, if it is.
    pub(crate) later: usize,
}

/// Weighs the pages in a folder of a bundle and beneath it, the heaviest last.
pub(crate) fn pages(folder: &Path) -> io::Result<Vec<Weight>> {
    let mut weights = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            weights.extend(pages(&path)?);
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let page = path.extension().is_some_and(|extension| extension == "html");
        if page && !name.ends_with(".notes.html") {
            weights.push(weigh(&path, name)?);
        }
    }
    weights.sort_by(|a, b| (a.compressed, &a.name).cmp(&(b.compressed, &b.name)));
    Ok(weights)
}

fn weigh(page: &Path, name: String) -> io::Result<Weight> {
    let html = fs::read_to_string(page)?;
    let folder = page.parent().unwrap_or(page);
    let mut weight = Weight { name, requests: 0, plain: 0, compressed: 0, later: 0 };
    let mut add = |bytes: &[u8]| {
        weight.requests += 1;
        weight.plain += bytes.len();
        weight.compressed += gzip(bytes)?.len();
        io::Result::Ok(())
    };
    add(html.as_bytes())?;
    let (before, rest) = html.split_once("<template class=\"later\">").unwrap_or((&html, ""));
    let (later, after) = rest.split_once("</template>").unwrap_or(("", rest));
    for part in parts(before).into_iter().chain(parts(after)) {
        add(&fs::read(folder.join(part))?)?;
    }
    for part in parts(later) {
        weight.later += gzip(&fs::read(folder.join(part))?)?.len();
    }
    Ok(weight)
}

/// Returns the addresses of style sheets and scripts in a piece of a page.
fn parts(html: &str) -> Vec<&str> {
    let values = ["href=\"", "src=\""].into_iter().flat_map(|name| html.split(name).skip(1));
    let mut parts: Vec<&str> = values.filter_map(|rest| rest.split('"').next()).collect();
    let extension = |part: &str| part.rsplit('.').next().unwrap_or_default().to_owned();
    parts.retain(|part| matches!(extension(part).as_str(), "css" | "js"));
    parts.sort_unstable();
    parts.dedup();
    parts
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes)?;
    encoder.finish()
}
