//! Films and sounds by picture syntax: `![A walk](walk.mp4)`, `![poster:first.jpg A walk](walk.mp4)`.

use std::borrow::Cow;

/// What a file is that plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Play {
    Film,
    Sound,
}

const FILMS: &[&str] = &["mp4", "m4v", "webm", "mov", "ogv"];
const SOUNDS: &[&str] = &["mp3", "m4a", "ogg", "oga", "opus", "wav", "flac"];

/// Returns what plays under an address, by its ending.
pub fn play(target: &str) -> Option<Play> {
    let path = target.split(['?', '#']).next().unwrap_or(target);
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty())?.1;
    let is_one = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(ending));
    if is_one(FILMS) {
        return Some(Play::Film);
    }
    is_one(SOUNDS).then_some(Play::Sound)
}

/// Returns what is said of a film, and the picture that stands in its place until it plays.
pub fn words(alt: &str) -> (String, Option<&str>) {
    let poster = |word: &&str| word.starts_with("poster:") && word.len() > "poster:".len();
    let found = alt.split_whitespace().find(poster).map(|word| &word["poster:".len()..]);
    if found.is_none() {
        return (alt.to_owned(), None);
    }
    let rest: Vec<&str> = alt.split_whitespace().filter(|word| !poster(word)).collect();
    (rest.join(" "), found)
}

/// Returns a path as it is written among words, where a space is `%20`.
pub fn decoded(path: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(path).decode_utf8_lossy()
}

/// Returns what the files of a film's captions are called: in the language of the text, and in others.
pub fn captions<'a>(
    target: &str,
    langs: impl Iterator<Item = &'a str>,
) -> Vec<(Option<&'a str>, String)> {
    let path = target.split(['?', '#']).next().unwrap_or(target);
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let others = langs.map(|lang| (Some(lang), format!("{stem}.{lang}.vtt")));
    std::iter::once((None, format!("{stem}.vtt"))).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::{Play, captions, play, words};

    #[test]
    fn films_are_known_by_their_names() {
        assert_eq!(play("a b/雨.MP4"), Some(Play::Film));
        assert_eq!(play("https://example.org/a.webm?x=1#t=10"), Some(Play::Film));
        assert_eq!(play("a.mp3"), Some(Play::Sound));
        for none in ["a.png", "mp4", ".mp4", "a.mp4/b", "https://mp4"] {
            assert_eq!(play(none), None, "{none}");
        }
    }

    #[test]
    fn posters_and_captions_are_files_beside_it() {
        assert_eq!(words("poster:a.jpg 雨 の日"), ("雨 の日".to_owned(), Some("a.jpg")));
        assert_eq!(words("雨  の日 poster:"), ("雨  の日 poster:".to_owned(), None));
        let names = captions("x/a.mp4#t=1", ["ja", "en"].into_iter());
        let names: Vec<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["x/a.vtt", "x/a.ja.vtt", "x/a.en.vtt"]);
    }
}
