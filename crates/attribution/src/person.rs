//! A name with an address, as commits and trailers spell it; bytes, since old commits hold any encoding.

use bstr::{BStr, BString, ByteSlice};
use std::fmt;

/// A person or an account as a commit names it. Either part may be empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Person {
    /// Name.
    pub name: BString,
    /// E-mail address, without the angle brackets.
    pub email: BString,
}

impl Person {
    /// Puts a name and an address together.
    pub fn new(name: impl Into<BString>, email: impl Into<BString>) -> Person {
        Person { name: name.into(), email: email.into() }
    }

    /// Reads `Name <address>`; none when the text does not end with an address in brackets.
    ///
    /// The address is what stands in the last pair of brackets, so names that hold brackets themselves are read too.
    pub fn parse(text: &[u8]) -> Option<Person> {
        let text = text.trim().strip_suffix(b">")?;
        let open = text.rfind_byte(b'<')?;
        let email = text.get(open + 1..)?.trim();
        if email.contains(&b'>') {
            return None;
        }
        Some(Person::new(text.get(..open)?.trim(), email))
    }

    /// The name, for showing.
    pub fn name(&self) -> &BStr {
        self.name.as_bstr()
    }
}

impl fmt::Display for Person {
    /// `Name <address>`; bytes that are no UTF-8 become the replacement character.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <{}>", self.name.to_str_lossy(), self.email.to_str_lossy())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::Person;

    #[test]
    fn the_last_brackets_hold_the_address() {
        assert_eq!(Person::parse(b"Ada Example <ada@example.com>").unwrap(), Person::new("Ada Example", "ada@example.com"));
        assert_eq!(
            Person::parse(b" Eve <dev> Example <eve@example.com> ").unwrap(),
            Person::new("Eve <dev> Example", "eve@example.com")
        );
        assert_eq!(Person::parse(b"<x@example.com>").unwrap(), Person::new("", "x@example.com"));
        assert_eq!(Person::parse(b"unknown <>").unwrap(), Person::new("unknown", ""));
        for no in ["Ada", "ada@example.com", "Claude <noreply@anthropic.com> into messages.", "<", ">", "", "a <b>c>"] {
            assert_eq!(Person::parse(no.as_bytes()), None, "`{no}` is no person");
        }
    }
}
