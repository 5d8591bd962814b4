//! Formulas: what a thousand different ones cost on a page, and the same page once more after an edit.

use std::fmt::Write as _;
use std::io;

use kamishibai::document::{self, Settings, Workshop};
use kamishibai::source::SourcePath;

use crate::timing::{least, repeated, row, text, timed};

const COUNT: usize = 1000;
const RUNS: usize = 5;

/// Formulas as talks have them; `#` is a number that tells each from all others.
const SHAPES: &[&str] = &[
    r"$E_{#} = mc^2$",
    r"$\frac{a_{#}}{b + c}$",
    r"$\sqrt{x^2 + y_{#}^2}$",
    r"$$\sum_{i=1}^{#} \frac{1}{i^2}$$",
    r"$$\int_0^{#} e^{-x^2} \, dx$$",
    r"$$\begin{pmatrix} a & b \\ c & #\end{pmatrix}$$",
    r"$\mathbb{R}^{#} \to \mathcal{L}(\alpha, \beta)$",
    r"$\lim_{n \to \infty} \left(1 + \frac{#}{n}\right)^n$",
    r"$$f(x) = \begin{cases} 1 & x > # \\ 0 & \text{otherwise} \end{cases}$$",
    r"$O(n^{#} \log n)$",
];

pub(crate) fn measure() -> io::Result<()> {
    println!("\n## Formulas, one thread\n");
    let mut page = String::new();
    for (number, shape) in (0..COUNT).zip(SHAPES.iter().cycle()) {
        writeln!(page, "{}\n", shape.replace('#', &number.to_string()))
            .map_err(io::Error::other)?;
    }
    let path = SourcePath::new("wiki/Formulas.md");
    let parse =
        |workshop: &Workshop| document::parse(&path, &page, Settings { html: false, workshop });
    let workshop = Workshop::default();
    let (first, document) = timed(|| parse(&workshop));
    if !document.diagnostics.is_empty() {
        return Err(io::Error::other(format!("{:?}", document.diagnostics)));
    }
    let cold = least(&repeated(RUNS, || parse(&Workshop::default())));
    let warm = least(&repeated(RUNS, || parse(&workshop)));
    let note = format!("the first time, tables included, {}", text(first.wall));
    row(&format!("{COUNT} formulas to MathML"), &text(cold.wall), &note);
    row("the same page after an edit", &text(warm.wall), "all of them at hand");
    Ok(())
}
