//! `.mailmap` as git reads it: names and addresses that the repository itself says belong together.
//!
//! The four forms of gitmailmap(5); addresses and names are compared without regard to ASCII case; a later line overrules
//! an earlier one. All is bytes.

use crate::person::Person;
use bstr::{BString, ByteSlice};
use std::collections::HashMap;

/// What a line puts in place of a name or an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Proper {
    name: Option<BString>,
    email: Option<BString>,
}

/// What is known of one address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Entry {
    all: Proper,
    by_name: HashMap<Vec<u8>, Proper>,
}

/// A mailmap, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mailmap {
    entries: HashMap<Vec<u8>, Entry>,
}

impl Mailmap {
    /// Reads a mailmap. Lines that are none of the four forms say nothing, as with git.
    pub fn parse(bytes: &[u8]) -> Mailmap {
        let mut map = Mailmap::default();
        for line in bytes.lines().filter(|line| !line.starts_with(b"#")) {
            map.add(line);
        }
        map
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn add(&mut self, line: &[u8]) {
        let Some((name, email, rest)) = name_and_email(line, false) else { return };
        let second = name_and_email(rest, true);
        let (proper_name, proper_email, old_name, old_email) = match second {
            Some((old_name, old_email, _)) => (name, Some(email), old_name, old_email),
            None => (name, None, None, email),
        };
        let entry = self.entries.entry(old_email.to_ascii_lowercase()).or_default();
        let owned = |text: &[u8]| BString::from(text);
        match old_name {
            Some(old_name) => {
                let proper = Proper { name: proper_name.map(owned), email: proper_email.map(owned) };
                entry.by_name.insert(old_name.to_ascii_lowercase(), proper);
            }
            None => {
                if let Some(name) = proper_name {
                    entry.all.name = Some(owned(name));
                }
                if let Some(email) = proper_email {
                    entry.all.email = Some(owned(email));
                }
            }
        }
    }

    /// The proper name and address of a person; what the map says nothing on stays as it is.
    pub fn resolve(&self, person: &Person) -> Person {
        let Some(entry) = self.entries.get(&person.email.to_ascii_lowercase()) else { return person.clone() };
        let proper = entry.by_name.get(&person.name.to_ascii_lowercase()).unwrap_or(&entry.all);
        Person {
            name: proper.name.clone().unwrap_or_else(|| person.name.clone()),
            email: proper.email.clone().unwrap_or_else(|| person.email.clone()),
        }
    }
}

/// A name, where there is one, an address in brackets, and what follows.
type Parsed<'a> = (Option<&'a [u8]>, &'a [u8], &'a [u8]);

/// `Name <address> rest`; an empty address counts only where `allow_empty` says so.
fn name_and_email(text: &[u8], allow_empty: bool) -> Option<Parsed<'_>> {
    let open = text.find_byte(b'<')?;
    let close = open + 1 + text.get(open + 1..)?.find_byte(b'>')?;
    let email = text.get(open + 1..close)?;
    if email.is_empty() && !allow_empty {
        return None;
    }
    let name = text.get(..open)?.trim();
    Some(((!name.is_empty()).then_some(name), email, text.get(close + 1..)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    /// The map of the fixture history `author_committer`.
    const MAP: &str = "# comment\nAda Example <ada@example.com> <ada@old.example.com>\nBen Example <ben@example.com> Benny <shared@example.com>\n\
                       Cid Example <cid@example.com> Cid The Old <SHARED@example.com>\n<dee@example.com> <dee@home.example.com>\nEve Example <eve@example.com>\n";

    #[test]
    fn the_four_forms() {
        let map = Mailmap::parse(MAP.as_bytes());
        for (name, email, expected) in [
            ("A. Example", "ADA@old.example.com", "Ada Example <ada@example.com>"),
            ("Benny", "shared@example.com", "Ben Example <ben@example.com>"),
            ("cid the old", "shared@example.com", "Cid Example <cid@example.com>"),
            ("Somebody", "shared@example.com", "Somebody <shared@example.com>"),
            ("Dee Home", "dee@home.example.com", "Dee Home <dee@example.com>"),
            ("evie", "Eve@example.com", "Eve Example <Eve@example.com>"),
            ("Host", "host@example.com", "Host <host@example.com>"),
            ("", "", " <>"),
        ] {
            assert_eq!(map.resolve(&Person::new(name, email)).to_string(), expected, "{name} <{email}>");
        }
    }

    #[test]
    fn later_lines_overrule_and_odd_ones_say_nothing() {
        let map = Mailmap::parse(
            b"Old <a@x.example>\r\nNew <a@x.example>\nno address\nBroken <b@x.example\n <>\nZo\xEB <z@x.example> <y@x.example>\n",
        );
        assert_eq!(map.resolve(&Person::new("a", "a@x.example")).name, "New");
        assert_eq!(map.resolve(&Person::new("b", "b@x.example")).name, "b");
        assert_eq!(map.resolve(&Person::new("z", "Y@X.example")), Person::new(&b"Zo\xEB"[..], "z@x.example"), "bytes stay bytes");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[<>#a \n@]{0,80}") {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                let _ = Mailmap::parse(bytes).resolve(&Person::new("a", "a"));
            }
        }
    }
}
