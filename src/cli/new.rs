//! `kami new`: a small site that builds without a diagnostic.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use super::report::Reporter;

/// The languages that the new site can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Lang {
    Ja,
    En,
}

type Files = [(&'static str, &'static str); 4];

const JA: Files = [
    ("kami.toml", include_str!("new/ja/kami.toml")),
    ("decks/first-talk.md", include_str!("new/ja/first-talk.md")),
    ("wiki/index.md", include_str!("new/ja/index.md")),
    ("wiki/紙芝居.md", include_str!("new/ja/kamishibai.md")),
];
const EN: Files = [
    ("kami.toml", include_str!("new/en/kami.toml")),
    ("decks/first-talk.md", include_str!("new/en/first-talk.md")),
    ("wiki/index.md", include_str!("new/en/index.md")),
    ("wiki/Kamishibai.md", include_str!("new/en/kamishibai.md")),
];

/// Makes the site; a folder that holds anything is left alone.
pub(super) fn run(dir: &Path, lang: Lang, reporter: &Reporter) -> Result<()> {
    if dir.is_file() || fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is there already and not empty\nhelp: name a new folder", dir.display());
    }
    for (name, text) in if lang == Lang::Ja { JA } else { EN } {
        let path = dir.join(name);
        let folder = path.parent().unwrap_or(dir);
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
        reporter.detail(&format!("wrote {}", path.display()));
    }
    let name = dir.display().to_string();
    reporter.outcome(&format!("{name} is ready: kami serve {}\n", word(&name)));
    Ok(())
}

/// Writes a path as one word of a shell, so that the command can be taken over as it stands.
fn word(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+,@%".contains(c);
    if !path.starts_with('-') && path.chars().all(plain) {
        return path.to_owned();
    }
    let lead = if path.starts_with('-') { "./" } else { "" };
    format!("'{lead}{}'", path.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn a_path_is_one_word() {
        for (path, written) in [
            ("talks", "talks"),
            ("../勉強会", "../勉強会"),
            ("日本 語", "'日本 語'"),
            ("it's", r"'it'\''s'"),
            ("-x", "'./-x'"),
        ] {
            assert_eq!(word(path), written);
        }
    }
}
