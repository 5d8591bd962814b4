//! Style sheets and scripts as a browser gets them: what is always wanted together in one file, and our
//! own without the comments and the indentation that are there for whoever reads them.
//!
//! A file that a site has put in the place of one of ours is passed on as it was written.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::compact;
use super::render::Texts;

/// What is fetched as one file, and what follows in it, in this order.
const PACKS: &[(&str, &[&str])] = &[
    ("search/engine.js", &["search/box.js", "search/peek.js", "offline/offline.js"]),
    ("deck/deck.js", &["deck/overview.js", "deck/link.js", "video.js"]),
    ("deck/presenter.js", &["deck/ink.js"]),
    ("site.js", &["video.js"]),
    ("site.css", &["code.css", "diagram.css", "chart.css"]),
    ("deck/slide.css", &["code.css"]),
];

/// What a page of the site always has, and a deck only where it shows such a thing.
const ALONE: &[&str] = &["diagram.css", "chart.css"];

/// The style sheet of transitions, and what stands between its name and that of a transition.
const TRANSITIONS: &str = "deck/transition.css";
pub(super) const PART: char = '#';

/// Returns every file that a browser fetches; `is_ours` tells whether one is as we wrote it.
pub(super) fn pack(texts: &Texts, is_ours: impl Fn(&str) -> bool) -> Texts {
    let of = |name: &str| -> Option<Cow<'static, str>> {
        let (name, text) = texts.get_key_value(name)?;
        Some(if is_ours(name) { bare(name, text.clone()) } else { text.clone() })
    };
    let inside =
        |name: &str| !ALONE.contains(&name) && PACKS.iter().any(|(_, parts)| parts.contains(&name));
    let mut packed = Texts::new();
    for name in texts.keys().filter(|name| !inside(name)) {
        packed.extend(of(name).map(|text| (name.clone(), text)));
    }
    for (name, parts) in PACKS {
        let Some(whole) = packed.get_mut(*name) else { continue };
        for text in parts.iter().filter_map(|part| of(part)) {
            whole.to_mut().push('\n');
            whole.to_mut().push_str(&text);
        }
    }
    if is_ours(TRANSITIONS)
        && let Some(css) = packed.get_mut(TRANSITIONS)
    {
        let (rest, frames) = transitions(css);
        *css = Cow::Owned(rest);
        let named = |(name, css)| (format!("{TRANSITIONS}{PART}{name}"), Cow::Owned(css));
        packed.extend(frames.into_iter().map(named));
    }
    packed
}

/// Takes the keyframes of each transition out of a bare style sheet: a deck gets those that it names.
fn transitions(css: &str) -> (String, BTreeMap<String, String>) {
    const BEGIN: &str = "@keyframes kami-";
    let (mut rest, mut frames) = (String::new(), BTreeMap::<String, String>::new());
    let mut left = css;
    while let Some(at) = left.find(BEGIN) {
        rest.push_str(&left[..at]);
        let end = left[at..].find("}}").map_or(left.len(), |end| at + end + 2);
        let rule = &left[at..end];
        let called = rule[BEGIN.len()..].split('{').next().unwrap_or_default();
        let name = called.split_once("-transition-").map_or(called, |(_, name)| name);
        let name = name.strip_prefix("backward-").unwrap_or(name).trim();
        frames.entry(name.to_owned()).or_default().push_str(rule);
        left = &left[end..];
    }
    rest.push_str(left);
    (rest, frames)
}

fn bare(name: &str, text: Cow<'static, str>) -> Cow<'static, str> {
    let squeezed = ["code.", "deck/", "diagram.", "graph/", "offline/", "search/", "site."]
        .iter()
        .any(|start| name.starts_with(start));
    match name.rsplit('.').next() {
        Some("js") if squeezed => Cow::Owned(compact::script(&text)),
        Some("css") if squeezed || name.starts_with("themes/") => Cow::Owned(compact::sheet(&text)),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{pack, transitions};

    #[test]
    fn each_transition_has_its_keyframes_and_the_rest_stays() {
        let css = "a{b:c}@keyframes kami-outgoing-transition-fade-out{50%,to{opacity:0}}@keyframes kami-incoming-transition-backward-zoom{from{scale:2}}@keyframes kami-outgoing-transition-zoom{to{scale:2}}d{e:f}";
        let (rest, frames) = transitions(css);
        assert_eq!(rest, "a{b:c}d{e:f}");
        assert_eq!(frames.keys().collect::<Vec<_>>(), ["fade-out", "zoom"]);
        assert_eq!(frames["zoom"].matches("@keyframes").count(), 2);
        assert!(frames["fade-out"].ends_with("opacity:0}}"));
    }

    #[test]
    fn parts_follow_in_one_file_and_a_sites_own_stay_as_written() {
        let texts = ["deck/deck.js", "deck/link.js", "deck/overview.js", "site.css"]
            .map(|name| (name.to_owned(), format!("  // {name}\n  said(\"{name}\");\n").into()));
        let texts = texts.into_iter().collect();
        let packed = pack(&texts, |name| name != "deck/link.js");
        assert_eq!(packed.keys().collect::<Vec<_>>(), ["deck/deck.js", "site.css"]);
        let whole = "said(\"deck/deck.js\");\nsaid(\"deck/overview.js\");\n  // deck/link.js\n  said(\"deck/link.js\");\n";
        assert_eq!(packed["deck/deck.js"], whole);
    }
}
