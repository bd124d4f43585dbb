//! Names of git objects, computed as git computes them, so that a message and a table can name a commit before git has seen it.

use std::collections::BTreeMap;

/// A SHA-1 name.
pub type Id = [u8; 20];

/// As it is written.
#[must_use]
pub fn hex(id: &Id) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of an object.
#[must_use]
pub fn name(kind: &str, body: &[u8]) -> Id {
    let mut hasher = sha1dc::Hasher::new();
    hasher.update(format!("{kind} {}\0", body.len()).as_bytes());
    hasher.update(body);
    let digest = match hasher.finalize() {
        Ok(digest) => digest,
        // Made on purpose only; the name is the same.
        Err(collision) => collision.digest(),
    };
    let mut id = [0; 20];
    id.copy_from_slice(digest.as_ref());
    id
}

#[derive(Debug, Clone)]
enum Entry {
    File(Id),
    Folder(Tree),
}

/// A folder, with the names of what is in it.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    entries: BTreeMap<String, Entry>,
    id: Option<Id>,
}

impl Tree {
    /// Puts a file, or takes it away.
    pub fn set(&mut self, path: &str, file: Option<Id>) {
        self.id = None;
        match path.split_once('/') {
            Some((folder, rest)) => {
                let below = self.entries.entry(folder.to_owned()).or_insert_with(|| Entry::Folder(Self::default()));
                if let Entry::Folder(tree) = below {
                    tree.set(rest, file);
                    if tree.entries.is_empty() {
                        self.entries.remove(folder);
                    }
                }
            }
            None => match file {
                Some(id) => {
                    self.entries.insert(path.to_owned(), Entry::File(id));
                }
                None => {
                    self.entries.remove(path);
                }
            },
        }
    }

    /// The name of the folder.
    pub fn id(&mut self) -> Id {
        if let Some(id) = self.id {
            return id;
        }
        let mut entries: Vec<(Vec<u8>, &'static str, String, Id)> = self
            .entries
            .iter_mut()
            .map(|(name, entry)| match entry {
                Entry::File(id) => (name.as_bytes().to_vec(), "100644", name.clone(), *id),
                // Git orders a folder as if its name ended in a slash.
                Entry::Folder(tree) => ([name.as_bytes(), b"/"].concat(), "40000", name.clone(), tree.id()),
            })
            .collect();
        entries.sort();
        let mut body = Vec::new();
        for (_, mode, name, id) in entries {
            body.extend_from_slice(mode.as_bytes());
            body.push(b' ');
            body.extend_from_slice(name.as_bytes());
            body.push(0);
            body.extend_from_slice(&id);
        }
        let id = name("tree", &body);
        self.id = Some(id);
        id
    }
}

/// Who did something, and when (seconds since 1970, UTC).
#[derive(Debug, Clone)]
pub struct Signature {
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// When.
    pub at: i64,
}

impl Signature {
    /// As a commit holds it.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} <{}> {} +0000", self.name, self.email, self.at)
    }
}

/// The name of a commit.
#[must_use]
pub fn commit(tree: &Id, parents: &[Id], author: &Signature, committer: &Signature, message: &str) -> Id {
    let mut body = format!("tree {}\n", hex(tree));
    for parent in parents {
        body.push_str(&format!("parent {}\n", hex(parent)));
    }
    body.push_str(&format!("author {}\ncommitter {}\n\n{message}", author.text(), committer.text()));
    name("commit", body.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_git() {
        assert_eq!(hex(&name("blob", b"")), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(hex(&Tree::default().id()), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
        assert_eq!(hex(&name("blob", b"hello\n")), "ce013625030ba8dba906f756967f9e9ca394464a");
    }
}
