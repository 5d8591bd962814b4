//! An address as a square that a phone reads: SVG, dark on light in any theme, with room around it.

use std::fmt::Write;

use fast_qr::{ECL, QRBuilder};

use crate::document::html::escape;

/// How many modules of light stand around the code: phones need them.
const QUIET: usize = 4;

/// How many bytes such a code holds.
pub(super) const BYTES_MAX: usize = 2953;

/// Draws a text; nothing where it is too long, or empty.
pub(super) fn svg(text: &str) -> Option<String> {
    if text.is_empty() || text.len() > BYTES_MAX {
        return None;
    }
    // What a projector and a thumb leave of it is to be enough, where there is room for that.
    let code = [ECL::M, ECL::L]
        .into_iter()
        .find_map(|level| QRBuilder::new(text).ecl(level).build().ok())?;
    let side = code.size + 2 * QUIET;
    let mut label = String::new();
    escape(text, &mut label);
    let mut out = format!(
        "<svg class=\"qr\" viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"{label}\" shape-rendering=\"crispEdges\">\
         <title>{label}</title><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path fill=\"#000\" d=\""
    );
    for row in 0..code.size {
        let mut column = 0;
        while column < code.size {
            let run = (column..code.size).take_while(|at| code[row][*at].value()).count();
            if run > 0 {
                let done = write!(out, "M{} {}h{run}v1h-{run}z", column + QUIET, row + QUIET);
                debug_assert!(done.is_ok(), "a String takes all");
            }
            column += run.max(1);
        }
    }
    out.push_str("\"/></svg>");
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::svg;

    #[test]
    fn a_code_holds_what_it_can() {
        let code = svg("https://example.org/?a=1&b=\"二\"").expect("it fits");
        assert!(
            code.contains("aria-label=\"https://example.org/?a=1&amp;b=&quot;二&quot;\""),
            "{code}"
        );
        assert!(code.contains("fill=\"#fff\"") && !code.contains("style"), "{code}");
        assert!(svg(&"a".repeat(2953)).is_some());
        assert!(svg(&"a".repeat(2954)).is_none());
        assert!(svg("").is_none());
    }
}
