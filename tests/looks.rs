//! The themes that are built in: whole, and of colours that can be read.

use kamishibai::source::SourcePath;
use kamishibai::theme::Themes;

const BUILT_IN: [&str; 5] = ["default", "gaia", "minwa", "takahashi", "uncover"];

fn built_in(name: &str) -> String {
    kamishibai::output::embedded(&format!("themes/{name}.css"))
        .expect("the theme is built in")
        .into_owned()
}

#[test]
fn the_built_in_themes_are_whole() {
    let texts: Vec<(&str, String)> = BUILT_IN.map(|name| (name, built_in(name))).into();
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, css)| (*name, css.as_str())).collect();
    let files = files
        .iter()
        .map(|(name, css)| (SourcePath::new(format!("templates/themes/{name}.css")), *css, false));
    let set = Themes::new(files);
    assert!(set.diagnostics.is_empty(), "{:?}", set.diagnostics);
    for name in BUILT_IN {
        let theme = set.get(name).expect("it says its name");
        assert_eq!(theme.auto_scaling, "fittingHeader math code", "{name}");
        assert_eq!(theme.sizes().collect::<Vec<_>>(), ["16:9", "4:3"], "{name}");
        for class in ["lead", "invert"] {
            assert!(theme.classes.contains(class), "{name} has no {class}");
        }
    }
    assert!(set.get("gaia").is_some_and(|gaia| gaia.classes.contains("gaia")));
}

/// Every ground of every theme with what stands on it: text at least 4.5 to 1.
#[test]
fn the_colours_of_themes_can_be_read() {
    let mut faint = Vec::new();
    for name in BUILT_IN {
        let css = built_in(name);
        let rules = css.split('}').filter_map(|rule| rule.split_once('{'));
        for (selector, body) in rules.filter(|(_, body)| body.contains("--paper: #")) {
            let colour = |name: &str| {
                let at = body.find(&format!("--{name}: #")).expect("a ground has all colours");
                let hex = body[at..].split(['#', ';']).nth(1).expect("a colour is #rgb or #rrggbb");
                luminance(hex)
            };
            let texts = ["ink", "ash", "shu", "ai"];
            let pairs = texts.iter().flat_map(|text| [(*text, "paper"), (*text, "sheet")]);
            for (text, ground) in pairs.chain([("ink", "marker")]) {
                let (a, b) = (colour(text), colour(ground));
                let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                if ratio < 4.5 {
                    let selector = selector.rsplit('/').next().unwrap_or(selector).trim();
                    faint.push(format!("{name}: {selector}: {text} on {ground} is {ratio:.2}"));
                }
            }
        }
    }
    assert!(faint.is_empty(), "{faint:#?}");
}

/// Returns how light a colour is, as the guidelines for accessible content reckon it.
fn luminance(hex: &str) -> f64 {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    let channel = |index: usize| {
        let value = match digits.len() {
            3 => digits[index] * 17,
            6 => digits[index * 2] * 16 + digits[index * 2 + 1],
            _ => panic!("`{hex}` is no colour"),
        };
        let value = f64::from(value) / 255.0;
        if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(1) + 0.0722 * channel(2)
}
