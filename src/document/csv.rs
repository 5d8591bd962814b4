//! Comma-separated values -> rows of cells, and what is uneven about them.

use std::fmt::Write;

use crate::document::html::escape;

/// How many rows a table shows: nobody reads more of one page.
pub(super) const ROWS_MAX: usize = 2000;

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
}

/// Reads values; never fails. Commas part them, else semicolons or tabs if the first line has no comma.
pub(super) fn read(text: &str) -> Table {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let comma = [',', ';', '\t'].into_iter().find(|comma| first.contains(*comma)).unwrap_or(',');
    let mut table = Table::default();
    let (mut rest, mut line) = (text, 0);
    while !rest.is_empty() {
        let (cells, length, closed) = row(rest, comma);
        let (written, after) = rest.split_at(length);
        let blank = cells.len() == 1 && cells[0].trim().is_empty();
        if !closed {
            table.tell(
                line,
                "a quotation mark opens here that nothing closes".to_owned(),
                "write `\"\"` for a quotation mark within a value",
            );
        }
        if !blank {
            table.add(Row { line, cells });
        }
        line += written.matches('\n').count();
        rest = after;
    }
    if table.rows.len() > ROWS_MAX + 1 {
        let (count, at) = (table.rows.len() - 1, table.rows[ROWS_MAX + 1].line);
        table.rows.truncate(ROWS_MAX + 1);
        table.tell(
            at,
            format!("the table has {count} rows; the first {ROWS_MAX} are shown"),
            "show a part of it, and link to the file",
        );
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

fn finished(cell: &str) -> String {
    cell.trim().to_owned()
}

/// Returns the number that a cell says: `1,200`, `−3`, `45%`.
pub(super) fn number(cell: &str) -> Option<f64> {
    let plain = cell
        .trim()
        .trim_end_matches('%')
        .trim_end()
        .replace([',', '_', '\u{a0}'], "")
        .replace('\u{2212}', "-");
    let digits = plain.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    plain.parse().ok().filter(|number: &f64| digits && number.is_finite())
}

impl Table {
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
            if count != wanted && self.rows.len() <= ROWS_MAX {
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
        cells.peek().is_some() && cells.all(|cell| number(cell).is_some())
    }

    /// Writes the table; the first row is its head, numbers stand to the right.
    pub(super) fn html(&self, caption: Option<&str>) -> String {
        let mut out = String::from("<table>\n");
        if let Some(caption) = caption {
            out.push_str("<caption>");
            escape(caption, &mut out);
            out.push_str("</caption>\n");
        }
        let columns = self.rows.first().map_or(0, |row| row.cells.len());
        let right: Vec<bool> = (0..columns).map(|column| self.is_numeric(column)).collect();
        for (index, row) in self.rows.iter().enumerate() {
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
        if self.rows.len() > 1 {
            out.push_str("</tbody>\n");
        }
        out.push_str("</table>");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{number, read};

    fn cells(text: &str) -> Vec<Vec<String>> {
        read(text).rows.into_iter().map(|row| row.cells).collect()
    }

    #[test]
    fn values_are_read_as_spreadsheets_write_them() {
        let expected = [["a", "b"], ["1", "x, \"y\"\nz"], ["2", ""]]
            .map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(cells("\u{feff}a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\r\n2,\r\n"), expected);
        assert_eq!(
            cells("a;b\n1,5;2"),
            [["a", "b"], ["1,5", "2"]].map(|row| row.map(str::to_owned).to_vec())
        );
        assert_eq!(cells("a\tb")[0].len(), 2);
        assert!(cells("").is_empty());
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
    }

    #[test]
    fn numbers_are_numbers() {
        for (text, expected) in [
            ("1,200", Some(1200.0)),
            ("\u{2212}3.5", Some(-3.5)),
            ("45%", Some(45.0)),
            ("x", None),
            ("", None),
            ("inf", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }
}
