//! Graphs in Graphviz's language (`dot`) -> a flowchart, which is laid out and dressed as every other is.
//!
//! Source: the language's own definition, <https://graphviz.org/doc/info/lang.html>. Shapes that a flowchart does
//! not have become the nearest that it has; where exactly something stands is not the author's to say here.

mod read;
mod token;

use std::fmt::Write as _;

use super::Fault;
use read::{Attributes, Edge, Graph, Node, read};

/// What stands around the words of a node, by its shape.
const SHAPES: &[(&[&str], [&str; 2])] = &[
    (&["circle", "point", "Mcircle"], ["((", "))"]),
    (&["doublecircle"], ["(((", ")))"]),
    (&["diamond", "Mdiamond"], ["{", "}"]),
    (&["hexagon", "octagon", "doubleoctagon", "tripleoctagon"], ["{{", "}}"]),
    (&["parallelogram"], ["[/", "/]"]),
    (&["trapezium"], ["[/", "\\]"]),
    (&["invtrapezium"], ["[\\", "/]"]),
    (&["cylinder"], ["[(", ")]"]),
    (&["component", "tab", "folder", "box3d"], ["[[", "]]"]),
    (&["Mrecord"], ["(", ")"]),
    (&["", "ellipse", "oval", "egg"], ["([", "])"]),
];

/// Writes a graph as a flowchart.
pub(super) fn flowchart(text: &str) -> Result<String, Fault> {
    let graph = read(text)?;
    if graph.nodes.is_empty() {
        return Err(Fault::new("the graph has no node".to_owned(), None));
    }
    let direction = match graph.attributes.get("rankdir").map(String::as_str) {
        Some("LR") => "LR",
        Some("RL") => "RL",
        Some("BT") => "BT",
        _ => "TB",
    };
    let mut chart = String::new();
    if let Some(label) = graph.attributes.get("label").filter(|label| !label.is_empty()) {
        let title = lines(label, &graph.name).join(" ");
        let _ = writeln!(chart, "---\ntitle: {}\n---", serde_json::Value::String(title));
    }
    let _ = writeln!(chart, "flowchart {direction}");
    write_cluster(&graph, None, &mut chart);
    for (number, node) in graph.nodes.iter().enumerate() {
        write_looks(&format!("n{number}"), &node.attributes, &mut chart);
    }
    for (number, cluster) in graph.clusters.iter().enumerate() {
        write_looks(&format!("c{number}"), &cluster.attributes, &mut chart);
    }
    for (number, edge) in graph.edges.iter().enumerate() {
        write_edge(&graph, edge, &mut chart);
        if let Some(colour) = colour(&edge.attributes, "color") {
            let _ = writeln!(chart, "linkStyle {number} stroke:{colour}");
        }
    }
    Ok(chart)
}

/// Writes the nodes and clusters in a cluster, or those that are in none.
fn write_cluster(graph: &Graph, cluster: Option<usize>, chart: &mut String) {
    for (number, node) in graph.nodes.iter().enumerate() {
        if node.cluster == cluster {
            write_node(number, node, chart);
        }
    }
    for (number, inner) in graph.clusters.iter().enumerate() {
        let is_filled = graph.nodes.iter().any(|node| stands_in(graph, node.cluster, number));
        if inner.parent == cluster && is_filled {
            let label = inner.attributes.get("label").map_or("", String::as_str);
            let _ = writeln!(chart, "subgraph c{number} [\"{}\"]", quoted(label, &graph.name));
            write_cluster(graph, Some(number), chart);
            chart.push_str("end\n");
        }
    }
}

/// Tells whether a cluster is another one or stands in it.
fn stands_in(graph: &Graph, cluster: Option<usize>, outer: usize) -> bool {
    let mut chain = std::iter::successors(cluster, |cluster| graph.clusters[*cluster].parent);
    chain.any(|cluster| cluster == outer)
}

fn write_node(number: usize, Node { name, attributes, .. }: &Node, chart: &mut String) {
    let shape = attributes.get("shape").map_or("", String::as_str);
    let is_round = attributes.get("style").is_some_and(|style| style.contains("rounded"));
    let known = SHAPES.iter().find(|(names, _)| names.contains(&shape));
    let plain = if is_round { ["(", ")"] } else { ["[", "]"] };
    let [open, close] = known.map_or(plain, |(_, marks)| *marks);
    let label = attributes.get("label").map_or("\\N", String::as_str);
    let label = if shape == "point" { "" } else { label };
    let label = if shape.ends_with("record") { record(label) } else { label.to_owned() };
    let said = quoted(&label, name);
    let said = if said.is_empty() { " " } else { &said };
    let _ = writeln!(chart, "n{number}{open}\"{said}\"{close}");
    if matches!(shape, "plaintext" | "plain" | "none" | "underline") {
        let _ = writeln!(chart, "style n{number} fill:none,stroke:none");
    }
}

/// Returns the fields of a record as lines.
fn record(label: &str) -> String {
    let (mut said, mut letters, mut port) = (String::new(), label.chars(), false);
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(sign @ ('{' | '}' | '|' | '<' | '>' | ' ')) => said.push(sign),
                Some(other) => said.extend(['\\', other]),
                None => {}
            },
            '<' => port = true,
            '>' => port = false,
            _ if port => {}
            '{' | '}' => {}
            '|' => said.push_str("\\n"),
            _ => said.push(letter),
        }
    }
    said
}

fn write_edge(graph: &Graph, Edge { from, to, attributes }: &Edge, chart: &mut String) {
    let is = |name: &str, value: &str| attributes.get(name).is_some_and(|said| said == value);
    let style = attributes.get("style").map_or("", String::as_str);
    let longer = attributes.get("minlen").and_then(|long| long.parse::<usize>().ok());
    let longer = longer.unwrap_or(1).clamp(1, 8) - 1;
    let both = is("dir", "both");
    let back = is("dir", "back");
    let plain = is("dir", "none") || is("arrowhead", "none");
    let headless = !both && !back && (plain || (!graph.directed && !is("dir", "forward")));
    let (from, to) = if back { (to, from) } else { (from, to) };
    let start = if both { "<" } else { "" };
    let line = if style.contains("invis") {
        format!("~~~{}", "~".repeat(longer))
    } else if style.contains("dashed") || style.contains("dotted") {
        format!("{start}-.{}{}", ".".repeat(longer), if headless { "-" } else { "->" })
    } else if style.contains("bold") {
        format!("{start}=={}{}", "=".repeat(longer), if headless { "=" } else { ">" })
    } else {
        format!("{start}--{}{}", "-".repeat(longer), if headless { "-" } else { ">" })
    };
    let label = attributes.get("label").or_else(|| attributes.get("xlabel"));
    let label = label.map_or_else(String::new, |label| quoted(label, ""));
    if label.is_empty() || style.contains("invis") {
        let _ = writeln!(chart, "n{from} {line} n{to}");
    } else {
        let _ = writeln!(chart, "n{from} {line}|\"{label}\"| n{to}");
    }
}

/// Writes the colours that an author has given to something.
fn write_looks(id: &str, attributes: &Attributes, chart: &mut String) {
    let is_filled = attributes.get("style").is_some_and(|style| style.contains("filled"));
    let fill = colour(attributes, "fillcolor").or_else(|| colour(attributes, "bgcolor"));
    let fill = fill
        .or_else(|| colour(attributes, "color"))
        .filter(|_| is_filled || attributes.contains_key("bgcolor"));
    // What stands on a colour of the author's is black, as Graphviz has it, in the dark as well. What stands in a
    // cluster is not: its colour is a mere tint.
    let is_cluster = id.starts_with('c');
    let words = fill.filter(|_| !is_cluster).map(|_| "black");
    let looks = [
        fill.map(|colour| format!("fill:{colour}")),
        fill.filter(|_| is_cluster).map(|_| "fill-opacity:0.35".to_owned()),
        colour(attributes, "color").map(|colour| format!("stroke:{colour}")),
        colour(attributes, "fontcolor").or(words).map(|colour| format!("color:{colour}")),
    ];
    let looks: Vec<String> = looks.into_iter().flatten().collect();
    if !looks.is_empty() {
        let _ = writeln!(chart, "style {id} {}", looks.join(","));
    }
}

/// Returns a colour that a browser knows as well: by its number or its name. Of a row of them the first counts.
fn colour<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    let said = attributes.get(name)?.split([':', ';']).next()?.trim();
    let is_number = said.strip_prefix('#').is_some_and(|digits| {
        matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    let is_name = !said.is_empty() && said.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_number || is_name).then_some(said)
}

/// Returns the lines of a label; `\N` and `\G` stand for a name.
fn lines(label: &str, name: &str) -> Vec<String> {
    let (mut lines, mut letters) = (vec![String::new()], label.chars());
    while let Some(letter) = letters.next() {
        let line = lines.len() - 1;
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'l' | 'r') => lines.push(String::new()),
                Some('N' | 'G') => lines[line].push_str(name),
                Some(other) => lines[line].push(other),
                None => {}
            },
            '\n' => lines.push(String::new()),
            _ => lines[line].push(letter),
        }
    }
    while lines.len() > 1 && lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// Returns a label as a flowchart takes it between quotation marks.
fn quoted(label: &str, name: &str) -> String {
    let mut said = String::new();
    for (number, line) in lines(label, name).iter().enumerate() {
        if number > 0 {
            said.push_str("<br/>");
        }
        for letter in line.trim().chars() {
            match letter {
                // Signs that mean something in a flowchart are written by their numbers.
                '"' | '<' | '>' | '&' | '#' | '`' | '\\' | '*' | '_' | '~' | '|' | '%' => {
                    let _ = write!(said, "#{};", u32::from(letter));
                }
                _ => said.push(letter),
            }
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::{Fault, flowchart};

    fn chart(text: &str) -> Vec<String> {
        flowchart(text).expect("it is a graph").lines().map(str::to_owned).collect()
    }

    #[test]
    fn nodes_edges_and_what_is_said_of_them() {
        let text = "digraph G { rankdir=LR; node [shape=box]; a [label=\"始め\\nend\"]\n\
                    a -> b -> {c; d} [label=yes, style=dashed]; b [shape=diamond style=filled fillcolor=gold]\n\
                    d -> a [dir=back color=\"#f00\"] }";
        assert_eq!(
            chart(text),
            [
                "flowchart LR",
                "n0[\"始め<br/>end\"]",
                "n1{\"b\"}",
                "n2[\"c\"]",
                "n3[\"d\"]",
                "style n1 fill:gold,color:black",
                "n0 -.->|\"yes\"| n1",
                "n1 -.->|\"yes\"| n2",
                "n1 -.->|\"yes\"| n3",
                "n0 --> n3",
                "linkStyle 3 stroke:#f00",
            ]
        );
    }

    #[test]
    fn clusters_stand_in_each_other_and_their_defaults_end_with_them() {
        let text = "graph { subgraph cluster_a { label=A; node [shape=circle]; x; \
                    subgraph \"cluster b\" { y }; { z } } y -- w; subgraph cluster_empty { } }";
        assert_eq!(
            chart(text),
            [
                "flowchart TB",
                "n3([\"w\"])",
                "subgraph c0 [\"A\"]",
                "n0((\"x\"))",
                "n2((\"z\"))",
                "subgraph c1 [\"\"]",
                "n1((\"y\"))",
                "end",
                "end",
                "n1 --- n3",
            ]
        );
    }

    #[test]
    fn what_a_language_allows_is_read() {
        let text = "\u{feff}/* a */\n# b\nstrict graph \"G\" { // c\n\
                    a--b;b--a a:n:sw--b[minlen=3][dir=both]\n-1.5 -- .5\n\
                    r [shape=record label=\"<p>x|{y\\|z|w}\"] h [label=<<b>o</b>ne<br/>&amp; \"two\">]\n\
                    \"a\" + \"b\" ; EDGE [label=\"\\E\"] Node; t [shape=none, label=\"\"] }";
        assert_eq!(
            chart(text),
            [
                "flowchart TB",
                "n0([\"a\"])",
                "n1([\"b\"])",
                "n2([\"-1.5\"])",
                "n3([\".5\"])",
                "n4[\"x<br/>y#124;z<br/>w\"]",
                "n5([\"one<br/>#38; #34;two#34;\"])",
                "n6([\"ab\"])",
                "n7[\" \"]",
                "style n7 fill:none,stroke:none",
                "n0 <----> n1",
                "n2 --- n3",
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        let told = |text: &str| {
            let Fault { message, at, .. } = flowchart(text).expect_err("it is no graph");
            (message, at.map(|at| text[at].to_owned()))
        };
        let at = |message: &str, at: &str| (message.to_owned(), Some(at.to_owned()));
        assert_eq!(told("digraph { a -- b }"), at("an edge of a digraph is written `->`", "--"));
        assert_eq!(told("graph { a -> b }"), at("an edge of a graph is written `--`", "->"));
        assert_eq!(told("graph { a -- }"), at("a node is expected, not `}`", "}"));
        assert_eq!(told("graph { a "), at("a node is expected, not the end", "a"));
        assert_eq!(told("graph { a [b=] }"), at("a value is expected, not `]`", "]"));
        assert_eq!(told("graph { \"a }"), at("a string has no end", "\""));
        assert_eq!(told("graph { a [label=<b }"), at("a label in `<` and `>` has no end", "<"));
        assert_eq!(told("graph { /* }"), at("a comment has no end", "/"));
        assert_eq!(told("graph { a ? }"), at("`?` means nothing here", "?"));
        assert_eq!(told("tree { }"), at("`graph` or `digraph` is expected, not `tree`", "tree"));
        assert_eq!(told("graph {}"), ("the graph has no node".to_owned(), None));
        let many = "graph { {".to_owned() + &"a b c d e f g h ".repeat(9) + "} }";
        assert!(flowchart(&many).is_ok());
        let names: Vec<String> = (0..50).map(|number| format!("n{number}")).collect();
        let names = names.join(" ");
        let grown = format!("graph {{ {{{names}}} -- {{{names}}} }}");
        assert_eq!(told(&grown).0, "the graph has more than 2000 edges");
    }

    #[test]
    fn nothing_makes_it_panic() {
        for text in ["", "digraph", "digraph {{{{", "graph { a -- b:", "\\", "<", "graph { -", "#"]
        {
            assert!(flowchart(text).is_err(), "{text}");
        }
        let signs =
            ["{", "}", "[", "]", "=", ";", "->", "--", "\"", "<", ">", ":", "+", "a", "graph"];
        for first in signs {
            for second in signs {
                for third in signs {
                    drop(flowchart(&format!("digraph {{ {first} {second} {third} }}")));
                }
            }
        }
    }
}
