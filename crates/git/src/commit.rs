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

/// `NAME <ADDRESS> SECONDS ZONE`; the zone plays no part in the seconds and may be anything.
fn person(value: &[u8], odd: &mut Vec<&'static str>) -> (Option<Signature>, Option<i64>) {
    let Some(close) = value.rfind_byte(b'>') else { return (None, None) };
    let (who, when) = value.split_at(close);
    let Some(open) = who.rfind_byte(b'<') else { return (None, seconds(when.get(1..).unwrap_or_default(), odd)) };
    let (name, email) = who.split_at(open);
    let signature = Signature { name: name.trim().into(), email: email.get(1..).unwrap_or_default().trim().into() };
    (Some(signature), seconds(when.get(1..).unwrap_or_default(), odd))
}

fn seconds(when: &[u8], odd: &mut Vec<&'static str>) -> Option<i64> {
    let mut fields = when.fields();
    let seconds = fields.next().and_then(|field| field.to_str().ok()).and_then(|field| field.parse().ok());
    let zone_is_usual = fields.next().is_some_and(|zone| {
        zone.len() == 5 && matches!(zone.first(), Some(b'+' | b'-')) && zone.iter().skip(1).all(u8::is_ascii_digit)
    });
    if seconds.is_some() && !zone_is_usual {
        odd.push("an unusual zone offset, ignored");
    }
    seconds
}

/// The commits that a message says it reverts: each `This reverts commit <hex>`, possibly abbreviated (7 digits or more), lower case.
#[must_use]
pub fn reverted_ids(message: &BStr) -> Vec<String> {
    const SAYS: &[u8] = b"This reverts commit ";
    let mut ids = Vec::new();
    for at in message.find_iter(SAYS) {
        let rest = message.get(at + SAYS.len()..).unwrap_or_default();
        let hex: Vec<u8> = rest.iter().copied().take_while(u8::is_ascii_hexdigit).collect();
        if (7..=64).contains(&hex.len())
            && let Ok(id) = String::from_utf8(hex.to_ascii_lowercase())
            && !ids.contains(&id)
        {
            ids.push(id);
        }
    }
    ids
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
    }
}
