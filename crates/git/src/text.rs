//! A text as lines: where they end, what they hash to, which of them are substantive.
//!
//! A line is what `git blame` numbers: the bytes up to and with LF; a last piece without LF is a line too. A CR is part of the line.

use std::sync::Arc;

use bstr::ByteSlice;
use xxhash_rust::xxh3::xxh3_64;

/// Files larger than this have no lines (2 MiB).
pub const SIZE_LIMIT: usize = 2_097_152;

/// Bytes in which a NUL makes a file binary, as git looks at them.
const BINARY_WINDOW: usize = 8_000;

/// Why an entry of a tree has no lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoLines {
    /// A NUL byte in the first 8,000 bytes.
    Binary,
    /// More than 2 MiB.
    TooLarge,
    /// A symbolic link.
    Symlink,
    /// A submodule (gitlink), never looked up.
    Submodule,
    /// The object is missing or damaged.
    Unreadable,
}

impl NoLines {
    /// All reasons, in order.
    pub const ALL: [Self; 5] = [Self::Binary, Self::TooLarge, Self::Symlink, Self::Submodule, Self::Unreadable];

    /// Name in tables and exports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::TooLarge => "too_large",
            Self::Symlink => "symlink",
            Self::Submodule => "submodule",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The content of one entry.
#[derive(Debug, Clone)]
pub enum Content {
    /// A text with lines (an empty file has none).
    Text(Arc<Text>),
    /// No lines, and why.
    None(NoLines),
}

impl Content {
    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&Arc<Text>> {
        match self {
            Self::Text(text) => Some(text),
            Self::None(_) => None,
        }
    }

    /// Classifies the bytes of a regular file.
    #[must_use]
    pub fn from_blob(data: Vec<u8>) -> Self {
        if data.len() > SIZE_LIMIT {
            return Self::None(NoLines::TooLarge);
        }
        let window = data.get(..BINARY_WINDOW).unwrap_or(&data);
        if memchr::memchr(0, window).is_some() {
            return Self::None(NoLines::Binary);
        }
        Self::Text(Arc::new(Text::new(data)))
    }
}

/// Bytes cut into lines. All line numbers here are zero-based.
#[derive(Debug, Default)]
pub struct Text {
    data: Vec<u8>,
    /// Offset one past the end of each line.
    ends: Vec<u32>,
    /// Hash of each line, its LF included.
    hashes: Vec<u64>,
}

impl Text {
    /// Cuts `data` (at most [`SIZE_LIMIT`] bytes) into lines.
    #[must_use]
    pub fn new(data: Vec<u8>) -> Self {
        let estimate = data.len() / 32 + 1;
        let mut ends = Vec::with_capacity(estimate);
        let mut hashes = Vec::with_capacity(estimate);
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', &data).map(|at| at + 1).chain((data.last() != Some(&b'\n')).then_some(data.len())) {
            if let Some(line) = data.get(start..end)
                && !line.is_empty()
            {
                ends.push(u32::try_from(end).unwrap_or(u32::MAX));
                hashes.push(xxh3_64(line));
            }
            start = end;
        }
        Self { data, ends, hashes }
    }

    /// Number of lines.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    /// Whether there are no lines.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All bytes.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Hash of each line.
    #[must_use]
    pub fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// The bytes of line `index`, its LF included; empty past the end.
    #[must_use]
    pub fn line(&self, index: u32) -> &[u8] {
        let index = index as usize;
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(0) as usize };
        let end = self.ends.get(index).copied().unwrap_or(0) as usize;
        self.data.get(start..end).unwrap_or_default()
    }

    /// The bytes of the first `lines` lines.
    #[must_use]
    pub fn head(&self, lines: u32) -> &[u8] {
        let end = match (lines as usize).checked_sub(1).map(|last| self.ends.get(last)) {
            None => 0,
            Some(Some(end)) => *end as usize,
            Some(None) => self.data.len(),
        };
        self.data.get(..end).unwrap_or_default()
    }

    /// Bytes that this text occupies, for cache limits.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.data.len() + self.ends.len() * 12 + 64
    }
}

/// Whether a line holds a letter or a digit. A byte that is no UTF-8 counts as a letter where Latin-1 has one.
#[must_use]
pub fn is_substantive(line: &[u8]) -> bool {
    if line.iter().any(u8::is_ascii_alphanumeric) {
        return true;
    }
    if line.is_ascii() {
        return false;
    }
    line.utf8_chunks()
        .any(|chunk| chunk.valid().chars().any(char::is_alphanumeric) || chunk.invalid().iter().any(|&byte| byte >= 0xC0))
}

/// Hash of a line without white space, as `git diff -w` compares lines; 0 stands for a line without anything else.
#[must_use]
pub fn hash_without_space(line: &[u8], scratch: &mut Vec<u8>) -> u64 {
    scratch.clear();
    scratch.extend(line.iter().copied().filter(|byte| !is_space(*byte)));
    if scratch.is_empty() { 0 } else { xxh3_64(scratch) }
}

/// Number of characters that are no white space (bytes that are no UTF-8 count one each), counted up to `enough`.
#[must_use]
pub fn weight_without_space(line: &[u8], enough: usize) -> usize {
    if line.is_ascii() {
        line.iter().filter(|byte| !is_space(**byte)).take(enough).count()
    } else {
        line.chars().filter(|character| !character.is_whitespace()).take(enough).count()
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn lines_are_those_of_blame() {
        for (data, lines) in [
            ("", vec![]),
            ("\n", vec!["\n"]),
            ("a", vec!["a"]),
            ("a\nb", vec!["a\n", "b"]),
            ("a\r\n\nb\n", vec!["a\r\n", "\n", "b\n"]),
        ] {
            let text = Text::new(data.into());
            let have: Vec<_> = (0..text.len()).map(|index| text.line(index).to_str().unwrap()).collect();
            assert_eq!(have, lines, "{data:?}");
        }
    }

    #[test]
    fn substantive_is_a_letter_or_a_digit() {
        for (line, expected) in [
            (&b"  }\n"[..], false),
            (b"", false),
            (b"x", true),
            (b"7", true),
            ("\u{e9}".as_bytes(), true),
            (b"\xe9", true),
            ("\u{2014}".as_bytes(), false),
            (b"\x80", false),
        ] {
            assert_eq!(is_substantive(line), expected, "{line:?}");
        }
    }
}
