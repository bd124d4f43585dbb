//! Accounts that look like one person, for somebody to confirm in a mailmap or a people file.

use crate::person::Person;
use bstr::ByteSlice;
use std::collections::{BTreeMap, BTreeSet};

/// Two accounts that may be one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// One account.
    pub a: Person,
    /// The other.
    pub b: Person,
    /// Why they look alike, in words.
    pub reason: String,
}

/// Parts of addresses before the `@` that many people have.
const COMMON: [&str; 16] = [
    "admin", "contact", "devnull", "email", "github", "hello", "info", "mail", "me", "noreply", "no-reply", "root", "support",
    "team", "test", "work",
];

/// Lists accounts that look like one person; nothing is joined by it.
///
/// # Definition
/// Two accounts with different addresses are proposed when their names are equal without regard to case, blanks and signs,
/// or the part of an address before the `@` (without GitHub's number in front) equals the name or that part of the other.
/// Parts under 4 letters and common ones such as `info` say nothing. Accounts of applications are left out.
///
/// # Input
/// Accounts after the mailmap and the people file, in any order.
pub fn proposals(accounts: &[Person]) -> Vec<Proposal> {
    let mut people: BTreeMap<Vec<u8>, &Person> = BTreeMap::new();
    for account in accounts.iter().filter(|a| !a.email.is_empty() && !a.name.to_ascii_lowercase().ends_with(b"[bot]")) {
        people.entry(account.email.to_ascii_lowercase()).or_insert(account);
    }
    let mut by_look: BTreeMap<String, Vec<(&Person, &'static str)>> = BTreeMap::new();
    for person in people.values() {
        let local = person.email.split_str("@").next().unwrap_or_default();
        let local = local.to_str_lossy();
        let local = local
            .split_once('+')
            .map_or(local.as_ref(), |(before, after)| if before.bytes().all(|b| b.is_ascii_digit()) { after } else { before });
        let looks = [(folded(&person.name.to_str_lossy()), "name"), (folded(local), "address")];
        let mut seen = BTreeSet::new();
        for (look, what) in looks {
            let says_something = look.chars().count() >= 4 && !COMMON.contains(&look.as_str());
            if says_something && seen.insert(look.clone()) {
                by_look.entry(look).or_default().push((person, what));
            }
        }
    }
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for (look, alike) in &by_look {
        for pair in alike.windows(2) {
            let [(a, a_what), (b, b_what)] = pair else { continue };
            if known.insert((a.email.clone(), b.email.clone())) {
                let reason = match (*a_what, *b_what) {
                    ("name", "name") => format!("both names read `{look}` without case, blanks and signs"),
                    ("address", "address") => format!("both addresses begin with `{look}`"),
                    _ => format!("the name of one and the address of the other read `{look}`"),
                };
                found.push(Proposal { a: (*a).clone(), b: (*b).clone(), reason });
            }
        }
    }
    found
}

/// Letters and digits in lower case.
fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
