//! A graph in Graphviz's language -> nodes, edges and clusters.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::token::{Token, tokens};
use crate::document::diagram::Fault;

/// A set of nodes and another may be joined by an edge each: that grows quickly.
const EDGES_MAX: usize = 2000;

/// What is said of a node, an edge or a graph.
pub(super) type Attributes = BTreeMap<String, String>;

#[derive(Debug, Default)]
pub(super) struct Graph {
    pub directed: bool,
    pub name: String,
    pub attributes: Attributes,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// Each stands behind the one that it is in.
    pub clusters: Vec<Cluster>,
}

#[derive(Debug)]
pub(super) struct Node {
    pub name: String,
    pub attributes: Attributes,
    pub cluster: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Edge {
    pub from: usize,
    pub to: usize,
    pub attributes: Attributes,
}

#[derive(Debug, Default)]
pub(super) struct Cluster {
    pub attributes: Attributes,
    pub parent: Option<usize>,
}

/// What holds within a pair of braces.
#[derive(Clone, Default)]
struct Scope {
    nodes: Attributes,
    edges: Attributes,
    cluster: Option<usize>,
    /// Whether what is said of the graph is said of the whole or of the cluster, not of a mere set.
    has_name: bool,
}

struct Reader {
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
    /// How long the text is.
    end: usize,
    graph: Graph,
    known: HashMap<String, usize>,
    strict: bool,
}

/// Reads a graph; what stands behind it is not looked at.
pub(super) fn read(text: &str) -> Result<Graph, Fault> {
    let tokens = tokens(text)?;
    let end = text.trim_end().len();
    let (graph, known) = (Graph::default(), HashMap::new());
    let mut reader = Reader { tokens, at: 0, end, graph, known, strict: false };
    reader.strict = reader.takes_keyword("strict");
    reader.graph.directed = match () {
        () if reader.takes_keyword("digraph") => true,
        () if reader.takes_keyword("graph") => false,
        () => return Err(reader.unexpected("`graph` or `digraph`")),
    };
    if let Some(name) = reader.takes_word() {
        reader.graph.name = name;
    }
    reader.expect("{")?;
    let mut scope = Scope { has_name: true, ..Scope::default() };
    reader.statements(&mut scope)?;
    Ok(reader.graph)
}

impl Reader {
    fn statements(&mut self, scope: &mut Scope) -> Result<Vec<usize>, Fault> {
        let mut members = Vec::new();
        while !self.takes("}") {
            if !self.takes(";") {
                let said = self.statement(scope)?;
                members.extend(said);
            }
        }
        members.sort_unstable();
        members.dedup();
        Ok(members)
    }

    /// Reads a statement and returns the nodes in it.
    fn statement(&mut self, scope: &mut Scope) -> Result<Vec<usize>, Fault> {
        for kind in ["graph", "node", "edge"] {
            if self.takes_keyword(kind) {
                let said = self.attributes()?;
                match kind {
                    "node" => scope.nodes.extend(said),
                    "edge" => scope.edges.extend(said),
                    _ => self.say(scope, said),
                }
                return Ok(Vec::new());
            }
        }
        if matches!(self.peek(0), Some(Token::Word(..))) && self.peek(1) == Some(&Token::Sign("="))
        {
            let said = self.pair()?;
            self.say(scope, [said].into());
            return Ok(Vec::new());
        }
        let mut sets = vec![self.end_of_edge(scope)?];
        let (arrow, other) = if self.graph.directed { ("->", "--") } else { ("--", "->") };
        while self.takes(arrow) {
            sets.push(self.end_of_edge(scope)?);
        }
        if self.peek(0) == Some(&Token::Sign(other)) {
            let kind = if self.graph.directed { "a digraph" } else { "a graph" };
            let message = format!("an edge of {kind} is written `{arrow}`");
            return Err(Fault::new(message, Some(self.place())));
        }
        let said = self.attributes()?;
        match sets.as_slice() {
            [only] => {
                for node in only {
                    self.graph.nodes[*node].attributes.extend(said.clone());
                }
            }
            sets => {
                for pair in sets.windows(2) {
                    self.join(&pair[0], &pair[1], scope, &said)?;
                }
            }
        }
        Ok(sets.concat())
    }

    fn say(&mut self, scope: &Scope, said: Attributes) {
        match scope.cluster {
            _ if !scope.has_name => {}
            Some(cluster) => self.graph.clusters[cluster].attributes.extend(said),
            None => self.graph.attributes.extend(said),
        }
    }

    fn join(
        &mut self,
        from: &[usize],
        to: &[usize],
        scope: &Scope,
        said: &Attributes,
    ) -> Result<(), Fault> {
        for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to))) {
            let same = |edge: &Edge| {
                (edge.from, edge.to) == (from, to)
                    || (!self.graph.directed && (edge.to, edge.from) == (from, to))
            };
            if self.strict
                && let Some(edge) = self.graph.edges.iter().position(same)
            {
                self.graph.edges[edge].attributes.extend(said.clone());
                continue;
            }
            if self.graph.edges.len() == EDGES_MAX {
                let message = format!("the graph has more than {EDGES_MAX} edges");
                return Err(Fault::new(message, None));
            }
            let mut attributes = scope.edges.clone();
            attributes.extend(said.clone());
            self.graph.edges.push(Edge { from, to, attributes });
        }
        Ok(())
    }

    /// Reads a node or a set of nodes.
    fn end_of_edge(&mut self, scope: &Scope) -> Result<Vec<usize>, Fault> {
        let named = self.takes_keyword("subgraph");
        let name = if named { self.takes_word() } else { None };
        if self.takes("{") {
            return self.subgraph(name.as_deref(), scope);
        }
        if named {
            return Err(self.unexpected("`{`"));
        }
        let Some(name) = self.takes_word() else { return Err(self.unexpected("a node")) };
        // Where exactly an edge meets a node is not drawn.
        while self.takes(":") {
            self.takes_word().ok_or_else(|| self.unexpected("a port"))?;
        }
        let nodes = &mut self.graph.nodes;
        let node = *self.known.entry(name.clone()).or_insert_with(|| {
            nodes.push(Node { name, attributes: scope.nodes.clone(), cluster: None });
            nodes.len() - 1
        });
        let own = &mut nodes[node].cluster;
        *own = own.or(scope.cluster);
        Ok(vec![node])
    }

    fn subgraph(&mut self, name: Option<&str>, scope: &Scope) -> Result<Vec<usize>, Fault> {
        let mut inner = Scope { has_name: false, ..scope.clone() };
        if name.is_some_and(|name| name.starts_with("cluster")) {
            self.graph.clusters.push(Cluster { parent: scope.cluster, ..Cluster::default() });
            inner.cluster = Some(self.graph.clusters.len() - 1);
            inner.has_name = true;
        }
        self.statements(&mut inner)
    }

    /// Reads lists in brackets, if there are any.
    fn attributes(&mut self) -> Result<Attributes, Fault> {
        let mut said = Attributes::new();
        while self.takes("[") {
            while !self.takes("]") {
                let (name, value) = self.pair()?;
                said.insert(name, value);
                let _ = self.takes(",") || self.takes(";");
            }
        }
        Ok(said)
    }

    fn pair(&mut self) -> Result<(String, String), Fault> {
        let name = self.takes_word().ok_or_else(|| self.unexpected("a name or `]`"))?;
        if !self.takes("=") {
            return Ok((name.to_ascii_lowercase(), "true".to_owned()));
        }
        let value = self.takes_word().ok_or_else(|| self.unexpected("a value"))?;
        Ok((name.to_ascii_lowercase(), value))
    }

    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead).map(|(token, _)| token)
    }

    fn takes(&mut self, sign: &'static str) -> bool {
        let is = self.peek(0) == Some(&Token::Sign(sign));
        self.at += usize::from(is);
        is
    }

    fn takes_keyword(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(0), Some(Token::Word(said, true)) if said.eq_ignore_ascii_case(word));
        self.at += usize::from(is);
        is
    }

    /// Takes a name or a value; strings with a `+` between them are one.
    fn takes_word(&mut self) -> Option<String> {
        let Some(Token::Word(word, _)) = self.peek(0) else { return None };
        let mut word = word.clone();
        self.at += 1;
        while let (Some(Token::Sign("+")), Some(Token::Word(more, false))) =
            (self.peek(0), self.peek(1))
        {
            word.push_str(more);
            self.at += 2;
        }
        Some(word)
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), Fault> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn place(&self) -> Range<usize> {
        let end = self.end.saturating_sub(1)..self.end;
        self.tokens.get(self.at).map_or(end, |(_, place)| place.clone())
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        let found = match self.peek(0) {
            Some(Token::Word(word, _)) => format!("`{word}`"),
            Some(Token::Sign(sign)) => format!("`{sign}`"),
            None => "the end".to_owned(),
        };
        let message = format!("{wanted} is expected, not {found}");
        Fault::new(message, Some(self.place()))
    }
}
