//! Formulas -> `MathML`, which a browser draws by itself: no script, no style sheet, no font of ours.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use katex::types::{OutputFormat, Settings, StrictMode, StrictSetting};
use katex::{KatexContext, render_to_string};

use super::alphabets;

/// How long a formula may be.
const BYTES_MAX: usize = 8192;
/// How deep it may be nested.
const DEPTH_MAX: usize = 60;
/// How deep it may be for the stack that a worker has: the parser takes tens of kilobytes a level.
const SHALLOW: usize = 8;
/// How much stack the others get; memory is taken as it is used.
const STACK_BYTES: usize = 256 << 20;
/// How often macros may be expanded, those of the language included.
const EXPANSIONS_MAX: usize = 1000;
/// What lets a formula be deeper than it looks.
const DEFINITIONS: [&str; 5] = [r"\def", r"\gdef", r"\let", r"\newcommand", r"\renewcommand"];

/// The tables of commands and signs: they are the same for every formula and dear to make.
static TABLES: LazyLock<KatexContext> = LazyLock::new(KatexContext::default);

/// What is wrong with a formula, and where in it, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub message: String,
    pub at: Range<usize>,
}

/// Draws a formula in TeX's way of writing.
pub(super) fn mathml(tex: &str, display: bool) -> Result<String, Fault> {
    let depth = depth(tex)?;
    if depth <= SHALLOW && !DEFINITIONS.iter().any(|definition| tex.contains(definition)) {
        return drawn(tex, display);
    }
    std::thread::scope(|scope| {
        let roomy = std::thread::Builder::new().stack_size(STACK_BYTES);
        let drawn = roomy.spawn_scoped(scope, || drawn(tex, display));
        let drawn = drawn.ok().and_then(|thread| thread.join().ok());
        let none = || Fault { message: "the formula cannot be drawn".to_owned(), at: 0..tex.len() };
        drawn.unwrap_or_else(|| Err(none()))
    })
}

fn drawn(tex: &str, display: bool) -> Result<String, Fault> {
    let settings = Settings {
        display_mode: display,
        output: OutputFormat::Mathml,
        strict: StrictSetting::Mode(StrictMode::Ignore),
        max_expand: EXPANSIONS_MAX,
        ..Settings::default()
    };
    match render_to_string(&TABLES, tex, &settings) {
        Ok(html) => Ok(bare(&html)),
        Err(error) => {
            let start = tex.floor_char_boundary(error.position().unwrap_or(0).min(tex.len()));
            let end = start.saturating_add(error.length().unwrap_or(1)).min(tex.len());
            let end = tex.ceil_char_boundary(end);
            let message = error.kind.to_string().trim_end_matches('.').to_owned();
            Err(Fault { message, at: start..end })
        }
    }
}

/// Tells how deep a formula is nested: braces in braces, or commands that take each other. Refuses what is
/// too deep, or too long.
fn depth(tex: &str) -> Result<usize, Fault> {
    let too = |what: &str, at: usize| {
        let end = tex.ceil_char_boundary((at + 1).min(tex.len()));
        Fault { message: format!("the formula is {what}"), at: at.min(end)..end }
    };
    if tex.len() > BYTES_MAX {
        return Err(too(&format!("longer than {BYTES_MAX} bytes"), 0));
    }
    let (mut depth, mut run, mut deepest) = (0_usize, 0_usize, 0);
    let mut bytes = tex.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                run += 1;
                if bytes.next_if(|(_, next)| !next.is_ascii_alphabetic()).is_none() {
                    while bytes.next_if(|(_, next)| next.is_ascii_alphabetic()).is_some() {}
                }
            }
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => (depth, run) = (depth.saturating_sub(1), 0),
            b'^' | b'_' => run += 1,
            b' ' | b'\n' => {}
            _ => run = 0,
        }
        deepest = deepest.max(depth).max(run);
        if deepest > DEPTH_MAX {
            return Err(too(&format!("nested more than {DEPTH_MAX} deep"), at));
        }
    }
    Ok(deepest)
}

/// Takes the formula out of what is around it, and out of it the source that it was made of: that would be
/// found by a search, and read aloud, a second time.
fn bare(html: &str) -> String {
    let start = html.find("<math").unwrap_or(0);
    let end = html.rfind("</math>").map_or(html.len(), |at| at + "</math>".len());
    let math = &html[start..end];
    let Some((before, rest)) = math.split_once("<semantics>") else { return sorted(math) };
    let inside = rest.rfind("<annotation").map_or(rest, |at| &rest[..at]);
    sorted(&format!("{before}{inside}</math>"))
}

/// Puts the attributes of each element in order: they come in another one each time, and the same text is to give
/// the same bytes. Values stand in quotation marks and hold none, and no bracket either.
fn sorted(math: &str) -> String {
    let mut out = String::with_capacity(math.len());
    for (index, piece) in math.split('<').enumerate() {
        if index > 0 {
            out.push('<');
        }
        let Some((tag, text)) = piece.split_once('>') else {
            out.push_str(piece);
            continue;
        };
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes: Vec<&str> = attributes.split_inclusive("\" ").map(str::trim).collect();
        attributes.sort_unstable();
        let text = alphabetic(name, &mut attributes, text);
        out.push_str(name);
        for attribute in attributes.into_iter().filter(|attribute| !attribute.is_empty()) {
            out.push(' ');
            out.push_str(attribute);
        }
        out.push('>');
        out.push_str(&text);
    }
    out
}

/// Returns the text of a letter or number in the alphabet that its element asks for; browsers hear of no such wish.
fn alphabetic<'a>(name: &str, attributes: &mut Vec<&str>, text: &'a str) -> Cow<'a, str> {
    let wish = attributes.iter().enumerate().find_map(|(at, attribute)| {
        let wish = attribute.strip_prefix("mathvariant=\"")?.strip_suffix('"')?;
        matches!(name, "mi" | "mn" | "mo").then_some((at, wish))
    });
    let Some((at, set)) = wish.and_then(|(at, wish)| Some((at, alphabets::set(text, wish)?)))
    else {
        return Cow::Borrowed(text);
    };
    attributes.remove(at);
    Cow::Owned(set)
}

#[cfg(test)]
mod tests {
    use super::mathml;

    #[test]
    fn a_formula_is_drawn_once() {
        let math = mathml("E = mc^2", false).expect("it is a formula");
        assert!(math.starts_with("<math") && math.ends_with("</math>"), "{math}");
        assert!(math.contains("<msup>") && !math.contains("annotation"), "{math}");
        assert!(mathml("x", true).expect("it is one").contains("display=\"block\""));
    }

    #[test]
    fn alphabets_are_characters() {
        for (tex, expected) in [
            (r"x \in \mathbb{R}^n", "<mi>ℝ</mi>"),
            (r"\mathbb{k}", "<mi>𝕜</mi>"),
            (r"\mathcal{L}", "<mi>ℒ</mi>"),
            (r"\mathfrak{g}", "<mi>𝔤</mi>"),
            (r"\mathbf{v}", "<mi>𝐯</mi>"),
            (r"\boldsymbol{\alpha}", "<mi>𝜶</mi>"),
        ] {
            let math = mathml(tex, false).expect("it is a formula");
            assert!(math.contains(expected) && !math.contains("mathvariant=\"bold"), "{math}");
        }
        // Upright is what browsers do know.
        assert!(
            mathml(r"\mathrm{d}x", false).expect("it is one").contains("mathvariant=\"normal\"")
        );
    }

    #[test]
    fn a_fault_has_a_place() {
        let fault = mathml(r"a + \frc{1}{2}", false).expect_err("no such command");
        assert_eq!(&r"a + \frc{1}{2}"[fault.at], r"\frc");
        assert!(mathml(r"\frac{1}", false).is_err());
    }

    /// None of these may end the program, whatever thread they come on.
    #[test]
    fn monsters_are_refused() {
        for piece in [
            "{",
            r"\sqrt",
            "a^",
            r"\left(",
            r"\frac",
            r"\begin{matrix}",
            r"\text{",
            r"\sqrt ",
            r"\sqrt[",
            "'^",
        ] {
            assert!(mathml(&piece.repeat(1_000_000), false).is_err(), "{piece}");
        }
        for depth in 1..=60 {
            let nested = format!("{}x{}", r"\sqrt{".repeat(depth), "}".repeat(depth));
            assert!(mathml(&nested, false).is_ok(), "{depth}");
        }
        assert!(mathml(r"\def\a{\sqrt{\a}}\a", false).is_err());
        assert!(mathml(r"\def\a{\a\a}\a", false).is_err());
    }

    /// A formula holds text, and text that looks like a tag is none.
    #[test]
    fn nothing_in_a_formula_becomes_a_tag() {
        for tex in [
            r"\text{<img src=x onerror=y>}",
            "<script>x</script>",
            r#"\text{"><b onclick=x>}"#,
            r#"\color{" onclick=x} y"#,
            r"\href{javascript:x}{y}",
            r#"\htmlClass{a"b}{c}"#,
            r"\includegraphics{x.png}",
            r#"\textcolor{red" onclick=x}{y}"#,
            r"\operatorname{<i>}",
        ] {
            let Ok(math) = mathml(tex, false) else { continue };
            for bad in ["<img", "<script", "<b", "<i>", "\" onclick=", " href=", " class=\"a"] {
                assert!(!math.contains(bad), "{tex}: {math}");
            }
        }
    }

    /// The Content-Security-Policy allows no attribute of looks.
    #[test]
    fn formulas_have_no_looks_of_their_own() {
        for tex in [
            r"\color{red} x",
            r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
            r"\boxed{x}",
            r"\textcolor{#ff0000}{y}",
            r"\cancel{x}",
            r"\overbrace{a+b}^{n}",
            r"\rule{1em}{2em}",
            r"\begin{cases} 1 & x \\ 2 & y \end{cases}",
            r"\colorbox{aqua}{z}",
            r"\hskip 3em",
            r"\begin{array}{c|c} a & b \\ \hline c & d \end{array}",
            r"\smash{x}",
            r"\large x",
        ] {
            let math = mathml(tex, true).unwrap_or_else(|fault| panic!("{tex}: {fault:?}"));
            assert!(!math.contains(" style="), "{tex}: {math}");
            for _ in 0..20 {
                assert_eq!(mathml(tex, true).as_ref(), Ok(&math), "the same each time");
            }
        }
    }
}
