//! Comma-separated values -> rows of cells, and what is uneven about them.

use std::fmt::Write;

use unicode_normalization::UnicodeNormalization;

use crate::document::html::escape;
use crate::span::lines;

/// What is wrong with a table, and in which of its lines, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub line: usize,
    pub message: String,
    pub help: &'static str,
}

/// A row, and the line that it begins on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub line: usize,
    pub cells: Vec<String>,
}

/// Rows with as many cells each, the first of which says what the others are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub rows: Vec<Row>,
    pub faults: Vec<Fault>,
    /// What stands between whole and part of a number.
    point: Point,
}

/// What stands between whole and part of a number. Where semicolons part values, that is a comma.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Point {
    #[default]
    Dot,
    Comma,
}

/// Reads values below a head, at most so many rows; never fails. Commas part them, else semicolons or tabs if the
/// first line has no comma; rows between `|` are a table as Markdown writes it.
pub(super) fn read(text: &str, rows_max: usize) -> Table {
    let text = text.trim_start_matches('\u{feff}');
    let first = lines(text).find(|line| !line.trim().is_empty()).unwrap_or("").trim_start();
    let piped = first.starts_with('|');
    let comma = [',', ';', '\t'].into_iter().find(|comma| first.contains(*comma)).unwrap_or(',');
    let point = if comma == ';' && !piped { Point::Comma } else { Point::Dot };
    let mut table = Table { point, ..Table::default() };
    let (mut rest, mut line) = (text, 0);
    while !rest.is_empty() {
        let (cells, length, closed) = if piped { piped_row(rest) } else { row(rest, comma) };
        let (written, after) = rest.split_at(length);
        if !closed {
            table.tell(
                line,
                "a quotation mark opens here that nothing closes".to_owned(),
                "write `\"\"` for a quotation mark within a value",
            );
        }
        let blank = cells.iter().all(String::is_empty);
        if !blank && table.rows.len() > rows_max {
            let message = format!("the values have more than {rows_max} rows");
            table.tell(line, message, "what is below this line is left out; show a part or a sum");
            break;
        }
        if !blank {
            table.add(Row { line, cells });
        }
        line += written.matches('\n').count();
        rest = after;
    }
    table
}

/// Reads a row: its cells, how long it is with the end of its line, and whether its quotation marks are closed.
fn row(text: &str, comma: char) -> (Vec<String>, usize, bool) {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if quoted && chars.next_if(|(_, next)| *next == '"').is_some() => cell.push('"'),
            '"' if quoted => quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            '\n' if !quoted => {
                cells.push(finished(&cell));
                return (cells, at + 1, true);
            }
            c if c == comma && !quoted => cells.push(finished(&std::mem::take(&mut cell))),
            c => cell.push(c),
        }
    }
    cells.push(finished(&cell));
    (cells, text.len(), !quoted)
}

/// Reads a row of a table of Markdown; the one that only parts the head from the rest has no cells.
fn piped_row(text: &str) -> (Vec<String>, usize, bool) {
    let length = text.find('\n').map_or(text.len(), |end| end + 1);
    let line = text[..length].trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let mut cells: Vec<String> = Vec::new();
    let mut cell = String::new();
    for c in line.chars() {
        match c {
            '|' if cell.ends_with('\\') => {
                cell.pop();
                cell.push('|');
            }
            '|' => cells.push(finished(&std::mem::take(&mut cell))),
            c => cell.push(c),
        }
    }
    cells.extend(Some(finished(&cell)).filter(|cell| !cell.is_empty()));
    let rule = |cell: &String| cell.contains('-') && cell.chars().all(|c| matches!(c, '-' | ':'));
    if cells.iter().all(rule) {
        cells.clear();
    }
    (cells, length, true)
}

fn finished(cell: &str) -> String {
    cell.trim().to_owned()
}

impl Point {
    /// Returns the number that a cell says: `1,200`, `−3`, `45%`, `¥1,200`, `１２`.
    fn number(self, cell: &str) -> Option<f64> {
        let folded: String = if cell.is_ascii() { cell.to_owned() } else { cell.nfkc().collect() };
        let folded = folded.replace(['\u{2212}', '\u{2012}', '\u{2013}'], "-");
        let bare = folded.trim().trim_end_matches('%').trim_end();
        let (sign, digits) = match bare.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", bare.strip_prefix('+').unwrap_or(bare)),
        };
        let digits = digits.trim_start_matches(['$', '€', '£', '¥']).trim_start();
        let (group, point) = match self {
            Point::Dot => (',', '.'),
            Point::Comma => ('.', ','),
        };
        let (whole, part) = digits.split_once(point).map_or((digits, None), |(w, p)| (w, Some(p)));
        let whole = whole.replace(['_', '\u{a0}', ' ', '\''], "");
        let mut groups = whole.split(group);
        let first = groups.next()?;
        // `1,5` is no thousand, nor is `1,,2`; who writes that means something else.
        if groups.any(|digits| digits.len() != 3) || (whole.contains(group) && first.is_empty()) {
            return None;
        }
        let plain = match part {
            Some(part) => format!("{sign}{}.{part}", whole.replace(group, "")),
            None => format!("{sign}{}", whole.replace(group, "")),
        };
        let is_plain = digits.starts_with(|c: char| c.is_ascii_digit() || c == point);
        plain.parse().ok().filter(|number: &f64| is_plain && number.is_finite())
    }
}

impl Table {
    /// Returns the number that a cell says, in the way in which this table writes numbers.
    pub(super) fn number(&self, cell: &str) -> Option<f64> {
        self.point.number(cell)
    }

    fn tell(&mut self, line: usize, message: String, help: &'static str) {
        // A file that is none at all is told once, not a thousand times.
        if self.faults.len() < 5 {
            self.faults.push(Fault { line, message, help });
        }
    }

    /// Adds a row, as long as the first.
    fn add(&mut self, mut row: Row) {
        if let Some(first) = self.rows.first() {
            let (count, wanted) = (row.cells.len(), first.cells.len());
            if count != wanted {
                let values = if count == 1 { "value" } else { "values" };
                self.tell(
                    row.line,
                    format!("the row has {count} {values}, the first has {wanted}"),
                    "give every row as many values; put one that holds a comma in quotation marks",
                );
            }
            row.cells.resize(wanted, String::new());
        }
        self.rows.push(row);
    }

    /// Tells whether the values of a column are numbers.
    pub(super) fn is_numeric(&self, column: usize) -> bool {
        let mut cells = self.rows.iter().skip(1).filter_map(|row| row.cells.get(column));
        let mut cells = cells.by_ref().filter(|cell| !cell.is_empty()).peekable();
        cells.peek().is_some() && cells.all(|cell| self.number(cell).is_some())
    }

    /// Writes the table, at most so many of its rows; the first is its head, numbers stand to the right.
    pub(super) fn html(&self, caption: Option<&str>, rows_max: usize) -> String {
        let mut out = String::from("<table>\n");
        if let Some(caption) = caption {
            out.push_str("<caption>");
            escape(caption, &mut out);
            out.push_str("</caption>\n");
        }
        let columns = self.rows.first().map_or(0, |row| row.cells.len());
        let right: Vec<bool> = (0..columns).map(|column| self.is_numeric(column)).collect();
        for (index, row) in self.rows.iter().take(rows_max + 1).enumerate() {
            out.push_str(match index {
                0 => "<thead>\n<tr>\n",
                1 => "<tbody>\n<tr>\n",
                _ => "<tr>\n",
            });
            let tag = if index == 0 { "th" } else { "td" };
            for (cell, right) in row.cells.iter().zip(&right) {
                let class = if *right { " class=\"right\"" } else { "" };
                let done = write!(out, "<{tag}{class}>");
                debug_assert!(done.is_ok(), "a String takes all");
                escape(cell, &mut out);
                out.extend(["</", tag, ">\n"]);
            }
            out.push_str(if index == 0 { "</tr>\n</thead>\n" } else { "</tr>\n" });
        }
        if self.rows.len() > rows_max + 1 {
            out.push_str("<tr>\n");
            out.push_str(&"<td>⋮</td>\n".repeat(right.len()));
            out.push_str("</tr>\n");
        }
        if self.rows.len() > 1 {
            out.push_str("</tbody>\n");
        }
        out.push_str("</table>");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{Point, Table};

    fn read(text: &str) -> Table {
        super::read(text, 2000)
    }

    fn cells(text: &str) -> Vec<Vec<String>> {
        read(text).rows.into_iter().map(|row| row.cells).collect()
    }

    fn rows<const N: usize, const M: usize>(rows: [[&str; N]; M]) -> Vec<Vec<String>> {
        rows.map(|row| row.map(str::to_owned).to_vec()).to_vec()
    }

    #[test]
    fn values_are_read_as_spreadsheets_write_them() {
        assert_eq!(
            cells("\u{feff}a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\r\n2,\r\n"),
            rows([["a", "b"], ["1", "x, \"y\"\nz"], ["2", ""]])
        );
        assert_eq!(cells("a;b\n1,5;2"), rows([["a", "b"], ["1,5", "2"]]));
        assert_eq!(read("a;b\n1,5;2").number("1,5"), Some(1.5));
        assert_eq!(cells("a\tb")[0].len(), 2);
        assert!(cells("").is_empty() && cells(" \n\n").is_empty());
    }

    #[test]
    fn rows_between_bars_are_a_table_of_markdown() {
        let expected = rows([["月", "人"], ["4月", "1,200"], ["5 | 6", ""]]);
        assert_eq!(cells("| 月 | 人 |\n|:--|--:|\n| 4月 | 1,200 |\n| 5 \\| 6 |  |\n"), expected);
        assert_eq!(cells("|a|b\n|-|-\n|1|2"), rows([["a", "b"], ["1", "2"]]));
    }

    #[test]
    fn what_is_uneven_has_its_line() {
        let told =
            |text: &str| read(text).faults.iter().map(|fault| fault.line).collect::<Vec<_>>();
        assert_eq!(told("a,b\n1\n\"2\n3\",4\n5,6,7\n"), [1, 4]);
        assert_eq!(
            told("a,b\n\"1,2\n3,4\n"),
            [1, 1],
            "nothing closes it, so the row has one value"
        );
        let long: String = std::iter::once("a\n".to_owned())
            .chain((0..100_000).map(|n| format!("{n}\n")))
            .collect();
        let table = read(&long);
        assert_eq!((table.rows.len(), table.faults.len(), table.faults[0].line), (2001, 1, 2001));
        assert!(
            table.html(None, 2).contains("<td class=\"right\">1</td>\n</tr>\n<tr>\n<td>⋮</td>")
        );
        assert!(!table.html(None, 2000).contains('⋮'));
    }

    #[test]
    fn numbers_are_numbers() {
        for (text, dot, comma) in [
            ("1,200", Some(1200.0), Some(1.2)),
            ("1.200", Some(1.2), Some(1200.0)),
            ("1,234,567.5", Some(1_234_567.5), None),
            ("1,5", None, Some(1.5)),
            ("\u{2212}3.5", Some(-3.5), None),
            ("-¥１２", Some(-12.0), Some(-12.0)),
            ("$.5", Some(0.5), None),
            ("1e3", Some(1000.0), Some(1000.0)),
            ("45 %", Some(45.0), Some(45.0)),
        ] {
            assert_eq!(
                (Point::Dot.number(text), Point::Comma.number(text)),
                (dot, comma),
                "{text}"
            );
        }
        for none in
            ["x", "", "inf", "NaN", "-nan", "+inf", "1e999", "-", ".", ",1", "1,,200", "4月"]
        {
            assert_eq!(Point::Dot.number(none), None, "{none}");
        }
    }
}
