//! The colours of code: how many bytes a second one thread reads, by language, of this repository's own files.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use kamishibai::document::code::{language, paint};

use crate::timing::{least, repeated, timed};

/// Languages, the folders that files of theirs are in, and how these end.
const FILES: &[(&str, &str, &str)] = &[
    ("rust", "src", "rs"),
    ("javascript", "templates", "js"),
    ("css", "templates", "css"),
    ("html", "templates", "html"),
    ("toml", "templates/strings", "toml"),
    ("markdown", "wiki", "md"),
    ("bash", "tests", "run"),
];

/// How much of a language is read at most.
const BYTES_MAX: usize = 300 << 10;

pub(crate) fn measure(repository: &Path) {
    println!("\n## Colours of code, one thread: lines that nothing is remembered of\n");
    for (word, folder, end) in FILES {
        let mut text = String::new();
        gather(&repository.join(folder), end, &mut text);
        text.truncate(text.floor_char_boundary(BYTES_MAX));
        let language = language(word).expect("it is in the table");
        let (first, _) = timed(|| paint(language, &text[..text.floor_char_boundary(200)]));
        let mut endings = HashMap::new();
        let mut afresh: Vec<_> = (0..3).map(|_| unlike(&text, &mut endings)).collect();
        let cost = least(&repeated(3, || afresh.pop().map(|text| paint(language, &text))));
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        println!(
            "{word:<12} {:>6.2} MB/s   first 200 bytes {:>6.1} ms   ({} KB)",
            f64::from(bytes) / 1e6 / cost.wall.as_secs_f64(),
            first.wall.as_secs_f64() * 1e3,
            text.len() >> 10
        );
    }
}

/// Ends each line in blanks that no line like it has had: what was read is remembered by its text.
fn unlike<'a>(text: &'a str, endings: &mut HashMap<&'a str, u32>) -> String {
    let mut unlike = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        let ending = endings.entry(line).or_default();
        *ending += 1;
        unlike.push_str(line);
        let bits = (0..u32::BITS - ending.leading_zeros()).map(|bit| *ending >> bit & 1);
        unlike.extend(bits.map(|bit| if bit == 0 { ' ' } else { '\t' }));
        unlike.push('\n');
    }
    unlike
}

fn gather(folder: &Path, end: &str, text: &mut String) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        if path.is_dir() && !matches!(name, "node_modules" | "vendor" | "editor") {
            gather(&path, end, text);
        } else if (name.ends_with(&format!(".{end}")) || name == end)
            && let Ok(read) = fs::read_to_string(&path)
        {
            text.push_str(&read);
        }
    }
}
