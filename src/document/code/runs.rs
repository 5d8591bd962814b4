//! Runs: which stretch of a code has which colour, in few bytes.

/// What a stretch of code is. Each has the names that highlight.js gives it, so themes made for those colour it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Class {
    Plain,
    Comment,
    Text,
    Escape,
    Regexp,
    Number,
    Literal,
    Keyword,
    BuiltIn,
    Type,
    Function,
    Name,
    Tag,
    Key,
    Property,
    Selector,
    Variable,
    This,
    Symbol,
    Meta,
    Section,
    Bullet,
    Raw,
    Link,
    Quote,
    Strong,
    Emphasis,
    Added,
    Removed,
}

const CLASSES: &[(Class, &str)] = &[
    (Class::Plain, ""),
    (Class::Comment, "hljs-comment"),
    (Class::Text, "hljs-string"),
    (Class::Escape, "hljs-char escape_"),
    (Class::Regexp, "hljs-regexp"),
    (Class::Number, "hljs-number"),
    (Class::Literal, "hljs-literal"),
    (Class::Keyword, "hljs-keyword"),
    (Class::BuiltIn, "hljs-built_in"),
    (Class::Type, "hljs-type"),
    (Class::Function, "hljs-title function_"),
    (Class::Name, "hljs-title class_"),
    (Class::Tag, "hljs-name"),
    (Class::Key, "hljs-attr"),
    (Class::Property, "hljs-attribute"),
    (Class::Selector, "hljs-selector-class"),
    (Class::Variable, "hljs-variable"),
    (Class::This, "hljs-variable language_"),
    (Class::Symbol, "hljs-symbol"),
    (Class::Meta, "hljs-meta"),
    (Class::Section, "hljs-section"),
    (Class::Bullet, "hljs-bullet"),
    (Class::Raw, "hljs-code"),
    (Class::Link, "hljs-link"),
    (Class::Quote, "hljs-quote"),
    (Class::Strong, "hljs-strong"),
    (Class::Emphasis, "hljs-emphasis"),
    (Class::Added, "hljs-addition"),
    (Class::Removed, "hljs-deletion"),
];

/// The colours of one text: for each stretch its class in a byte, then how long it is, seven bits a byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs(Vec<u8>);

/// Puts runs one behind the other; neighbours of one class become one.
#[derive(Debug, Default)]
pub(super) struct Builder {
    bytes: Vec<u8>,
    open: Option<(Class, usize)>,
}

impl Builder {
    pub(super) fn push(&mut self, class: Class, length: usize) {
        match &mut self.open {
            _ if length == 0 => {}
            Some((known, sum)) if *known == class => *sum += length,
            _ => {
                self.close();
                self.open = Some((class, length));
            }
        }
    }

    pub(super) fn extend(&mut self, stretches: &[(Class, usize)]) {
        for (class, length) in stretches {
            self.push(*class, *length);
        }
    }

    fn close(&mut self) {
        let Some((class, mut length)) = self.open.take() else { return };
        self.bytes.push(class as u8);
        while length >= 0x80 {
            self.bytes.push(length.to_le_bytes()[0] | 0x80);
            length >>= 7;
        }
        self.bytes.push(length.to_le_bytes()[0]);
    }

    /// Returns the runs; what is behind the last that is coloured needs none.
    pub(super) fn finish(mut self) -> Runs {
        if self.open.is_some_and(|(class, _)| class != Class::Plain) {
            self.close();
        }
        self.bytes.shrink_to_fit();
        Runs(self.bytes)
    }
}

impl Runs {
    /// Takes runs that were kept as bytes; nothing where they are none of a text of this length.
    pub fn from_bytes(bytes: Vec<u8>, length: usize) -> Option<Runs> {
        let (mut rest, mut sum) = (bytes.as_slice(), 0_usize);
        while let Some(&class) = rest.first() {
            let (run, after) = length_of(&rest[1..])?;
            sum = sum.checked_add(run)?;
            CLASSES.get(usize::from(class))?;
            rest = after;
        }
        (sum <= length).then_some(Runs(bytes))
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Iterates over the names of the classes and the lengths of their stretches.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let (_, class) = CLASSES.get(usize::from(*rest.first()?))?;
            let (length, after) = length_of(&rest[1..])?;
            rest = after;
            Some((*class, length))
        })
    }
}

fn length_of(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut length = 0;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((length, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Builder, CLASSES, Class, Runs};

    #[test]
    fn classes_stand_at_their_numbers() {
        for (index, (class, _)) in CLASSES.iter().enumerate() {
            assert_eq!(*class as usize, index);
        }
    }

    #[test]
    fn runs_come_back_as_they_were() {
        let mut builder = Builder::default();
        for (class, length) in
            [(Class::Plain, 3), (Class::Keyword, 2), (Class::Keyword, 1), (Class::Comment, 70_000)]
        {
            builder.push(class, length);
        }
        builder.push(Class::Plain, 9);
        let runs = builder.finish();
        let read: Vec<_> = runs.iter().collect();
        assert_eq!(read, [("", 3), ("hljs-keyword", 3), ("hljs-comment", 70_000)]);
        let bytes = runs.as_bytes().to_vec();
        assert_eq!(Runs::from_bytes(bytes.clone(), 70_006), Some(runs));
        assert_eq!(Runs::from_bytes(bytes.clone(), 70_005), None, "longer than the text");
        assert_eq!(Runs::from_bytes(bytes[..bytes.len() - 1].to_vec(), 70_006), None, "cut off");
        assert_eq!(Runs::from_bytes(vec![255, 1], 9), None, "no such class");
    }
}
