//! Charts: values -> lines, bars or points, drawn as SVG with classes that themes colour.

mod draw;
mod names;
mod pen;
mod scale;

use crate::config::closest;
use crate::document::csv::{self, Fault, Table};

pub(super) use draw::{PAGE, SLIDE, svg};
use scale::EDGE;

/// How a chart shows its values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Line,
    Bar,
    Scatter,
}

const KINDS: &[(&str, Kind)] =
    &[("line", Kind::Line), ("bar", Kind::Bar), ("scatter", Kind::Scatter)];
/// What is said where a word names no kind.
pub(super) const KINDS_HELP: &str = "write `line`, `bar` or `scatter`";
const KEYS: &[&str] = &["type", "title", "x", "y", "file"];
/// More points than a picture can tell apart.
const ROWS_MAX: usize = 20_000;
/// More bars have no room beside each other.
const BARS_MAX: usize = 400;

/// What a fence says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Chart {
    kind: Kind,
    pub title: String,
    /// What stands at the axes.
    x: String,
    y: String,
    /// Whether it names a file that is not there; where it is there, its values are.
    lacks_file: bool,
    pub table: Table,
    series: Vec<Series>,
}

/// A column of numbers; nothing where a row has none.
#[derive(Clone, Debug, PartialEq)]
struct Series {
    name: String,
    values: Vec<Option<f64>>,
}

/// Returns the kind that a word names.
pub(super) fn kind(word: &str) -> Option<Kind> {
    KINDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind)
}

/// Reads `key: value` lines, and values from the first line that is none; without `type` it is of a kind.
pub(super) fn read(text: &str, kind: Kind) -> (Chart, Vec<Fault>) {
    let mut chart = Chart { kind, ..Chart::default() };
    let (mut faults, mut at, mut line) = (Vec::new(), 0, 0);
    for written in text.split_inclusive('\n') {
        match key(written) {
            Some((key, value)) => chart.set(&key, value, line, &mut faults),
            None if written.trim().is_empty() => {}
            None => break,
        }
        at += written.len();
        line += 1;
    }
    chart.table = csv::read(&text[at..], ROWS_MAX);
    for row in &mut chart.table.rows {
        row.line += line;
    }
    let found = chart.table.faults.drain(..);
    faults.extend(found.map(|fault| Fault { line: fault.line + line, ..fault }));
    chart.read_series(line, &mut faults);
    (chart, faults)
}

/// Returns key and value of a line that is no row of values.
fn key(line: &str) -> Option<(String, &str)> {
    let (key, value) = line.split_once(':')?;
    let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
    let word = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphabetic());
    let parts = value.contains([',', ';', '\t', '|']);
    (word && (KEYS.contains(&key.as_str()) || !parts)).then(|| (key, value.trim_matches('"')))
}

impl Chart {
    fn set(&mut self, key: &str, value: &str, line: usize, faults: &mut Vec<Fault>) {
        let mut tell = |message: String, help| faults.push(Fault { line, message, help });
        match key {
            "type" => match kind(value) {
                Some(kind) => self.kind = kind,
                None => tell(format!("`{value}` is no type of chart"), KINDS_HELP),
            },
            "title" => value.clone_into(&mut self.title),
            "x" => value.clone_into(&mut self.x),
            "y" => value.clone_into(&mut self.y),
            "file" => {
                self.lacks_file = true;
                let help = "name a CSV file beside the document, `file: values.csv`; in a quotation write the values themselves";
                tell(format!("`{value}` cannot be read as values"), help);
            }
            _ => {
                let near = closest(key, KEYS.iter().copied());
                let message = match near {
                    Some(near) => {
                        format!("`{key}` says nothing of a chart; did you mean `{near}`?")
                    }
                    None => format!("`{key}` says nothing of a chart"),
                };
                tell(message, "the keys are type, title, x, y and file; values come below them");
            }
        }
    }

    fn read_series(&mut self, line: usize, faults: &mut Vec<Fault>) {
        let mut tell = |line, message: String, help| faults.push(Fault { line, message, help });
        let Some(head) = self.table.rows.first() else {
            let help = "write them below the keys, as `month,visitors`, or name a file";
            if self.lacks_file {
                return;
            }
            return tell(line.saturating_sub(1), "the chart has no values".to_owned(), help);
        };
        let rows = &self.table.rows[1..];
        let mut odd = Vec::new();
        for column in 0..head.cells.len() {
            let numbers = || rows.iter().map(|row| self.table.number(&row.cells[column]));
            let wanted = column > 0 || self.kind == Kind::Scatter;
            if !wanted || numbers().all(|number| number.is_none()) {
                continue;
            }
            odd.extend(rows.iter().zip(numbers()).filter_map(|(row, number)| {
                let cell = &row.cells[column];
                let (message, help) = match number {
                    None if cell.is_empty() => return None,
                    None => (
                        format!("`{cell}` is no number"),
                        "write `1200` or `1.5`, or leave the value out",
                    ),
                    Some(number) if number.abs() <= EDGE => return None,
                    Some(_) => (
                        format!("`{cell}` is beyond what a chart shows, and stands at its edge"),
                        "write it in a larger unit",
                    ),
                };
                Some((row.line, message, help))
            }));
            if column > 0 {
                let name = head.cells[column].clone();
                self.series.push(Series { name, values: numbers().collect() });
            }
        }
        for (line, message, help) in odd.into_iter().take(5) {
            tell(line, message, help);
        }
        let number = |row: &csv::Row| self.table.number(&row.cells[0]);
        if self.kind == Kind::Scatter && rows.iter().all(|row| number(row).is_none()) {
            self.series.clear();
        }
        if self.series.is_empty() {
            let help = "the first row names the columns; the first column says where, the others how much; points need numbers in the first, too";
            tell(head.line, "no column of the chart holds numbers".to_owned(), help);
        }
        let bars = rows.len() * self.series.len();
        if self.kind == Kind::Bar && bars > BARS_MAX {
            let help = "write `type: line`, or show a part or a sum";
            tell(head.line, format!("{bars} bars have no room, so they are drawn as lines"), help);
            self.kind = Kind::Line;
        }
    }

    /// Returns where each row stands along the chart, where these are numbers; bars stand side by side.
    fn positions(&self) -> Option<Vec<Option<f64>>> {
        let numbers =
            self.kind != Kind::Bar && (self.kind == Kind::Scatter || self.table.is_numeric(0));
        numbers.then(|| self.labels().map(|label| self.table.number(label)).collect())
    }

    fn labels(&self) -> impl Iterator<Item = &str> {
        self.table.rows.iter().skip(1).map(|row| row.cells[0].as_str())
    }

    pub(super) fn is_drawn(&self) -> bool {
        !self.series.is_empty()
    }

    /// Returns what the picture is called.
    pub(super) fn name(&self) -> String {
        if !self.title.is_empty() {
            return self.title.clone();
        }
        self.series.iter().map(|series| series.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::{Chart, Fault, Kind, PAGE, svg};

    fn read(text: &str) -> (Chart, Vec<Fault>) {
        super::read(text, Kind::default())
    }

    fn told(text: &str) -> Vec<(usize, String)> {
        read(text).1.into_iter().map(|fault| (fault.line, fault.message)).collect()
    }

    #[test]
    fn values_become_marks() {
        let (chart, faults) = read("type: bar\ntitle: 客\n\n月,客,売上\n4月,3,\n5月,10,1.5\n");
        assert_eq!(faults, []);
        let drawn = svg(&chart, PAGE);
        // One of each is in the legend.
        assert_eq!(drawn.matches("<rect class=\"chart-1\"").count(), 3, "{drawn}");
        assert_eq!(drawn.matches("<rect class=\"chart-2\"").count(), 2, "{drawn}");
        assert!(drawn.contains("aria-label=\"客\"") && drawn.contains(">4月</text>"), "{drawn}");
        assert!(
            !drawn.contains("style") && !drawn.contains("NaN") && !drawn.contains(" id="),
            "{drawn}"
        );
        let (line, _) = read("a,b\n1,2\n2,\n4,8\n5,9\n");
        let drawn = svg(&line, PAGE);
        assert_eq!(drawn.matches("class=\"chart-mark chart-1\"").count(), 3, "{drawn}");
        let lines: Vec<&str> = drawn.split("class=\"chart-line chart-1\" d=\"").skip(1).collect();
        assert_eq!(
            lines.iter().filter(|line| line.split('"').next().unwrap().contains('L')).count(),
            1
        );
        let (points, _) = read("type: scatter\na,b\n1,2\n2,3\n");
        assert_eq!(svg(&points, PAGE).matches("class=\"chart-mark chart-1\"").count(), 2);
    }

    #[test]
    fn odd_values_draw_no_nonsense() {
        for text in [
            "a,b\n1,5\n",
            "a,b\n1,0\n2,0\n",
            "a,b\nx,-1\ny,-1e300\n",
            "a,b\n1,1e-300\n1,1e300\n",
            "a,b\n1,-1e308\n2,1e308\n",
            "a,b\n1,3e-200\n2,5e-200\n",
            "type: bar\na,b\nx,-3\n",
            "a,b\nx,1\ny,NaN\nz,3\n",
            "type: scatter\na,b\n1,0\n,5\n",
        ] {
            let (chart, _) = read(text);
            let drawn = svg(&chart, PAGE);
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{text}: {drawn}");
            assert!(drawn.contains("class=\"chart-grid\"") && drawn.contains("</text>"), "{text}");
            assert_eq!(drawn, svg(&chart, PAGE));
        }
    }

    #[test]
    fn ten_thousand_points_are_drawn_and_weigh_little() {
        let rows: Vec<String> = (0..10_000).map(|n| format!("{n},{}", (n * 7919) % 1009)).collect();
        let rows = rows.join("\n");
        let (line, faults) = read(&format!("a,b\n{rows}"));
        assert_eq!(faults, []);
        let drawn = svg(&line, PAGE);
        assert!(drawn.len() < 60_000, "{}", drawn.len());
        let (points, _) = read(&format!("type: scatter\na,b\n{rows}"));
        let drawn = svg(&points, PAGE);
        assert!(drawn.len() < 200_000 && drawn.contains("chart-dots"), "{}", drawn.len());
    }

    #[test]
    fn names_have_lines_of_their_own() {
        let (chart, _) = read(
            "type: bar\n店,本\n神保町の本店と倉庫,1\n横浜駅の西口の店,2\nKyoto station west,3\n名古屋,4\n大阪,5\n福岡,6\n",
        );
        let drawn = svg(&chart, PAGE);
        assert!(drawn.contains(">名古屋</text>") && drawn.contains(">Kyoto</text>"), "{drawn}");
        let names: Vec<String> = (0..30).map(|n| format!("とても長い系列の名前{n},")).collect();
        let names = names.concat();
        let (chart, _) = read(&format!("x,{names}z\n1{}\n", ",1".repeat(31)));
        let drawn = svg(&chart, PAGE);
        assert!(!drawn.contains("x=\"-"), "{drawn}");
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        assert_eq!(told("type: pie\na,b\n1,2\n"), [(0, "`pie` is no type of chart".to_owned())]);
        assert_eq!(told("titel: x\na,b\n1,2\n")[0].0, 0);
        assert_eq!(told("type: line\n"), [(0, "the chart has no values".to_owned())]);
        assert_eq!(told("a,b\nx,y\n"), [(0, "no column of the chart holds numbers".to_owned())]);
        assert_eq!(told("title: t\n\na,b\nx,1\ny,viel\n"), [(4, "`viel` is no number".to_owned())]);
        assert_eq!(told("type: scatter\na,b\nx,1\n2,2\n"), [(2, "`x` is no number".to_owned())]);
        assert_eq!(told("Type: bar\n\ntitle: x\na:b,c\n1,2\n"), []);
        let many: Vec<String> = (0..500).map(|n| format!("{n},{n}\n")).collect();
        let many = many.concat();
        assert_eq!(
            told(&format!("type: bar\na,b\n{many}")),
            [(1, "500 bars have no room, so they are drawn as lines".to_owned())]
        );
        assert_eq!(told("type: scatter\na,b\nx,1\n")[0].1, "no column of the chart holds numbers");
    }
}
