//! Writes a modelled history into a real repository through `git fast-import`, in one process.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::support::repository::Repository;

use super::model::{History, Message};

const PEOPLE: [&str; 4] = ["Ada", "Ben", "Cid", "Dee"];

/// A running `git fast-import`; marks are positions plus 1.
pub struct Importer {
    child: Child,
    pipe: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Importer {
    /// Starts git in the repository.
    pub fn start(repo: &Repository) -> Importer {
        let mut child = repo.importer().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (pipe, out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Importer { child, pipe, answers: BufReader::new(out) }
    }

    /// Sends bytes of the stream.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.pipe.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends `data` with its length in front.
    pub fn data(&mut self, bytes: &[u8]) {
        self.send(format!("data {}\n", bytes.len()));
        self.send(bytes);
        self.send("\n");
    }

    /// The id of a commit that was sent.
    pub fn id(&mut self, mark: usize) -> String {
        self.send(format!("get-mark :{mark}\n"));
        self.pipe.flush().unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// Ends the stream.
    pub fn finish(mut self) {
        self.send("done\n");
        self.pipe.flush().unwrap();
        drop(self.pipe);
        assert!(self.child.wait().unwrap().success(), "git fast-import failed");
    }
}

/// A path as fast-import wants it: quoted, with all that is not plain as three octal digits.
fn quoted(path: &[u8]) -> String {
    let inner: String =
        path.iter()
            .map(|b| {
                if b.is_ascii_alphanumeric() || b" ./_-,".contains(b) { char::from(*b).to_string() } else { format!("\\{b:03o}") }
            })
            .collect();
    format!("\"{inner}\"")
}

/// Imports all commits and gives their ids, in the order of `history.commits`. The branch `main` is left unborn.
pub fn import(history: &History, repo: &Repository) -> Vec<String> {
    let mut git = Importer::start(repo);
    let mut ids: Vec<String> = Vec::new();
    for (i, commit) in history.commits.iter().enumerate() {
        let person = PEOPLE[commit.author];
        let who = format!("{person} Example <{}@example.com> {} +0000", person.to_lowercase(), commit.time);
        git.send(format!("commit refs/generated/{i}\nmark :{}\nauthor {who}\ncommitter {who}\n", i + 1));
        match &commit.message {
            Message::Words(words) => git.data(format!("{words}\n").as_bytes()),
            Message::Reverts(undone) => {
                git.data(format!("Revert \"Something\"\n\nThis reverts commit {}.\n", ids[*undone]).as_bytes());
            }
        }
        for (n, parent) in commit.parents.iter().enumerate() {
            git.send(format!("{} :{}\n", if n == 0 { "from" } else { "merge" }, parent + 1));
        }
        git.send("deleteall\n");
        for (path, entry) in &commit.tree {
            if entry.mode == "160000" {
                git.send(format!("M 160000 {} {}\n", "1".repeat(40), quoted(path)));
            } else {
                git.send(format!("M {} inline {}\n", entry.mode, quoted(path)));
                git.data(&entry.content);
            }
        }
        git.send("\n");
        ids.push(git.id(i + 1));
    }
    git.finish();
    ids
}
