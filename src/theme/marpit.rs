//! Marpit's names for what it makes, and what says the same of our slides.

use cssparser::Token;

use super::parts::Part;

/// Marp's elements that stand for ordinary ones.
const TYPES: &[(&str, &str)] = &[
    ("marp-h1", "h1"),
    ("marp-h2", "h2"),
    ("marp-h3", "h3"),
    ("marp-h4", "h4"),
    ("marp-h5", "h5"),
    ("marp-h6", "h6"),
    ("marp-pre", "pre"),
    ("marp-span", "span"),
];

pub(super) const BACKGROUNDS: &str = ".slide-backgrounds";

/// Marpit's attributes with what says the same here: name, value (any when empty), selector.
const ATTRIBUTES: &[(&str, &str, &str)] = &[
    ("data-marpit-advanced-background-container", "", BACKGROUNDS),
    ("data-marpit-advanced-background-direction", "vertical", "[data-direction=\"vertical\"]"),
    ("data-marpit-advanced-background-direction", "horizontal", "[data-direction=\"horizontal\"]"),
    ("data-marpit-advanced-background-direction", "", "[data-direction]"),
    (
        "data-marpit-advanced-background-split",
        "left",
        ":has(>.slide-backgrounds[data-split=\"left\"])",
    ),
    (
        "data-marpit-advanced-background-split",
        "right",
        ":has(>.slide-backgrounds[data-split=\"right\"])",
    ),
    ("data-marpit-advanced-background-split", "", ":has(>.slide-backgrounds[data-split])"),
    ("data-marpit-advanced-background", "background", BACKGROUNDS),
    ("data-marpit-advanced-background", "content", ":has(>.slide-backgrounds)"),
    ("data-marpit-advanced-background", "pseudo", ":has(>.slide-backgrounds)"),
    ("data-marpit-advanced-background", "", ":has(>.slide-backgrounds)"),
    ("data-marpit-fragment", "", "[data-step]"),
    ("data-bespoke-marp-fragment", "active", ".shown"),
    ("data-bespoke-marp-fragment", "inactive", ":not(.shown)"),
    ("data-bespoke-marp-current-fragment", "", ".latest"),
    ("is", "", ""),
];

/// Elements that never lie on a slide itself.
const INNER: [&str; 9] = ["dd", "dt", "li", "tbody", "td", "tfoot", "th", "thead", "tr"];

/// The backgrounds of a slide lie behind its last child, in layers that Marp has beside the slide: they are
/// not counted. That weighs as much as a class, like the name that it stands for.
pub(super) const COUNTED: &str = " of :where(:not(.slide-backgrounds,.slide-pseudo))";

/// Returns the element that one of Marp's stands for.
pub(super) fn element(name: &str) -> Option<&'static str> {
    let known = TYPES.iter().find(|(marp, _)| name.eq_ignore_ascii_case(marp));
    known.map(|(_, own)| *own)
}

/// Returns what an attribute selector of Marpit's is here.
pub(super) fn attribute(part: &Part<'_>) -> Option<&'static str> {
    if !matches!(part.token, Token::SquareBracketBlock) {
        return None;
    }
    let inner: Vec<&Part<'_>> = part.inner.iter().filter(|part| !part.is_blank()).collect();
    let name = inner.first()?.ident()?.to_ascii_lowercase();
    let value = inner.get(2).map_or("", |part| match &part.token {
        Token::QuotedString(value) | Token::Ident(value) => value,
        _ => "",
    });
    let known = ATTRIBUTES.iter().find(|(own, wanted, _)| {
        *own == name && (wanted.is_empty() || (*wanted == value && !value.is_empty()))
    });
    known.map(|(_, _, own)| *own)
}

/// Returns the classes that an attribute selector names: `[class~="lead"]`, `[data-class="lead invert"]`.
pub(super) fn classes(part: &Part<'_>) -> Vec<String> {
    let inner: Vec<&Part<'_>> = part.inner.iter().filter(|part| !part.is_blank()).collect();
    let named = inner.first().and_then(|part| part.ident()).map(str::to_ascii_lowercase);
    if !matches!(named.as_deref(), Some("class" | "data-class")) {
        return Vec::new();
    }
    let words = inner.iter().skip(1).find_map(|part| match &part.token {
        Token::QuotedString(value) | Token::Ident(value) => Some(value.split_whitespace()),
        _ => None,
    });
    words.into_iter().flatten().map(str::to_owned).collect()
}

/// Tells whether a compound means what holds the backgrounds.
pub(super) fn is_container(compound: &[Part<'_>]) -> bool {
    compound.iter().any(|part| attribute(part) == Some(BACKGROUNDS))
}

/// Returns what a pseudo-class that counts from the end is here, without its colon.
pub(super) fn counted(compound: &[Part<'_>], name: &str) -> Option<String> {
    let of_type = compound.first().and_then(Part::ident);
    if of_type.is_some_and(|of_type| INNER.iter().any(|it| of_type.eq_ignore_ascii_case(it))) {
        return None;
    }
    match name.to_ascii_lowercase().as_str() {
        "last-child" => Some(format!("nth-last-child(1{COUNTED})")),
        "only-child" => {
            Some(format!("is(:only-child,:where(:first-child:nth-last-child(1{COUNTED})))"))
        }
        _ => None,
    }
}

/// Tells whether a pseudo-element has a layer of its own above the backgrounds of a slide.
pub(super) fn is_layered(pseudo: &[Part<'_>]) -> bool {
    let name = pseudo.iter().find_map(Part::ident).map(str::to_ascii_lowercase);
    matches!(name.as_deref(), Some("after" | "before"))
}
