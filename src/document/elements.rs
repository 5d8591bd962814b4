//! Which raw elements and attributes pass: those of Marp, and on pages a few more.

/// Elements that pass, each with the attributes it may bear besides the common ones.
const ELEMENTS: &[(&str, &[&str])] = &[
    ("a", &["name", "rel", "target"]),
    ("abbr", &[]),
    ("address", &[]),
    ("article", &[]),
    ("aside", &[]),
    ("audio", &["autoplay", "controls", "loop", "muted", "preload"]),
    ("b", &[]),
    ("bdi", &[]),
    ("bdo", &[]),
    ("big", &[]),
    ("blockquote", &["cite"]),
    ("br", &[]),
    ("caption", &[]),
    ("center", &[]),
    ("cite", &[]),
    ("code", &[]),
    ("col", &["align", "span", "valign", "width"]),
    ("colgroup", &["align", "span", "valign", "width"]),
    ("dd", &[]),
    ("del", &["cite", "datetime"]),
    ("details", &["open"]),
    ("dfn", &[]),
    ("div", &["align"]),
    ("dl", &[]),
    ("dt", &[]),
    ("em", &[]),
    ("figcaption", &[]),
    ("figure", &[]),
    ("footer", &[]),
    ("h1", &[]),
    ("h2", &[]),
    ("h3", &[]),
    ("h4", &[]),
    ("h5", &[]),
    ("h6", &[]),
    ("header", &[]),
    ("hgroup", &[]),
    ("hr", &[]),
    ("i", &[]),
    ("img", &["align", "alt", "decoding", "height", "loading", "sizes", "width"]),
    ("ins", &["cite", "datetime"]),
    ("kbd", &[]),
    ("li", &["type", "value"]),
    ("mark", &[]),
    ("nav", &[]),
    ("ol", &["reversed", "start", "type"]),
    ("p", &["align"]),
    ("picture", &[]),
    ("pre", &[]),
    ("q", &["cite"]),
    ("rp", &[]),
    ("rt", &[]),
    ("ruby", &[]),
    ("s", &[]),
    ("samp", &[]),
    ("section", &[]),
    ("small", &[]),
    ("source", &["height", "media", "sizes", "type", "width"]),
    ("span", &[]),
    ("strike", &[]),
    ("strong", &[]),
    ("sub", &[]),
    ("summary", &[]),
    ("sup", &[]),
    ("table", &["align", "border", "valign", "width"]),
    ("tbody", &["align", "valign"]),
    ("td", &["align", "colspan", "rowspan", "valign", "width"]),
    ("tfoot", &["align", "valign"]),
    ("th", &["align", "colspan", "rowspan", "scope", "valign", "width"]),
    ("thead", &["align", "valign"]),
    ("time", &["datetime"]),
    ("tr", &["align", "rowspan", "valign"]),
    ("u", &[]),
    ("ul", &[]),
    ("var", &[]),
    (
        "video",
        &["autoplay", "controls", "loop", "muted", "playsinline", "preload", "width", "height"],
    ),
    ("wbr", &[]),
];
pub(super) const VOID: &[&str] = &["br", "col", "hr", "img", "source", "wbr"];
pub(super) const COMMON: &[&str] = &["class", "dir", "lang", "title"];

/// Elements that Marp shows as text, so a deck does, too.
const PAGE_ONLY: &[&str] = &["dfn", "footer", "header", "hgroup", "samp", "var"];

/// What an attribute leads to, where it names files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leads {
    Picture,
    /// To a film or a sound.
    Film,
    /// To pictures, each with what it is for behind it.
    Pictures,
}

/// Attributes that name files, of which element they are and how.
const LEADING: &[(&str, &str, Leads)] = &[
    ("audio", "src", Leads::Film),
    ("img", "src", Leads::Picture),
    ("img", "srcset", Leads::Pictures),
    ("source", "src", Leads::Film),
    ("source", "srcset", Leads::Pictures),
    ("video", "poster", Leads::Picture),
    ("video", "src", Leads::Film),
];

/// Returns the name of an element that passes, and the attributes it may bear.
pub(super) fn element(name: &str, deck: bool) -> Option<(&'static str, &'static [&'static str])> {
    let lower = name.to_ascii_lowercase();
    let found = ELEMENTS.iter().find(|(known, _)| *known == lower).copied();
    found.filter(|(name, _)| !(deck && PAGE_ONLY.contains(name)))
}

/// Returns what an attribute of an element leads to, and its name.
pub(super) fn leads(element: &str, attribute: &str) -> Option<(&'static str, Leads)> {
    let known = LEADING.iter().find(|(of, name, _)| {
        element.eq_ignore_ascii_case(of) && attribute.eq_ignore_ascii_case(name)
    });
    known.map(|(_, name, leads)| (*name, *leads))
}
