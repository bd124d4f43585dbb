//! RFC 4180: text into records and cells, each record with the physical line on which it begins.
//!
//! Written here because both lines of an unclosed quote are needed, and because empty lines and quoted line breaks must not move them.

use std::borrow::Cow;

/// Where a record begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// Physical line, from 1.
    pub line: u32,
    /// Byte of the text.
    pub offset: usize,
}

/// A quote that is never closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenQuote {
    /// Line on which its record begins.
    pub line: u32,
    /// Place of its cell, from 0.
    pub field: usize,
    /// Line on which the quote stands.
    pub quote_line: u32,
}

/// Reads records one after the other.
#[derive(Debug, Clone)]
pub struct Records<'a> {
    text: &'a str,
    delimiter: u8,
    offset: usize,
    line: u32,
}

impl<'a> Records<'a> {
    /// From the beginning of `text`.
    #[must_use]
    pub fn new(text: &'a str, delimiter: u8) -> Self {
        Self { text, delimiter, offset: 0, line: 1 }
    }

    /// From a record whose start is known.
    #[must_use]
    pub fn at(text: &'a str, delimiter: u8, start: Start) -> Self {
        Self { text, delimiter, offset: start.offset, line: start.line }
    }

    /// Reads the next record into `cells` (trimmed); `None` after the last. Empty lines are skipped.
    ///
    /// # Errors
    ///
    /// A quote that is open at the end of the text. There is no record after it.
    pub fn next_into(&mut self, cells: &mut Vec<Cow<'a, str>>) -> Result<Option<Start>, OpenQuote> {
        loop {
            cells.clear();
            if self.offset >= self.text.len() {
                return Ok(None);
            }
            let start = Start { line: self.line, offset: self.offset };
            let is_quoted = self.record(start, cells)?;
            if is_quoted || cells.len() > 1 || cells.iter().any(|cell| !cell.is_empty()) {
                return Ok(Some(start));
            }
        }
    }

    /// Reads one record; answers whether a cell of it is quoted.
    fn record(&mut self, start: Start, cells: &mut Vec<Cow<'a, str>>) -> Result<bool, OpenQuote> {
        let bytes = self.text.as_bytes();
        let byte = |offset: usize| bytes.get(offset).copied();
        let mut any_quoted = false;
        loop {
            let begin = self.offset;
            if byte(begin) == Some(b'"') {
                any_quoted = true;
                let quote_line = self.line;
                let mut cell = String::new();
                let mut from = begin + 1;
                let mut at = from;
                loop {
                    match byte(at) {
                        None => {
                            self.offset = bytes.len();
                            return Err(OpenQuote { line: start.line, field: cells.len(), quote_line });
                        }
                        Some(b'"') if byte(at + 1) == Some(b'"') => {
                            cell.push_str(self.text.get(from..=at).unwrap_or_default());
                            at += 2;
                            from = at;
                        }
                        Some(b'"') => break,
                        Some(b'\n') => {
                            self.line += 1;
                            at += 1;
                        }
                        Some(_) => at += 1,
                    }
                }
                cell.push_str(self.text.get(from..at).unwrap_or_default());
                // What stands between the closing quote and the next border is taken as it is.
                let after = at + 1;
                let end = self.plain_end(after);
                cell.push_str(self.text.get(after..end).unwrap_or_default().trim_end_matches('\r'));
                cells.push(Cow::Owned(cell.trim().to_owned()));
                self.offset = end;
            } else {
                let end = self.plain_end(begin);
                cells.push(Cow::Borrowed(self.text.get(begin..end).unwrap_or_default().trim()));
                self.offset = end;
            }
            match byte(self.offset) {
                None => return Ok(any_quoted),
                Some(b'\n') => {
                    self.offset += 1;
                    self.line += 1;
                    return Ok(any_quoted);
                }
                Some(_) => self.offset += 1,
            }
            if self.offset >= bytes.len() {
                // The text ends behind a border: an empty cell.
                cells.push(Cow::Borrowed(""));
                return Ok(any_quoted);
            }
        }
    }

    /// Where an unquoted cell ends: at a border, a line feed or the end of the text.
    fn plain_end(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes().get(from..).unwrap_or_default();
        let length = bytes.iter().position(|byte| *byte == self.delimiter || *byte == b'\n').unwrap_or(bytes.len());
        from + length
    }
}
