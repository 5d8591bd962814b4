//! Style sheets and scripts as a browser gets them: what is always wanted together in one file, and our
//! own without the comments and the indentation that are there for whoever reads them.
//!
//! A file that a site has put in the place of one of ours is passed on as it was written.

use std::borrow::Cow;

use super::compact;
use super::render::Texts;

/// What is fetched as one file, and what follows in it, in this order.
const PACKS: &[(&str, &[&str])] = &[
    ("search/engine.js", &["search/box.js", "search/peek.js", "offline/offline.js"]),
    ("deck/deck.js", &["deck/overview.js", "deck/link.js", "video.js"]),
    ("deck/presenter.js", &["deck/ink.js"]),
    ("site.js", &["video.js"]),
    ("site.css", &["code.css", "diagram.css", "chart.css"]),
    ("deck/slide.css", &["code.css", "diagram.css", "chart.css"]),
];

/// Returns every file that a browser fetches; `is_ours` tells whether one is as we wrote it.
pub(super) fn pack(texts: &Texts, is_ours: impl Fn(&str) -> bool) -> Texts {
    let of = |name: &str| -> Option<Cow<'static, str>> {
        let (name, text) = texts.get_key_value(name)?;
        Some(if is_ours(name) { bare(name, text.clone()) } else { text.clone() })
    };
    let inside = |name: &str| PACKS.iter().any(|(_, parts)| parts.contains(&name));
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
    packed
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
    use super::pack;

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
