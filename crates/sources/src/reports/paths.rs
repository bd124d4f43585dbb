//! From a path on the machine that made a report to the file of the repository.

use std::collections::BTreeMap;

/// Finds files by the longest end of a path that the commit has.
pub struct Paths<'a> {
    exists: Box<dyn FnMut(&str) -> bool + 'a>,
    known: BTreeMap<String, Option<String>>,
}

impl<'a> Paths<'a> {
    /// `exists` says whether the commit has a file of that path.
    pub fn new(exists: impl FnMut(&str) -> bool + 'a) -> Self {
        Self { exists: Box::new(exists), known: BTreeMap::new() }
    }

    /// The file's path in the repository, or the path as it is written, with `/`, where no file fits.
    pub fn map(&mut self, written: &str) -> String {
        if let Some(known) = self.known.get(written) {
            return known.clone().unwrap_or_else(|| clean(written));
        }
        let path = clean(written);
        let mut rest = path.as_str();
        let mut found = None;
        loop {
            if !rest.is_empty() && (self.exists)(rest) {
                found = Some(rest.to_owned());
                break;
            }
            match rest.split_once('/') {
                Some((_, after)) => rest = after,
                None => break,
            }
        }
        self.known.insert(written.to_owned(), found.clone());
        found.unwrap_or(path)
    }

    /// Paths for which no file was found.
    #[must_use]
    pub fn unmapped(&self) -> Vec<String> {
        self.known.iter().filter(|(_, found)| found.is_none()).map(|(written, _)| written.clone()).collect()
    }
}

/// A path with `/`, without scheme, drive, `.` and `..`.
fn clean(written: &str) -> String {
    let path = written.replace('\\', "/");
    let path = path.strip_prefix("file://").unwrap_or(&path);
    let path = match path.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => path.get(2..).unwrap_or_default(),
        _ => path,
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            // The drive of a `file:///C:/...`.
            drive if parts.is_empty() && drive.len() == 2 && drive.ends_with(':') => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// `%20` and its like, as URIs spell them.
pub(super) fn decode(uri: &str) -> String {
    let bytes = uri.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = (*byte == b'%').then(|| uri.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok())).flatten();
        decoded.push(hex.unwrap_or(*byte));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
