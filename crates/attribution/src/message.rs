//! The parts of a commit message: decoded text, paragraphs, trailers, and whether it is a squash of several messages.
//!
//! Trailers follow git's rule (`git interpret-trailers`) at the end of the message. A squash puts the messages of a branch
//! one after the other, so that trailers also stand in the middle; those are kept apart, since they speak of a part only.

use bstr::ByteSlice;
use std::borrow::Cow;

/// Where in the message a trailer or a footer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Position {
    /// In the last paragraphs: it speaks of the whole message.
    End,
    /// Before other text.
    Body,
}

/// One trailer, `key: value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trailer<'a> {
    /// Key in lower case.
    pub key: String,
    /// Key and value as the message has them.
    pub raw: &'a str,
    /// Value; continuation lines are joined by a blank.
    pub value: Cow<'a, str>,
    /// Where it stands.
    pub position: Position,
}

/// A message taken apart.
#[derive(Debug)]
pub struct Message<'a> {
    /// First line.
    pub subject: &'a str,
    /// All lines with the position of their paragraph, without the first one.
    pub lines: Vec<(&'a str, Position)>,
    /// All trailers.
    pub trailers: Vec<Trailer<'a>>,
    /// Whether it is made of several messages: `* ` at the head of two paragraphs or more, or git's own squash form.
    pub parts: Parts,
}

/// How many messages a message is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// One.
    One,
    /// It looks like several, as a person can also write them: paragraphs that begin with `* `.
    Bulleted,
    /// Several for certain: `Squashed commit of the following:`.
    Squashed,
}

/// Decodes a commit's bytes by the name in its `encoding` header, else as UTF-8.
///
/// Bytes that mean nothing in that encoding become the replacement character; an encoding that nobody knows is read as
/// UTF-8. The bytes themselves are what identifies a person or a commit: decoded text is for reading only.
pub fn decode<'a>(bytes: &'a [u8], encoding: Option<&[u8]>) -> Cow<'a, str> {
    match encoding.and_then(|label| encoding_rs::Encoding::for_label(label.trim())) {
        Some(encoding) if encoding != encoding_rs::UTF_8 => encoding.decode_without_bom_handling(bytes).0,
        _ => bytes.to_str_lossy(),
    }
}

impl<'a> Message<'a> {
    /// Takes a decoded message apart.
    pub fn parse(text: &'a str) -> Message<'a> {
        let mut lines: Vec<&'a str> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
        // What git itself writes for `merge --squash`: each message indented by four blanks below its header.
        let squashed = lines.iter().any(|line| line.starts_with("Squashed commit of the following:"));
        if squashed {
            for line in &mut lines {
                *line = line.strip_prefix("    ").unwrap_or(line);
            }
        }
        let paragraphs = paragraphs(&lines);
        let bullets = paragraphs.iter().skip(1).filter(|p| p.first().is_some_and(|line| line.starts_with("* "))).count();
        let commits = lines.iter().filter(|line| is_commit_header(line)).count();
        let parts = match (squashed && commits > 1, bullets > 1) {
            (true, _) => Parts::Squashed,
            (false, true) => Parts::Bulleted,
            (false, false) => Parts::One,
        };
        let tail = paragraphs.iter().skip(1).rev().take_while(|p| is_closing(p)).count();
        let mut message = Message { subject: "", lines: Vec::with_capacity(lines.len()), trailers: Vec::new(), parts };
        for (index, paragraph) in paragraphs.iter().enumerate() {
            let position = if index > 0 && index + tail >= paragraphs.len() { Position::End } else { Position::Body };
            let body = if index == 0 { paragraph.get(1..).unwrap_or_default() } else { paragraph };
            if index == 0 {
                message.subject = paragraph.first().copied().unwrap_or_default();
            }
            message.lines.extend(body.iter().map(|line| (*line, position)));
            message.add_trailers(body, position);
        }
        message
    }

    /// Adds the trailers of a paragraph: all of them when it is a block of trailers, else the run of them at its end.
    fn add_trailers(&mut self, paragraph: &[&'a str], position: Position) {
        let start = if is_trailer_block(paragraph) { 0 } else { paragraph.len() - trailing_run(paragraph) };
        for line in paragraph.get(start..).unwrap_or_default() {
            if line.starts_with([' ', '\t']) {
                if let Some(last) = self.trailers.last_mut() {
                    last.value = Cow::Owned(format!("{} {}", last.value, line.trim()));
                }
            } else if let Some((key, value)) = trailer(line) {
                let (key, value) = (key.to_ascii_lowercase(), Cow::Borrowed(value));
                self.trailers.push(Trailer { key, raw: line, value, position });
            }
        }
    }
}

/// Runs of lines between empty ones; a line of dashes only, which hosts put between messages, separates too.
fn paragraphs<'a>(lines: &[&'a str]) -> Vec<Vec<&'a str>> {
    let is_gap = |line: &str| line.trim().is_empty() || (line.len() >= 3 && line.bytes().all(|b| b == b'-'));
    let runs = lines.split(|line| is_gap(line)).filter(|run| !run.is_empty());
    runs.map(<[&str]>::to_vec).collect()
}

fn is_commit_header(line: &str) -> bool {
    let id = line.strip_prefix("commit ").map(str::trim).unwrap_or_default();
    id.len() >= 7 && id.bytes().all(|b| b.is_ascii_hexdigit())
}

/// `key: value` at the start of a line; keys are letters, digits and hyphens, as git has them.
pub(crate) fn trailer(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let key = key.trim_end_matches([' ', '\t']);
    let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (is_key && !value.starts_with("//")).then(|| (key, value.trim()))
}

/// Git's rule: all lines are trailers, or git's own trailers are among them and at least a quarter are trailers.
fn is_trailer_block(paragraph: &[&str]) -> bool {
    let (mut trailers, mut others, mut own) = (0usize, 0usize, false);
    for (index, line) in paragraph.iter().enumerate() {
        if line.starts_with("(cherry picked from commit ") {
            (own, trailers) = (true, trailers + 1);
        } else if index > 0 && line.starts_with([' ', '\t']) {
            // Continues the line before it.
        } else if trailer(line).is_some() {
            own |= line.starts_with("Signed-off-by: ");
            trailers += 1;
        } else {
            others += 1;
        }
    }
    trailers > 0 && (others == 0 || (own && trailers * 3 >= others))
}

/// Number of lines at the end of a paragraph that are trailers (without continuation lines: prose is indented too).
fn trailing_run(paragraph: &[&str]) -> usize {
    paragraph.iter().rev().take_while(|line| trailer(line).is_some()).count()
}

/// Whether a paragraph ends a message without being text of its own: trailers, links, references to issues, tool footers.
fn is_closing(paragraph: &[&str]) -> bool {
    is_trailer_block(paragraph) || paragraph.iter().all(|line| is_closing_line(line))
}

fn is_closing_line(line: &str) -> bool {
    let words = line.trim_start_matches(|c: char| !c.is_ascii_alphanumeric() && !"[#<".contains(c));
    let lower = words.to_ascii_lowercase();
    let is_issue = |text: &str| text.starts_with('#') || text.starts_with("http") || (!text.contains(' ') && text.contains('#'));
    let refers = |verb: &str| lower.strip_prefix(verb).is_some_and(|rest| is_issue(rest.trim_start_matches([':', ' '])));
    let verbs = ["closes", "close", "closed", "fixes", "fix", "fixed", "resolves", "resolve", "resolved", "refs", "ref", "see"];
    ["https://", "http://", "[http", "#", "generated with", "(cherry picked from"].iter().any(|start| lower.starts_with(start))
        || lower.contains("](http") && !lower.contains(". ")
        || verbs.iter().any(|verb| refers(verb))
        || trailer(line).is_some()
}

/// A line without what marks it as a footer: signs and emoji in front; none for a quotation or an indented line.
pub(crate) fn footer(line: &str) -> Option<&str> {
    if line.starts_with(['>', '\t']) || line.starts_with("    ") {
        return None;
    }
    let text = line.trim_start_matches(|c: char| !c.is_alphanumeric() && !"[<`\"'(".contains(c));
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn trailers(text: &str) -> Vec<(String, String, Position)> {
        Message::parse(text).trailers.iter().map(|t| (t.key.clone(), t.value.to_string(), t.position)).collect()
    }

    #[test]
    fn a_trailer_stands_at_the_start_of_a_line() {
        assert_eq!(trailers("Change\n\nWe no longer write Co-authored-by: X <x@y.example> into messages."), []);
        assert_eq!(trailers("Change\n\n> Co-authored-by: X <x@y.example>"), []);
        assert_eq!(trailers("Co-authored-by: X <x@y.example>"), [], "the first line is the subject");
    }

    #[test]
    fn git_rule_for_the_last_paragraph() {
        let text =
            "Change\n\nCo-authored-by : X <x@y.example>\nSigned-off-by: A <a@b.example>\n  (for real)\n[a@b.example: fixed up]\n";
        let expected = [
            ("co-authored-by", "X <x@y.example>", Position::End),
            ("signed-off-by", "A <a@b.example> (for real)", Position::End),
        ];
        assert_eq!(trailers(text), expected.map(|(k, v, p)| (k.to_owned(), v.to_owned(), p)));
    }

    #[test]
    fn several_closing_paragraphs_are_the_end() {
        let text = "Change\r\n\r\nText.\r\n\r\nCo-authored-by: X <x@y.example>\r\n\r\nCloses #12\r\n";
        assert_eq!(trailers(text), [("co-authored-by".to_owned(), "X <x@y.example>".to_owned(), Position::End)]);
        let text = "Change\n\nText.\n\nCo-authored-by: X <x@y.example>\n\nMore text.";
        assert_eq!(trailers(text), [("co-authored-by".to_owned(), "X <x@y.example>".to_owned(), Position::Body)]);
    }

    #[test]
    fn squashes_are_told_from_lists() {
        assert_eq!(Message::parse("S (#7)\n\n* One\n\nk: v\n\n* Two\n\nend").parts, Parts::Bulleted);
        assert_eq!(Message::parse("S (#7)\n\n* one\n* two\n* three").parts, Parts::One);
        let own = "Squashed commit of the following:\n\ncommit 0123456789abcdef\nAuthor: A <a@b.example>\n\n    One\n\n    \
                   Co-authored-by: X <x@y.example>\n\ncommit fedcba9876543210\nAuthor: A <a@b.example>\n\n    Two\n";
        let message = Message::parse(own);
        assert_eq!(message.parts, Parts::Squashed);
        assert!(
            message.trailers.iter().any(|t| t.key == "co-authored-by" && t.position == Position::Body),
            "{:?}",
            message.trailers
        );
    }

    #[test]
    fn messages_are_decoded_by_their_header_and_else_lossily() {
        let bytes = b"Korrektur f\xFCr Z\xE4hler";
        assert_eq!(decode(bytes, Some(b"ISO-8859-1")), "Korrektur für Zähler");
        assert_eq!(decode(bytes, None), "Korrektur f\u{FFFD}r Z\u{FFFD}hler");
        assert_eq!(decode(bytes, Some(b"x-nobody-knows")), "Korrektur f\u{FFFD}r Z\u{FFFD}hler");
    }
}
