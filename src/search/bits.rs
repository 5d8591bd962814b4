//! Numbers -> characters: a stream of bits that is text, so that a script file can hold it.
//!
//! Thirteen bits are two printable ASCII characters that a JavaScript string holds as they are.

/// How many characters stand for digits: their square is just above 2 to the 13th.
const RADIX: u32 = 91;
const GROUP_BITS: u32 = 13;

/// A stream of bits that grows.
#[derive(Debug, Default)]
pub(super) struct Bits {
    out: String,
    pending: u64,
    waiting: u32,
    /// How many bits were written.
    pub(super) length: u64,
}

/// Returns the character of a digit: printable ASCII without `"`, `<`, `\` and `` ` ``.
pub(super) fn digit(value: u32) -> char {
    let mut code = 0x20 + value.min(RADIX - 1);
    for left_out in [0x22, 0x3c, 0x5c, 0x60] {
        code += u32::from(code >= left_out);
    }
    char::from_u32(code).unwrap_or(' ')
}

impl Bits {
    /// Writes the lowest `count` bits of a number, at most 32.
    pub(super) fn put(&mut self, value: u64, count: u32) {
        self.length += u64::from(count);
        self.pending = self.pending << count | (value & ((1 << count) - 1));
        self.waiting += count;
        while self.waiting >= GROUP_BITS {
            self.waiting -= GROUP_BITS;
            self.group(self.pending >> self.waiting);
            self.pending &= (1 << self.waiting) - 1;
        }
    }

    fn group(&mut self, group: u64) {
        let group = u32::try_from(group).unwrap_or(0);
        self.out.push(digit(group / RADIX));
        self.out.push(digit(group % RADIX));
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

    /// Ends the stream.
    pub(super) fn finish(mut self) -> String {
        if self.waiting > 0 {
            self.group(self.pending << (GROUP_BITS - self.waiting));
        }
        self.out
    }
}

/// Returns how many bits `rice` takes.
pub(super) fn rice_bits(value: u64, low: u32) -> u64 {
    (value >> low) + 1 + u64::from(low)
}

/// Returns the lowest bits to write as they are, where `count` numbers have the sum `total`.
pub(super) fn rice_low(total: usize, count: usize) -> u32 {
    (total * 69 / (count.max(1) * 100)).max(1).ilog2()
}
