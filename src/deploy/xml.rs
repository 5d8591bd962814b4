//! XML as stores answer it: names, texts and what is in them. Attributes and namespaces say nothing here.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

#[derive(Debug, Default)]
pub(super) struct Node {
    name: String,
    pub(super) text: String,
    children: Vec<Node>,
}

impl Node {
    /// Reads a document; `None` when it is none.
    pub(super) fn parse(bytes: &[u8]) -> Option<Node> {
        let mut reader = Reader::from_str(std::str::from_utf8(bytes).ok()?);
        let mut open = vec![Node::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => open.push(Node::named(&start)),
                Event::Empty(start) => open.last_mut()?.children.push(Node::named(&start)),
                Event::Text(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::CData(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let c = match &*reference.xml10_content() {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        _ => reference.resolve_char_ref().ok()??,
                    };
                    open.last_mut()?.text.push(c);
                }
                Event::End(_) => {
                    let closed = open.pop()?;
                    open.last_mut()?.children.push(closed);
                }
                Event::Eof if open.len() == 1 => return open.pop()?.children.pop(),
                Event::Eof => return None,
                _ => {}
            }
        }
    }

    fn named(start: &BytesStart<'_>) -> Node {
        let name = start.local_name();
        Node { name: name.as_ref().to_owned(), ..Node::default() }
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(super) fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Returns the text of a child, nothing where there is none.
    pub(super) fn at(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.as_str())
    }
}
