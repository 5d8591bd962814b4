//! What a match of a pattern may begin with, read off the pattern without compiling it.
//!
//! Always too much rather than too little: where a pattern says something that is not understood here, anything goes.
//! Nearly all patterns of a grammar can be left out at nearly all places by what is known here.

use std::iter::Peekable;
use std::str::Chars;

use super::set::{ALL, DIGITS, HEX, SPACES, Set, WORDS, bit, property, range};

/// What must be the case where a pattern matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct First {
    /// What follows.
    pub set: Set,
    /// Whether a word begins or ends there.
    pub edge: bool,
    /// Whether the line begins there.
    pub line: bool,
    /// Whether nothing of the set need follow.
    open: bool,
}

const NOTHING: First = First {
    set: Set { ascii: 0, other: false, end: false, is_vague: false },
    edge: false,
    line: false,
    open: true,
};
const OPEN: First = First { set: Set { end: true, ..ALL }, ..NOTHING };

/// Something that is not understood: the pattern may begin with anything.
struct Unknown;

/// Returns what a match of a pattern may begin with.
pub(super) fn first(pattern: &str) -> First {
    let mut reader = Reader { rest: pattern.chars().peekable(), extended: false, folds: false };
    let found = reader.alternatives().ok().filter(|_| reader.rest.next().is_none());
    let first = found.unwrap_or(OPEN);
    if first.open { First { edge: first.edge, line: first.line, ..OPEN } } else { first }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    /// Whether spaces and comments mean nothing.
    extended: bool,
    /// Whether letters mean both cases.
    folds: bool,
}

impl First {
    fn of(set: Set) -> First {
        First { set, open: false, ..NOTHING }
    }

    fn or(self, other: First) -> First {
        First {
            set: self.set.or(other.set),
            edge: self.edge && other.edge,
            line: self.line && other.line,
            open: self.open || other.open,
        }
    }
}

impl Reader<'_> {
    fn takes(&mut self, wanted: char) -> bool {
        self.rest.next_if_eq(&wanted).is_some()
    }

    /// Reads up to the end of the group, which is left to be read.
    fn alternatives(&mut self) -> Result<First, Unknown> {
        let (extended, folds) = (self.extended, self.folds);
        let mut found = self.sequence()?;
        while self.takes('|') {
            found = found.or(self.sequence()?);
        }
        (self.extended, self.folds) = (extended, folds);
        Ok(found)
    }

    fn sequence(&mut self) -> Result<First, Unknown> {
        let (mut found, mut is_blank) = (NOTHING, true);
        loop {
            self.skip();
            if matches!(self.rest.peek(), None | Some('|' | ')')) {
                break;
            }
            let atom = self.atom()?;
            let atom = self.quantified(atom)?;
            if !found.open {
                // What follows the first that must be there says nothing more.
                continue;
            }
            if is_blank {
                found.edge |= atom.edge;
                found.line |= atom.line;
            }
            is_blank &= atom.open && atom.set == Set::default();
            found.set = found.set.or(atom.set);
            found.open = atom.open;
        }
        Ok(found)
    }

    /// Passes what means nothing.
    fn skip(&mut self) {
        while self.extended {
            if self.takes('#') {
                while self.rest.next().is_some_and(|c| c != '\n') {}
            } else if self.rest.next_if(char::is_ascii_whitespace).is_none() {
                return;
            }
        }
    }

    /// Reads how often the last may stand.
    fn quantified(&mut self, mut atom: First) -> Result<First, Unknown> {
        loop {
            self.skip();
            let may_miss = match self.rest.peek() {
                Some('?' | '*') => {
                    self.rest.next();
                    true
                }
                Some('+') => {
                    self.rest.next();
                    // `+?` and `++` are once at least, too.
                    let _ = self.rest.next_if(|c| matches!(c, '?' | '+'));
                    false
                }
                Some('{') => match self.interval() {
                    Some(least) => least == 0,
                    None => return Ok(atom),
                },
                _ => return Ok(atom),
            };
            if may_miss {
                atom = First { set: atom.set, ..NOTHING };
            }
        }
    }

    /// Reads the least number of `{2,3}`; a brace that is none of these stands for itself.
    fn interval(&mut self) -> Option<u32> {
        let mut ahead = self.rest.clone();
        ahead.next();
        let (mut least, mut is_number) = (0_u32, false);
        while let Some(digit) = ahead.peek().and_then(|c| c.to_digit(10)) {
            ahead.next();
            least = least.saturating_mul(10).saturating_add(digit);
            is_number = true;
        }
        if ahead.next_if_eq(&',').is_some() {
            while ahead.next_if(char::is_ascii_digit).is_some() {
                is_number = true;
            }
        }
        ahead.next_if_eq(&'}').filter(|_| is_number)?;
        self.rest = ahead;
        Some(least)
    }

    fn atom(&mut self) -> Result<First, Unknown> {
        Ok(match self.rest.next().ok_or(Unknown)? {
            '(' => self.group()?,
            '[' => First::of(self.class()?),
            '\\' => self.escape()?,
            '.' => First::of(ALL),
            '^' => First { line: true, ..NOTHING },
            '$' => First::of(Set { end: true, ..Set::of(bit('\n')) }),
            '?' | '*' | '+' => return Err(Unknown),
            c => self.literal(c),
        })
    }

    fn literal(&self, c: char) -> First {
        if !c.is_ascii() {
            // In either case, some that are not ASCII are the same as some that are.
            return if self.folds { OPEN } else { First::of(Set::and_others(0)) };
        }
        if !self.folds || !c.is_ascii_alphabetic() {
            return First::of(Set::of(bit(c)));
        }
        let both = bit(c.to_ascii_lowercase()) | bit(c.to_ascii_uppercase());
        First::of(Set::and_others(both))
    }

    /// Reads a group behind its `(`.
    fn group(&mut self) -> Result<First, Unknown> {
        if self.rest.peek() == Some(&'*') {
            return Err(Unknown);
        }
        let mut is_passed = false;
        if self.takes('?') {
            match self.rest.next().ok_or(Unknown)? {
                ':' | '>' | '=' => {}
                '!' => is_passed = true,
                '<' if self.takes('=') || self.takes('!') => is_passed = true,
                '<' => while self.rest.next().ok_or(Unknown)? != '>' {},
                '#' => {
                    while self.rest.next().ok_or(Unknown)? != ')' {}
                    return Ok(NOTHING);
                }
                c @ ('i' | 'm' | 'x' | '-') => return self.options(c),
                _ => return Err(Unknown),
            }
        }
        let found = self.alternatives()?;
        if !self.takes(')') {
            return Err(Unknown);
        }
        Ok(if is_passed { NOTHING } else { found })
    }

    /// Reads `(?i)`, which counts up to the end of the group around it, and `(?i:...)`.
    fn options(&mut self, first: char) -> Result<First, Unknown> {
        let (extended, folds) = (self.extended, self.folds);
        let (mut option, mut is_set) = (first, true);
        loop {
            match option {
                '-' => is_set = false,
                'i' => self.folds = is_set,
                'x' => self.extended = is_set,
                'm' => {}
                ':' | ')' => break,
                _ => return Err(Unknown),
            }
            option = self.rest.next().ok_or(Unknown)?;
        }
        let found = self.alternatives()?;
        (self.extended, self.folds) = (extended, folds);
        if option == ':' && !self.takes(')') {
            return Err(Unknown);
        }
        Ok(found)
    }

    fn escape(&mut self) -> Result<First, Unknown> {
        if let Some(kind) = self.kind() {
            return Ok(First::of(kind));
        }
        Ok(match self.rest.next().ok_or(Unknown)? {
            'b' => First { edge: true, ..NOTHING },
            'B' => NOTHING,
            'A' => First { line: true, ..NOTHING },
            'z' => First::of(Set { end: true, ..Set::default() }),
            'Z' => First::of(Set { end: true, ..Set::of(bit('\n')) }),
            'R' => First::of(Set::and_others(range('\n', '\r'))),
            'X' | 'N' | 'O' => First::of(ALL),
            // What a group was, or the pattern of one.
            'k' | 'g' if self.takes('<') => {
                while self.rest.next().ok_or(Unknown)? != '>' {}
                OPEN
            }
            '1'..='9' => {
                while self.rest.next_if(char::is_ascii_digit).is_some() {}
                OPEN
            }
            c => self.character(c)?.map_or(First::of(ALL), |c| self.literal(c)),
        })
    }

    /// Reads a kind of characters behind its backslash, if it is one.
    fn kind(&mut self) -> Option<Set> {
        let mut ahead = self.rest.clone();
        let (ascii, other) = match ahead.next()? {
            'd' => (DIGITS, true),
            'D' => (!DIGITS, true),
            'w' => (WORDS, true),
            'W' => (!WORDS, true),
            's' => (SPACES, true),
            'S' => (!SPACES, true),
            'h' => (HEX, false),
            'H' => (!HEX, true),
            sign @ ('p' | 'P') if ahead.next_if_eq(&'{').is_some() => {
                let mut name = String::new();
                loop {
                    match ahead.next()? {
                        '}' => break,
                        c => name.push(c),
                    }
                }
                self.rest = ahead;
                let ascii = if sign == 'p' { property(&name) } else { None };
                return Some(ascii.map_or(ALL, Set::and_others));
            }
            _ => return None,
        };
        self.rest = ahead;
        Some(Set { other, ..Set::of(ascii) })
    }

    /// Reads the character that an escape stands for, behind its first; nothing where it is half of one.
    fn character(&mut self, c: char) -> Result<Option<char>, Unknown> {
        Ok(Some(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'f' => '\x0c',
            'v' => '\x0b',
            'a' => '\x07',
            'e' => '\x1b',
            'x' if self.takes('{') => {
                let mut code = String::new();
                while let Some(digit) = self.rest.next_if(char::is_ascii_hexdigit) {
                    code.push(digit);
                }
                let code = u32::from_str_radix(&code, 16).map_err(|_| Unknown)?;
                let code = char::from_u32(code).ok_or(Unknown)?;
                if !self.takes('}') {
                    return Err(Unknown);
                }
                code
            }
            'x' | 'u' => {
                let mut code = 0;
                for _ in 0..if c == 'x' { 2 } else { 4 } {
                    let digit = self.rest.next_if(char::is_ascii_hexdigit).ok_or(Unknown)?;
                    code = code * 16 + digit.to_digit(16).ok_or(Unknown)?;
                }
                return Ok(char::from_u32(code).filter(|code| c == 'u' || code.is_ascii()));
            }
            _ if c.is_ascii_alphanumeric() => return Err(Unknown),
            _ => c,
        }))
    }

    /// Reads a class behind its `[`.
    fn class(&mut self) -> Result<Set, Unknown> {
        let is_negated = self.takes('^');
        let (mut found, mut is_first) = (Set::default(), true);
        loop {
            let c = self.rest.next().ok_or(Unknown)?;
            if c == ']' && !is_first {
                break;
            }
            is_first = false;
            if c == '&' && self.takes('&') {
                // What both sides have, at most.
                self.class_rest()?;
                found.is_vague = true;
                break;
            }
            found = found.or(self.piece(c)?);
        }
        if self.folds {
            found = found.folded();
        }
        Ok(match is_negated {
            false => found,
            true if found.is_vague => ALL,
            true => Set::and_others(!found.ascii),
        })
    }

    /// Passes what stands in a class up to its end.
    fn class_rest(&mut self) -> Result<(), Unknown> {
        loop {
            match self.rest.next().ok_or(Unknown)? {
                ']' => return Ok(()),
                c => drop(self.piece(c)?),
            }
        }
    }

    /// Reads one of the things that a class has, behind its first character.
    fn piece(&mut self, c: char) -> Result<Set, Unknown> {
        if c == '[' {
            return if self.takes(':') { self.named() } else { self.class() };
        }
        if c == '\\'
            && let Some(kind) = self.kind()
        {
            return Ok(kind);
        }
        let first = if c == '\\' { self.class_character()? } else { Some(c) };
        let last = if self.rest.peek() == Some(&'-') { self.last(first)? } else { first };
        let (Some(first), Some(last)) = (first, last) else { return Ok(ALL) };
        if first > last {
            return Err(Unknown);
        }
        let ascii = if first.is_ascii() { range(first, last.min('\x7f')) } else { 0 };
        Ok(Set { other: !last.is_ascii(), ..Set::of(ascii) })
    }

    /// Reads `[:alpha:]` behind its colon.
    fn named(&mut self) -> Result<Set, Unknown> {
        let mut name = String::new();
        while let Some(c) = self.rest.next_if(|c| *c != ':') {
            name.push(c);
        }
        if !(self.takes(':') && self.takes(']')) {
            return Err(Unknown);
        }
        Ok(property(&name).map_or(ALL, Set::and_others))
    }

    fn class_character(&mut self) -> Result<Option<char>, Unknown> {
        match self.rest.next().ok_or(Unknown)? {
            'b' => Ok(Some('\x08')),
            c => self.character(c),
        }
    }

    /// Reads what a range ends with, from its dash; the dash is itself before the end of the class.
    fn last(&mut self, first: Option<char>) -> Result<Option<char>, Unknown> {
        let mut ahead = self.rest.clone();
        ahead.next();
        match ahead.next() {
            Some(']') => return Ok(first),
            Some('[') | None => return Err(Unknown),
            Some(_) => {}
        }
        self.rest.next();
        match self.rest.next().ok_or(Unknown)? {
            '\\' if self.kind().is_some() => Err(Unknown),
            '\\' => self.class_character(),
            c => Ok(Some(c)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Set, bit, first};

    /// Asserts with which ASCII characters a match may begin, and whether it may with another or at the end.
    #[track_caller]
    fn check(pattern: &str, characters: &str, others: &str) {
        let Set { ascii, other, end, .. } = first(pattern).set;
        let expected = characters.chars().fold(0, |sum, c| sum | bit(c));
        let found: String = ('\0'..='\x7f').filter(|c| ascii & bit(*c) != 0).collect();
        assert_eq!(found, ('\0'..='\x7f').filter(|c| expected & bit(*c) != 0).collect::<String>());
        assert_eq!((other, end), (others.contains('o'), others.contains('e')), "{pattern}");
    }

    #[test]
    fn what_a_match_begins_with_is_read_off_its_pattern() {
        check("abc|d", "ad", "");
        check("a?b*c", "abc", "");
        check("(?:x{0,2}|y{2})+z", "xyz", "");
        check("a{2}?b", "ab", "");
        check("a+?b", "a", "");
        check("{{", "{", "");
        check("[a-c-]", "abc-", "");
        check("[]a]", "]a", "");
        check("[^\\x00-y~}|]", "z{\x7f", "o");
        check("[[ab][:digit:]]", "ab0123456789", "o");
        check("[^[^ab]]", "ab", "o");
        check("(?i)k", "kK", "o");
        check("(?i:k)l|m", "kKm", "o");
        check("(?x) a # b\n | \\  ", "a ", "");
        check("日本|a", "a", "o");
        check("(?=a)b", "a", "");
        check("(?!a)b", "b", "");
        check("(?<=a)(?<!c)(?<name>b)", "b", "");
        check("$", "\n", "e");
        check("(?m:$)|x", "\nx", "e");
        check("\\h+\\g<1>", "0123456789abcdefABCDEF", "");
        check("(a)\\1", "a", "");
        check("\\$\\{", "$", "");
        check("\\u0041", "A", "");
    }

    #[test]
    fn where_anything_may_follow_anything_does() {
        let all: String = ('\0'..='\x7f').collect();
        for pattern in
            ["", "a*", "\\b", "(?=a*)", "^\\s*", "(?<=a)", "(a", "a)", "(?~a)", "\\Ga", "[a", "\\1"]
        {
            check(pattern, &all, "oe");
        }
        check("[^a&&b]", &all, "o");
        check("(?i)ß", &all, "oe");
        check("(?i)[ß]", &all, "o");
    }

    #[test]
    fn edges_of_words_and_beginnings_of_lines_are_known() {
        for (pattern, edge, line) in [
            ("\\bfor\\b", true, false),
            ("(?:\\b(?:a|b)|\\bc)", true, false),
            ("(?<!\\.)\\ba", true, false),
            ("(?:\\ba)?b", false, false),
            ("\\ba|b", false, false),
            ("a\\b", false, false),
            ("\\s*\\ba", false, false),
            ("^\\s*a", false, true),
            ("^|a", false, false),
            ("\\A\\b", true, true),
        ] {
            let first = first(pattern);
            assert_eq!((first.edge, first.line), (edge, line), "{pattern}");
        }
    }
}
