//! Numbers -> characters: a stream of bits that is text, so that a script file can hold it.
//!
//! Thirteen bits are two printable ASCII characters that a JavaScript string holds as they are.

/// How many characters stand for digits: their square is just above 2 to the 13th.
pub(super) const RADIX: u8 = 91;
const GROUP_BITS: usize = 13;

/// A stream of bits that grows.
#[derive(Debug, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
    /// The bits behind those words, fewer than 64.
    pending: u64,
    waiting: u32,
}

/// Returns the character of a digit: printable ASCII without `"`, `<`, `\` and `` ` ``.
pub(super) fn digit(value: u32) -> char {
    char::from(byte(value.min(u32::from(RADIX - 1)).to_le_bytes()[0]))
}

const fn byte(digit: u8) -> u8 {
    let mut code = b' ' + digit;
    code += (code >= b'"') as u8;
    code += (code >= b'<') as u8;
    code += (code >= b'\\') as u8;
    code + (code >= b'`') as u8
}

/// All groups as two characters each.
static GROUPS: [[u8; 2]; 1 << GROUP_BITS] = {
    let mut groups = [[0; 2]; 1 << GROUP_BITS];
    let (mut first, mut second) = (0, 0);
    let mut group = 0;
    while group < groups.len() {
        groups[group] = [byte(first), byte(second)];
        second += 1;
        if second == RADIX {
            (first, second) = (first + 1, 0);
        }
        group += 1;
    }
    groups
};

impl Bits {
    /// Writes the lowest `count` bits of a number, at most 32.
    pub(super) fn put(&mut self, value: u64, count: u32) {
        let value = value & ((1 << count) - 1);
        let room = u64::BITS - self.waiting;
        if count < room {
            self.pending = self.pending << count | value;
            self.waiting += count;
        } else {
            self.waiting = count - room;
            self.words.push(self.pending << room | value >> self.waiting);
            self.pending = value & ((1 << self.waiting) - 1);
        }
    }

    /// Returns how many bits were written.
    pub(super) fn length(&self) -> usize {
        self.words.len() * 64 + self.waiting as usize
    }

    /// Writes so many ones, then a zero.
    fn unary(&mut self, mut count: u64) {
        while count >= 32 {
            self.put(u64::from(u32::MAX), 32);
            count -= 32;
        }
        let ones = u32::try_from(count).unwrap_or(0);
        self.put((1 << (ones + 1)) - 2, ones + 1);
    }

    /// Writes a number of which most are near `1 << low` or below: its lowest bits, the rest in unary.
    pub(super) fn rice(&mut self, value: u64, low: u32) {
        self.unary(value >> low);
        self.put(value, low);
    }

    /// Writes a number in bits of which it tells the count first.
    pub(super) fn gamma(&mut self, value: u64) {
        let value = value + 1;
        let bits = value.ilog2();
        self.unary(u64::from(bits));
        self.put(value, bits);
    }

    /// Writes how many documents are passed over before each of a list, as `rice` does, and its class in unary.
    pub(super) fn postings(&mut self, gaps: impl Iterator<Item = (u64, u32)>, low: u32) {
        let lowest = (1 << low) - 1;
        for (gap, class) in gaps {
            let (ones, (code, length)) = (gap >> low, CLASSES[class as usize & 3]);
            let count = ones + u64::from(1 + low + length);
            if count <= 32 {
                let ones = ((2 << ones) - 2) << low;
                let count = u32::try_from(count).unwrap_or(32);
                self.put((ones | gap & lowest) << length | code, count);
            } else {
                self.rice(gap, low);
                self.put(code, length);
            }
        }
    }

    /// Ends the stream.
    pub(super) fn finish(mut self) -> String {
        let groups = self.length().div_ceil(GROUP_BITS);
        self.put(0, 32);
        self.put(0, 32);
        let mut out = Vec::with_capacity(groups * 2);
        for bit in (0..groups).map(|group| group * GROUP_BITS) {
            let (word, passed) = (bit / 64, bit % 64);
            let next = self.words.get(word + 1).map_or(0, |next| next >> 1 >> (63 - passed));
            let group = (self.words[word] << passed | next) >> (64 - GROUP_BITS);
            out.extend_from_slice(&GROUPS[usize::try_from(group).unwrap_or(0)]);
        }
        String::from_utf8(out).expect("digits are ASCII")
    }
}

/// Classes as bits, and how many.
const CLASSES: [(u64, u32); 4] = [(0, 1), (0b10, 2), (0b110, 3), (0b111, 3)];

/// Returns how many bits one of `postings` takes.
pub(super) fn posting_bits(gap: u64, low: u32, class: u32) -> u64 {
    (gap >> low) + u64::from(1 + low + CLASSES[class as usize & 3].1)
}

/// Returns the lowest bits to write as they are, where `count` numbers have the sum `total`.
pub(super) fn rice_low(total: usize, count: usize) -> u32 {
    (total * 69 / (count.max(1) * 100)).max(1).ilog2()
}
