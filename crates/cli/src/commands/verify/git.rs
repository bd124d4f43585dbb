//! git itself, asked as a program: plumbing and blame, called so that no setting of the user's changes an answer and nothing is fetched.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bstr::{BStr, BString, ByteSlice};
use candor_git::ObjectId;

use crate::failure::Failure;

/// The oldest git whose answers these calls understand.
const OLDEST: (u32, u32) = (2, 31);
/// How a diff is asked for, so that it is the one of the strict rules.
const DIFF: [&str; 11] = [
    "diff-tree",
    "--stdin",
    "-r",
    "--root",
    "-z",
    "--histogram",
    "--indent-heuristic",
    "-M50%",
    "-l1000",
    "--no-ext-diff",
    "--no-textconv",
];

/// A commit and the parent that it is compared with; without one, with nothing.
pub type Pair = (ObjectId, Option<ObjectId>);

/// A path that a commit changes, as git counts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Path in the commit, or the path that is gone.
    pub path: BString,
    /// Path before, where git takes it for a rename.
    pub from: Option<BString>,
    /// Lines added and removed; `None` where git counts none (binary).
    pub lines: Option<(u64, u64)>,
}

/// An entry of a tree: (mode, object).
pub type Entry = (u32, ObjectId);

/// A path that a commit changes: before and after; `None` = it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Path.
    pub path: BString,
    /// Before and after.
    pub sides: [Option<Entry>; 2],
}

/// git, on one repository.
pub struct Git {
    dir: PathBuf,
    empty_tree: String,
    /// What `git version` says.
    pub version: String,
    graph: Option<TemporaryFolder>,
}

impl Git {
    /// Finds git on the machine, for the repository in `dir` (the folder with objects and references).
    pub fn find(dir: &Path, tip: ObjectId) -> Result<Self, Failure> {
        let git = Self {
            dir: dir.to_path_buf(),
            empty_tree: ObjectId::empty_tree(tip.kind()).to_string(),
            version: String::new(),
            graph: None,
        };
        let said = git.ask(&["version".into()], &[])?;
        let version = said.trim().to_str_lossy().into_owned();
        let numbers: Vec<u32> = version
            .trim_start_matches(|c: char| !c.is_ascii_digit())
            .split(|c: char| !c.is_ascii_digit())
            .map_while(|part| part.parse().ok())
            .collect();
        match numbers.as_slice() {
            [major, minor, ..] if (*major, *minor) >= OLDEST => Ok(Self { version, ..git }),
            _ => Err(Failure::user(format!("`{version}` is too old to compare with"))
                .hint(format!("install git {}.{} or later", OLDEST.0, OLDEST.1))),
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            command.env_remove(name);
        }
        // The folder of the repository stands for its work tree, so that no attributes of a work tree take part.
        command.current_dir(&self.dir).arg("--git-dir").arg(&self.dir).arg("--no-pager");
        command.env("LC_ALL", "C").env("GIT_NO_LAZY_FETCH", "1").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0");
        // Candor does not follow grafts, and git runs in circles where they make one.
        command.env("GIT_GRAFT_FILE", "/dev/null");
        command.env("GIT_ATTR_SOURCE", &self.empty_tree).args(["-c", "protocol.allow=never", "-c", "core.commitGraph=true"]);
        command.args(["-c", "advice.graftFileDeprecated=false"]);
        if let Some(graph) = &self.graph {
            command.env("GIT_OBJECT_DIRECTORY", &graph.0);
        }
        command
    }

    /// Runs git with `input` on its standard input and gives what it prints.
    fn ask(&self, args: &[OsString], input: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut command = self.command();
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let spelt = || args.iter().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" ");
        let fault = |error: std::io::Error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                Failure::user("the program `git` is not found, and nothing can be compared without it")
                    .hint("install git and make sure that its folder is in PATH")
            } else {
                Failure::machine(format!("cannot run `git {}`: {error}", spelt()))
            }
        };
        let mut child = command.spawn().map_err(fault)?;
        let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
        let (output, said) = std::thread::scope(|scope| {
            scope.spawn(move || {
                // A child that ends early closes the pipe; its exit code tells.
                let _ = stdin.map(|mut pipe| pipe.write_all(input));
            });
            let said = scope.spawn(move || {
                let mut said = Vec::new();
                let _ = stderr.map(|mut pipe| pipe.read_to_end(&mut said));
                said
            });
            let mut output = Vec::new();
            let read = child.stdout.take().map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut output));
            (read.map(|_| output), said.join().unwrap_or_default())
        });
        let output = output.map_err(fault)?;
        let status = child.wait().map_err(fault)?;
        if status.success() {
            return Ok(output);
        }
        let said = said.to_str_lossy().trim().replace('\n', "; ");
        Err(Failure::machine(format!("`git {}` failed: {said}", spelt())))
    }

    /// Lets git keep, in a temporary folder beside the repository's own objects, which paths each commit changes: blame then need not
    /// look at every commit. Where that fails, blame is merely slower.
    pub fn index_changed_paths(&mut self, tip: ObjectId) {
        let objects = self.dir.join("objects");
        let Some(folder) = TemporaryFolder::new() else { return };
        let mut alternates = objects.as_os_str().as_encoded_bytes().to_vec();
        if alternates.contains(&b'\n') || alternates.starts_with(b"#") || alternates.starts_with(b"\"") {
            return;
        }
        alternates.push(b'\n');
        let info = folder.0.join("info");
        if std::fs::create_dir_all(&info).and_then(|()| std::fs::write(info.join("alternates"), alternates)).is_err() {
            return;
        }
        self.graph = Some(folder);
        let args = ["commit-graph", "write", "--stdin-commits", "--changed-paths", "--no-progress"].map(OsString::from);
        if self.ask(&args, format!("{tip}\n").as_bytes()).is_err() {
            self.graph = None;
        }
    }

    /// The mainline, oldest first.
    pub fn mainline(&self, tip: ObjectId) -> Result<Vec<ObjectId>, Failure> {
        let args = ["rev-list", "--first-parent", "--reverse", &tip.to_string()].map(OsString::from);
        Ok(self.ask(&args, &[])?.lines().filter_map(|line| ObjectId::from_hex(line).ok()).collect())
    }

    /// All entries that are no folders below a commit.
    pub fn tree(&self, commit: ObjectId) -> Result<Vec<(BString, Entry)>, Failure> {
        let listed = self.ask(&["ls-tree", "-r", "-z", &commit.to_string()].map(OsString::from), &[])?;
        let entry = |line: &[u8]| {
            let (head, path) = line.split_once_str("\t")?;
            let mut fields = head.split_str(" ");
            let mode = mode(fields.next()?)?;
            Some((BString::from(path), (mode, ObjectId::from_hex(fields.nth(1)?).ok()?)))
        };
        let lines = listed.split_str("\0").filter(|line| !line.is_empty());
        lines.map(|line| entry(line).ok_or_else(|| unclear("ls-tree", line))).collect()
    }

    /// The bytes of some objects, in order; `None` = the copy lacks it.
    pub fn contents(&self, ids: &[ObjectId]) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        let input: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let output = self.ask(&["cat-file", "--batch"].map(OsString::from), input.as_bytes())?;
        let mut rest = output.as_slice();
        let mut found = Vec::with_capacity(ids.len());
        for _ in ids {
            let (head, after) = rest.split_once_str("\n").ok_or_else(|| unclear("cat-file", rest))?;
            rest = after;
            let size = head.rsplit_once_str(" ").map(|(_, last)| last).unwrap_or_default();
            found.push(if size == b"missing" {
                None
            } else {
                let size: usize =
                    size.to_str().ok().and_then(|size| size.parse().ok()).ok_or_else(|| unclear("cat-file", head))?;
                let content = rest.get(..size).ok_or_else(|| unclear("cat-file", head))?;
                rest = rest.get(size + 1..).unwrap_or_default();
                Some(content.to_vec())
            });
        }
        Ok(found)
    }

    /// Added and removed lines by path, for the commits that change anything; the paths of `except` take no part.
    pub fn counts(&self, pairs: &[Pair], except: &[BString]) -> Result<Vec<(ObjectId, Vec<Counted>)>, Failure> {
        let mut args: Vec<OsString> = DIFF.map(OsString::from).into();
        args.push("--numstat".into());
        if !except.is_empty() {
            args.extend(["--".into(), ":(top)".into()]);
            args.extend(except.iter().map(|path| spec(":(top,exclude,literal)", path.as_ref())));
        }
        let output = self.ask(&args, &stdin_of(pairs))?;
        let mut fields = output.split_str("\0").filter(|field| !field.is_empty());
        let mut found: Vec<(ObjectId, Vec<Counted>)> = Vec::new();
        while let Some(field) = fields.next() {
            let mut parts = field.splitn_str(3, "\t");
            let (Some(added), Some(removed), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
                found.push((ObjectId::from_hex(field).map_err(|_| unclear("diff-tree", field))?, Vec::new()));
                continue;
            };
            // A rename has an empty path here, and both of its paths after it.
            let (from, path) = if path.is_empty() { (fields.next(), fields.next().unwrap_or_default()) } else { (None, path) };
            let number = |text: &[u8]| text.to_str().ok().and_then(|text| text.parse::<u64>().ok());
            let counted = Counted { path: path.into(), from: from.map(BString::from), lines: number(added).zip(number(removed)) };
            found.last_mut().ok_or_else(|| unclear("diff-tree", field))?.1.push(counted);
        }
        Ok(found)
    }

    /// What commits change, entry by entry and without renames; only below `paths`, where there are any.
    pub fn changes(&self, pairs: &[Pair], paths: &[BString]) -> Result<Vec<(ObjectId, Vec<Changed>)>, Failure> {
        let mut args: Vec<OsString> =
            ["diff-tree", "--stdin", "-r", "--root", "-z", "--raw", "--no-renames", "--no-abbrev"].map(OsString::from).into();
        args.push("--".into());
        args.extend(paths.iter().map(|path| spec(":(top,literal)", path.as_ref())));
        let output = self.ask(&args, &stdin_of(pairs))?;
        let mut fields = output.split_str("\0").filter(|field| !field.is_empty());
        let mut found: Vec<(ObjectId, Vec<Changed>)> = Vec::new();
        while let Some(field) = fields.next() {
            let Some(raw) = field.strip_prefix(b":") else {
                found.push((ObjectId::from_hex(field).map_err(|_| unclear("diff-tree", field))?, Vec::new()));
                continue;
            };
            let parts: Vec<&[u8]> = raw.split_str(" ").collect();
            let [old_mode, new_mode, old, new, _] = parts[..] else { return Err(unclear("diff-tree", field)) };
            let side = |bits: &[u8], id: &[u8]| Some((mode(bits).filter(|bits| *bits != 0)?, ObjectId::from_hex(id).ok()?));
            let path = fields.next().unwrap_or_default().into();
            let changed = Changed { path, sides: [side(old_mode, old), side(new_mode, new)] };
            found.last_mut().ok_or_else(|| unclear("diff-tree", field))?.1.push(changed);
        }
        Ok(found)
    }

    /// The landing of each line of a file: runs of (first line, zero-based; number of lines; commit).
    pub fn blame(&self, tip: ObjectId, path: &BStr) -> Result<Vec<(usize, usize, ObjectId)>, Failure> {
        let mut args: Vec<OsString> =
            ["-c", "blame.ignoreRevsFile=", "-c", "diff.indentHeuristic=true", "-c", "diff.algorithm=myers", "blame"]
                .map(OsString::from)
                .into();
        args.extend(["--first-parent", "--no-follow", "--no-textconv", "--incremental"].map(OsString::from));
        args.extend([tip.to_string().into(), "--".into(), spec("", path)]);
        let output = self.ask(&args, &[])?;
        let mut runs = Vec::new();
        let mut at_head = true;
        for line in output.lines() {
            if at_head {
                let mut fields = line.split_str(" ");
                let id = fields.next().and_then(|id| ObjectId::from_hex(id).ok());
                let numbers: Vec<usize> = fields.filter_map(|field| field.to_str().ok()?.parse().ok()).collect();
                let (Some(id), [_, first, len]) = (id, numbers.as_slice()) else { return Err(unclear("blame", line)) };
                runs.push((first.saturating_sub(1), *len, id));
            }
            // `filename` is the last line of an entry.
            at_head = line.starts_with(b"filename ");
        }
        Ok(runs)
    }
}

fn mode(text: &[u8]) -> Option<u32> {
    u32::from_str_radix(text.to_str().ok()?, 8).ok()
}

fn stdin_of(pairs: &[Pair]) -> Vec<u8> {
    let line = |(commit, parent): &Pair| match parent {
        Some(parent) => format!("{commit} {parent}\n"),
        None => format!("{commit}\n"),
    };
    pairs.iter().map(line).collect::<String>().into_bytes()
}

fn spec(magic: &str, path: &BStr) -> OsString {
    let mut spec = OsString::from(magic);
    spec.push(path.to_os_str_lossy());
    spec
}

fn unclear(command: &str, said: &[u8]) -> Failure {
    let said: String = said.to_str_lossy().chars().take(80).collect();
    Failure::machine(format!("`git {command}` answered in a form that is not known: `{said}`"))
}

/// A folder of this process's own, removed at the end.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn new() -> Option<Self> {
        let path = std::env::temp_dir().join(format!("candor-verify-{}", std::process::id()));
        // The folder must be new: another's could hold anything.
        std::fs::create_dir(&path).ok().map(|()| Self(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
