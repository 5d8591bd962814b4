//! Charts: values -> lines, bars or points, drawn as SVG with classes that themes colour.

mod draw;
mod scale;

use crate::config::closest;
use crate::document::csv::{self, Fault, Table, number};

pub(super) use draw::svg;

/// How a chart shows its values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Line,
    Bar,
    Scatter,
}

const KINDS: &[(&str, Kind)] =
    &[("line", Kind::Line), ("bar", Kind::Bar), ("scatter", Kind::Scatter)];
const KEYS: &[&str] = &["type", "title", "x", "y", "file"];

/// What a fence says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Chart {
    kind: Kind,
    pub title: String,
    /// What stands at the axes.
    x: String,
    y: String,
    pub table: Table,
    series: Vec<Series>,
}

/// A column of numbers; nothing where a row has none.
#[derive(Clone, Debug, PartialEq)]
struct Series {
    name: String,
    values: Vec<Option<f64>>,
}

/// Reads `key: value` lines, and values from the first line that is none.
pub(super) fn read(text: &str) -> (Chart, Vec<Fault>) {
    let (mut chart, mut faults, mut at, mut line) = (Chart::default(), Vec::new(), 0, 0);
    for written in text.split_inclusive('\n') {
        let Some((key, value)) = key(written) else { break };
        chart.set(key, value, line, &mut faults);
        at += written.len();
        line += 1;
    }
    chart.table = csv::read(&text[at..]);
    for row in &mut chart.table.rows {
        row.line += line;
    }
    let found = chart.table.faults.drain(..);
    faults.extend(found.map(|fault| Fault { line: fault.line + line, ..fault }));
    chart.read_series(line, &mut faults);
    (chart, faults)
}

/// Returns key and value of a line that is no row of values.
fn key(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let (key, value) = (key.trim(), value.trim());
    let word = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphabetic());
    (word && (KEYS.contains(&key) || !value.contains(','))).then(|| (key, value.trim_matches('"')))
}

impl Chart {
    fn set(&mut self, key: &str, value: &str, line: usize, faults: &mut Vec<Fault>) {
        let mut tell = |message: String, help| faults.push(Fault { line, message, help });
        match key {
            "type" => match KINDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(value)) {
                Some((_, kind)) => self.kind = *kind,
                None => tell(
                    format!("`{value}` is no type of chart"),
                    "write `line`, `bar` or `scatter`",
                ),
            },
            "title" => value.clone_into(&mut self.title),
            "x" => value.clone_into(&mut self.x),
            "y" => value.clone_into(&mut self.y),
            "file" => tell(
                format!("`{value}` is no file of the site"),
                "name a CSV file beside the document, on a line `file: values.csv`",
            ),
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
        let Some(head) = self.table.rows.first() else {
            let message = "the chart has no values".to_owned();
            faults.push(Fault {
                line: line.saturating_sub(1),
                message,
                help: "write them below the keys, as `month,visitors`, or name a file",
            });
            return;
        };
        let rows = &self.table.rows[1..];
        for column in 1..head.cells.len() {
            let values: Vec<Option<f64>> =
                rows.iter().map(|row| number(&row.cells[column])).collect();
            if values.iter().all(Option::is_none) {
                continue;
            }
            for row in rows.iter().filter(|row| !row.cells[column].is_empty()) {
                if number(&row.cells[column]).is_none() && faults.len() < 5 {
                    let message = format!("`{}` is no number", row.cells[column]);
                    faults.push(Fault {
                        line: row.line,
                        message,
                        help: "write `1200` or `1.5`, or leave the value out",
                    });
                }
            }
            self.series.push(Series { name: head.cells[column].clone(), values });
        }
        if self.kind == Kind::Scatter && rows.iter().all(|row| number(&row.cells[0]).is_none()) {
            self.series.clear();
        }
        if self.series.is_empty() {
            let message = "no column of the chart holds numbers".to_owned();
            faults.push(Fault { line: head.line, message, help: "the first column says where, the others how much; points need numbers in the first, too" });
        }
    }

    /// Returns where each row stands along the chart, where these are numbers; bars stand side by side.
    fn positions(&self) -> Option<Vec<Option<f64>>> {
        let numbers =
            self.kind != Kind::Bar && (self.kind == Kind::Scatter || self.table.is_numeric(0));
        numbers.then(|| self.labels().map(number).collect())
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
    use super::{read, svg};

    fn told(text: &str) -> Vec<(usize, String)> {
        read(text).1.into_iter().map(|fault| (fault.line, fault.message)).collect()
    }

    #[test]
    fn values_become_marks() {
        let (chart, faults) = read("type: bar\ntitle: 客\n\n月,客,売上\n4月,3,\n5月,10,1.5\n");
        assert_eq!(faults, []);
        let drawn = svg(&chart);
        assert_eq!(drawn.matches("<rect class=\"chart-1\"").count(), 2, "{drawn}");
        assert_eq!(drawn.matches("<rect class=\"chart-2\"").count(), 1, "{drawn}");
        assert!(drawn.contains("aria-label=\"客\"") && drawn.contains(">4月</text>"), "{drawn}");
        assert!(
            !drawn.contains("style") && !drawn.contains("NaN") && !drawn.contains(" id="),
            "{drawn}"
        );
        let (line, _) = read("a,b\n1,2\n2,\n4,8\n");
        assert_eq!(svg(&line).matches("<path class=\"chart-line chart-1\" d=\"M").count(), 1);
        let (points, _) = read("type: scatter\na,b\n1,2\n2,3\n");
        assert_eq!(svg(&points).matches("class=\"chart-mark chart-1\"").count(), 2);
    }

    #[test]
    fn odd_values_draw_no_nonsense() {
        for text in [
            "a,b\n1,5\n",
            "a,b\n1,0\n2,0\n",
            "a,b\nx,-1\ny,-1e300\n",
            "a,b\n1,1e-300\n1,1e300\n",
            "type: bar\na,b\nx,-3\n",
        ] {
            let (chart, _) = read(text);
            let drawn = svg(&chart);
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{text}: {drawn}");
        }
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        assert_eq!(told("type: pie\na,b\n1,2\n"), [(0, "`pie` is no type of chart".to_owned())]);
        assert_eq!(told("titel: x\na,b\n1,2\n")[0].0, 0);
        assert_eq!(told("type: line\n"), [(0, "the chart has no values".to_owned())]);
        assert_eq!(told("a,b\nx,y\n"), [(0, "no column of the chart holds numbers".to_owned())]);
        assert_eq!(told("title: t\n\na,b\nx,1\ny,viel\n"), [(4, "`viel` is no number".to_owned())]);
        assert_eq!(told("type: scatter\na,b\nx,1\n")[0].1, "no column of the chart holds numbers");
    }
}
