//! Text of others as it may stand in a message: it must not move a cursor, hide what stands beside it, or fill the screen.

use std::borrow::Cow;

/// Writes out what a terminal would obey or not show: control characters, signs that turn the direction of writing, and separators of
/// lines, as `\u{1b}`; `\n`, `\r` and `\t` as these.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// The same for a message of several lines: breaks and tabs of the message itself stay.
///
/// Lines that are longer than [`LONGEST_LINE`] lose their middle, whatever they hold.
#[must_use]
pub fn visible_lines(text: &str) -> String {
    let lines: Vec<Cow<'_, str>> = text
        .split('\n')
        .map(|line| match without_middle(line) {
            Cow::Borrowed(line) => escaped(line, |letter| letter == '\t'),
            Cow::Owned(line) => Cow::Owned(escaped(&line, |letter| letter == '\t').into_owned()),
        })
        .collect();
    lines.join("\n")
}

/// Characters of one line of a message; a longer one echoes a file.
pub const LONGEST_LINE: usize = 1_200;

/// The beginning of a text, escaped, with an ellipsis where more follows. `most` counts characters of the text.
#[must_use]
pub fn excerpt(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => visible(text),
        Some((end, _)) => Cow::Owned(format!("{}…", visible(text.get(..end).unwrap_or_default()))),
    }
}

/// The part of a line around the byte `at`, escaped, `most` characters long at the most, with an ellipsis where something is left out.
#[must_use]
pub fn around(line: &str, at: usize, most: usize) -> String {
    let at = (0..=at.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    let (before, after) = line.split_at(at);
    let begin = before.char_indices().rev().nth((most / 2).saturating_sub(1)).map_or(0, |(begin, _)| begin);
    let shown = before.get(begin..).unwrap_or_default();
    let room = most.saturating_sub(shown.chars().count());
    let end = after.char_indices().nth(room).map_or(after.len(), |(end, _)| end);
    let lead = if begin > 0 { "…" } else { "" };
    let tail = if end < after.len() { "…" } else { "" };
    format!("{lead}{}{}{tail}", visible(shown), visible(after.get(..end).unwrap_or_default()))
}

fn without_middle(line: &str) -> Cow<'_, str> {
    if line.len() <= LONGEST_LINE || line.char_indices().nth(LONGEST_LINE).is_none() {
        return Cow::Borrowed(line);
    }
    let (head, tail) = (LONGEST_LINE * 2 / 3, LONGEST_LINE / 3);
    let head = line.char_indices().nth(head).map_or(line.len(), |(at, _)| at);
    let tail = line.char_indices().rev().nth(tail).map_or(0, |(at, _)| at);
    Cow::Owned(format!("{} … {}", line.get(..head).unwrap_or_default(), line.get(tail..).unwrap_or_default()))
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let acts = |letter: char| acts_on_a_terminal(letter) && !stays(letter);
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if acts(letter) {
            match letter {
                '\n' | '\r' | '\t' => out.extend(letter.escape_default()),
                other => out.extend(other.escape_unicode()),
            }
        } else {
            out.push(letter);
        }
    }
    Cow::Owned(out)
}

fn acts_on_a_terminal(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        assert_eq!(visible("a\u{1b}[2Jb\rc\nd\u{9b}e\u{202e}f"), "a\\u{1b}[2Jb\\rc\\nd\\u{9b}e\\u{202e}f");
        assert!(matches!(visible("Zoë's file · 日本"), Cow::Borrowed(_)));
        assert_eq!(visible_lines("one\n\ttwo\u{1b}\r"), "one\n\ttwo\\u{1b}\\r");
    }

    #[test]
    fn what_is_long_is_cut_where_it_says_least() {
        assert_eq!(excerpt("abcdef", 6), "abcdef");
        assert_eq!(excerpt("ab\u{7}cdef", 4), "ab\\u{7}c…");
        let line = format!("{}X{}", "é".repeat(500), "z".repeat(500));
        let shown = around(&line, 1000, 20);
        assert_eq!(shown, format!("…{}X{}…", "é".repeat(10), "z".repeat(9)));
        assert_eq!(around("short", 2, 20), "short");
        assert_eq!(around("short", 99, 20), "short");
        let whole = visible_lines(&format!("begin{}end\nnext", "x".repeat(1_000_000)));
        assert!(whole.chars().count() < LONGEST_LINE + 20, "{}", whole.len());
        assert!(whole.starts_with("beginx") && whole.contains("x … x") && whole.ends_with("xend\nnext"));
    }
}
