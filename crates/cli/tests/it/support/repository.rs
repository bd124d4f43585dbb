//! Builds small repositories with git itself: fixed people, fixed times, nothing from the user's settings.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::process::{Finished, describe, finish, finish_child, isolate};

/// A day, in seconds.
pub const DAY: i64 = 86_400;

/// A repository in `dir/NAME` whose clock is moved by each commit.
pub struct Repository {
    pub path: PathBuf,
    home: PathBuf,
    /// Time of the next commit, in seconds since 1970.
    pub clock: i64,
    /// How far each commit moves the clock, in seconds.
    pub step: i64,
    /// Author and committer of the next commit.
    pub person: (String, String),
}

impl Repository {
    /// `git init` with branch `main`.
    pub fn new(dir: &Path, name: &str) -> Repository {
        Repository::with_options(dir, name, &[])
    }

    /// `git init` with further options.
    pub fn with_options(dir: &Path, name: &str, options: &[&str]) -> Repository {
        let home = dir.join(format!("{name}.home"));
        std::fs::create_dir_all(&home).unwrap();
        let mut repo = Repository::at(&dir.join(name), &home);
        std::fs::create_dir_all(&repo.path).unwrap();
        let init: Vec<&str> = ["init", "-q", "-b", "main"].iter().chain(options).copied().collect();
        repo.git(&init);
        for setting in ["core.autocrlf=false", "commit.gpgSign=false", "gc.auto=0", "maintenance.auto=false"] {
            let (key, value) = setting.split_once('=').unwrap();
            repo.git(&["config", key, value]);
        }
        repo.by("Ada");
        repo
    }

    /// A repository that exists already.
    pub fn at(path: &Path, home: &Path) -> Repository {
        let person = ("Ada Example".to_owned(), "ada@example.com".to_owned());
        Repository { path: path.to_path_buf(), home: home.to_path_buf(), clock: 1_700_000_000, step: DAY, person }
    }

    /// The next commits are by this person, at example.com.
    pub fn by(&mut self, name: &str) -> &mut Repository {
        self.person = (format!("{name} Example"), format!("{}@example.com", name.to_lowercase()));
        self
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        isolate(&mut command, &self.home);
        let date = format!("@{} +0000", self.clock);
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), &self.person.0).env(format!("GIT_{role}_EMAIL"), &self.person.1);
            command.env(format!("GIT_{role}_DATE"), &date);
        }
        command.args(args).current_dir(&self.path);
        command
    }

    /// Runs git, whatever comes out.
    pub fn try_git(&self, args: &[&str]) -> Finished {
        finish(self.command(args))
    }

    /// Runs git and gives what it printed.
    pub fn git_bytes(&self, args: &[&str]) -> Vec<u8> {
        let run = self.try_git(args);
        assert!(run.code == Some(0), "git failed while a test repository was built\n{run}");
        run.stdout
    }

    /// Runs git and gives what it printed, without white space around it.
    pub fn git(&self, args: &[&str]) -> String {
        String::from_utf8_lossy(&self.git_bytes(args)).trim().to_owned()
    }

    /// Runs git with bytes on standard input.
    pub fn git_with_input(&self, args: &[&str], input: &[u8]) -> String {
        use std::io::Write;
        let mut command = self.command(args);
        let line = describe(&command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let begun = Instant::now();
        let mut child = command.spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let bytes = input.to_vec();
        let writer = std::thread::spawn(move || pipe.write_all(&bytes));
        let run = finish_child(child, line, begun);
        assert!(run.code == Some(0), "git failed while a test repository was built\n{run}");
        writer.join().unwrap().unwrap();
        String::from_utf8_lossy(&run.stdout).trim().to_owned()
    }

    /// `git fast-import`, not yet started: see `generated::import`.
    pub fn importer(&self) -> Command {
        self.command(&["fast-import", "--quiet", "--done", "--date-format=raw"])
    }

    /// Writes a file of the working tree.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Commits all of the working tree, and gives the id.
    pub fn commit(&mut self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.commit_index(message)
    }

    /// Commits the index as it is, and gives the id.
    pub fn commit_index(&mut self, message: &str) -> String {
        self.clock += self.step;
        self.git_with_input(&["commit", "-q", "--allow-empty", "--cleanup=verbatim", "-F", "-"], message.as_bytes());
        self.head()
    }

    /// Writes a commit object byte for byte, with the tree of the index and HEAD as its parent; `rest` is all after the parents.
    /// Makes it the tip of the branch `main`.
    pub fn commit_raw(&mut self, rest: &[u8]) -> String {
        self.git(&["add", "-A"]);
        let tree = self.git(&["write-tree"]);
        let mut object = format!("tree {tree}\n").into_bytes();
        let parent = self.try_git(&["rev-parse", "--verify", "-q", "HEAD"]);
        if parent.code == Some(0) {
            object.extend(format!("parent {}\n", String::from_utf8_lossy(&parent.stdout).trim()).as_bytes());
        }
        object.extend(rest);
        let id = self.git_with_input(&["hash-object", "-t", "commit", "-w", "--stdin", "--literally"], &object);
        self.git(&["update-ref", "refs/heads/main", &id]);
        id
    }

    /// The commit that HEAD names.
    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }
}

/// `n` distinct lines that begin with `prefix`, each longer than 20 characters.
pub fn lines(prefix: &str, from: usize, to: usize) -> String {
    (from..=to).map(|i| format!("{prefix} line {i} of the text\n")).collect()
}

/// `text` with its line number `n` (from 1) replaced.
pub fn replace_line(text: &str, n: usize, new: &str) -> String {
    text.lines().enumerate().map(|(i, old)| format!("{}\n", if i + 1 == n { new } else { old })).collect()
}
