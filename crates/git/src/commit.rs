//! A commit object read leniently: what old tools left behind must not end a run.
//!
//! `gix` refuses commits whose author line is broken; here every part is read by itself, and what cannot be read is absent and listed.

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;

/// A person as a commit spells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Signature {
    /// Name, bytes as they are.
    pub name: BString,
    /// Address between the last pair of angle brackets.
    pub email: BString,
}

/// The parts of a commit.
#[derive(Debug, Clone)]
pub struct RawCommit<'a> {
    /// Root tree.
    pub tree: Option<ObjectId>,
    /// Parents in order.
    pub parents: Vec<ObjectId>,
    /// Author, where the line can be read.
    pub author: Option<Signature>,
    /// Author time, seconds.
    pub authored_at: Option<i64>,
    /// Committer, where the line can be read.
    pub committer: Option<Signature>,
    /// Committer time, seconds.
    pub committed_at: Option<i64>,
    /// Value of the `encoding` header.
    pub encoding: Option<&'a BStr>,
    /// Message, bytes as they are.
    pub message: &'a BStr,
    /// What could not be read, or is unusual, in words.
    pub odd: Vec<&'static str>,
}

/// Reads the headers of `raw` line by line.
#[must_use]
pub fn parse(raw: &[u8]) -> RawCommit<'_> {
    let split = raw.find("\n\n").map_or(raw.len(), |at| at + 1);
    let (head, rest) = raw.split_at(split);
    let mut commit = RawCommit {
        tree: None,
        parents: Vec::new(),
        author: None,
        authored_at: None,
        committer: None,
        committed_at: None,
        encoding: None,
        message: rest.strip_prefix(b"\n").unwrap_or(rest).as_bstr(),
        odd: Vec::new(),
    };
    let (mut author_seen, mut committer_seen) = (false, false);
    for line in head.lines() {
        // A line that begins with a blank continues a signature or a merge tag, and is no header of this commit.
        let Some((key, value)) = line.split_once_str(" ") else { continue };
        match key {
            b"tree" if commit.tree.is_none() => commit.tree = ObjectId::from_hex(value).ok(),
            b"parent" if !author_seen => match ObjectId::from_hex(value) {
                Ok(id) => commit.parents.push(id),
                Err(_) => commit.odd.push("a parent that is no object id"),
            },
            b"author" if !author_seen => {
                author_seen = true;
                (commit.author, commit.authored_at) = person(value, &mut commit.odd);
            }
            b"committer" if !committer_seen => {
                committer_seen = true;
                (commit.committer, commit.committed_at) = person(value, &mut commit.odd);
            }
            b"encoding" if commit.encoding.is_none() => commit.encoding = Some(value.as_bstr()),
            _ => {}
        }
    }
    if commit.author.is_none() {
        commit.odd.push("an author line that cannot be read");
    }
    if commit.committed_at.is_none() {
        commit.odd.push("a committer line without a time");
    }
    commit
}

/// What is wrong with the beginning of a commit, in which git takes nothing but a tree and then parents; `None` when nothing is. Without
/// these two nobody can tell what the commit holds or where it stands.
pub(crate) fn flaw(raw: &[u8], hash_len: usize) -> Option<&'static str> {
    let is_id = |text: &[u8]| text.len() == 2 * hash_len && ObjectId::from_hex(text).is_ok();
    let mut lines = raw.lines();
    if !lines.next().and_then(|line| line.strip_prefix(b"tree ")).is_some_and(is_id) {
        return Some("it is no well-formed commit: it does not begin with its tree");
    }
    let mut parents = lines.map_while(|line| line.strip_prefix(b"parent "));
    (!parents.all(is_id)).then_some("it is no well-formed commit: a parent is no object id")
}

/// `NAME <ADDRESS> SECONDS ZONE`; the zone plays no part in the seconds and may be anything.
fn person(value: &[u8], odd: &mut Vec<&'static str>) -> (Option<Signature>, Option<i64>) {
    let Some(close) = value.rfind_byte(b'>') else { return (None, None) };
    let (who, when) = value.split_at(close);
    let Some(open) = who.rfind_byte(b'<') else { return (None, seconds(when.get(1..).unwrap_or_default(), odd)) };
    let (name, email) = who.split_at(open);
    let signature = Signature { name: name.trim().into(), email: email.get(1..).unwrap_or_default().trim().into() };
    (Some(signature), seconds(when.get(1..).unwrap_or_default(), odd))
}

/// Seconds of the years -9999 to 9999, which have a name; git itself takes what lies far beyond for 1970.
const NAMED: std::ops::RangeInclusive<i64> = -377_705_023_201..=253_402_207_200;

fn seconds(when: &[u8], odd: &mut Vec<&'static str>) -> Option<i64> {
    let mut fields = when.fields();
    let seconds: Option<i64> = fields.next().and_then(|field| field.to_str().ok()).and_then(|field| field.parse().ok());
    if seconds.is_some_and(|seconds| !NAMED.contains(&seconds)) {
        odd.push("a time that no calendar holds, ignored");
        return None;
    }
    let zone_is_usual = fields.next().is_some_and(|zone| {
        zone.len() == 5 && matches!(zone.first(), Some(b'+' | b'-')) && zone.iter().skip(1).all(u8::is_ascii_digit)
    });
    if seconds.is_some() && !zone_is_usual {
        odd.push("an unusual zone offset, ignored");
    }
    seconds
}

/// The commits that a message says it reverts: each `This reverts commit <hex>`, and lists such as `This reverts commits A, B and C`.
///
/// Ids may be abbreviated to 7 digits and come out in lower case. Lines that quote another message (`> `) say nothing of this commit, and of a
/// range (`A..B`) nobody can tell from the message what is in it.
#[must_use]
pub fn reverted_ids(message: &BStr) -> Vec<String> {
    const SAYS: &[u8] = b"This reverts commit";
    let own: Vec<u8> =
        message.lines_with_terminator().filter(|line| !line.trim_start().starts_with(b">")).flatten().copied().collect();
    let mut ids: Vec<String> = Vec::new();
    for at in own.find_iter(SAYS) {
        let mut rest = own.get(at + SAYS.len()..).unwrap_or_default();
        rest = rest.strip_prefix(b"s").unwrap_or(rest);
        rest = rest.strip_prefix(b":").unwrap_or(rest);
        if !rest.first().is_some_and(u8::is_ascii_whitespace) {
            continue;
        }
        while let Some((id, after)) = listed_id(rest) {
            if !ids.contains(&id) {
                ids.push(id);
            }
            rest = after;
        }
    }
    ids
}

/// The next id of a list, and what comes after it.
fn listed_id(list: &[u8]) -> Option<(String, &[u8])> {
    let mut list = list;
    loop {
        list = list.trim_start_with(|c| c.is_ascii_whitespace() || matches!(c, ',' | '&' | '*' | '-' | '`'));
        match list.strip_prefix(b"and").filter(|rest| rest.first().is_some_and(u8::is_ascii_whitespace)) {
            Some(rest) => list = rest,
            None => break,
        }
    }
    let len = list.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (hex, after) = list.split_at_checked(len)?;
    let is_word = after.first().is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'_');
    let is_range =
        after.strip_prefix(b"..").is_some_and(|to| to.trim_start_with(|c| c == '.').first().is_some_and(u8::is_ascii_hexdigit));
    // `defaced` is a word.
    let is_id = (7..=64).contains(&len) && hex.iter().any(u8::is_ascii_digit);
    if is_word || is_range || !is_id {
        return None;
    }
    Some((String::from_utf8(hex.to_ascii_lowercase()).ok()?, after.strip_prefix(b"`").unwrap_or(after)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn odd_headers_do_not_hide_the_rest() {
        let raw = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor Kim <kim@\nexample.com> 5 +0000\ncommitter Ann <ann@example.com> 1313600000 +051800\ngpgsig -----BEGIN\n tree 0000000000000000000000000000000000000000\n author X <x> 1 +0000\n\nsubject\n\nbody\n";
        let commit = parse(raw);
        assert_eq!(commit.parents.len(), 1);
        assert_eq!(commit.author, None);
        assert_eq!(commit.committed_at, Some(1_313_600_000));
        assert_eq!(commit.committer.unwrap().email, "ann@example.com");
        assert_eq!(commit.message, "subject\n\nbody\n");
        assert_eq!(commit.odd, ["an unusual zone offset, ignored", "an author line that cannot be read"]);
    }

    #[test]
    fn reverts_are_found_wherever_they_stand() {
        let message = "Revert \"x\"\n\nThis reverts commit ABCDEF0123.\nThis reverts commit abcdef0123, reversing\nchanges; This reverts commit 12.".into();
        assert_eq!(reverted_ids(message), ["abcdef0123"]);
        for (message, ids) in [
            ("This reverts commits 1111111, 2222222 and 3333333.", vec!["1111111", "2222222", "3333333"]),
            ("This reverts commits 1111111, 2222222, and 3333333.\n4444444 stays.", vec!["1111111", "2222222", "3333333"]),
            ("This reverts commits:\n\n- 1111111\n- `2222222`\n\n5555555", vec!["1111111", "2222222", "5555555"]),
            ("This reverts commit 1111111 and commit 2222222.", vec!["1111111"]),
            ("This reverts commit 1111111, reversing\nchanges made to 2222222.", vec!["1111111"]),
            ("This reverts commit 1111111 (a subject, 2026-01-01).", vec!["1111111"]),
            ("This reverts commit 1111111, defaced", vec!["1111111"]),
            ("This reverts commits 1111111..2222222.", vec![]),
            ("This reverts commit 1111111...\n", vec!["1111111"]),
            ("> This reverts commit 1111111.\n  > This reverts commit 2222222.\nThis reverts commit 3333333.", vec!["3333333"]),
            ("This reverts committee1 and 1111111", vec![]),
        ] {
            assert_eq!(reverted_ids(message.into()), ids, "`{message}`");
        }
    }
}
