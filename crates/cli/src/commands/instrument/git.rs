//! Git's own answers on one repository: its folders, its settings, its commits. Settings are changed by git alone.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use candor_git::Repository;

use crate::failure::Failure;

/// One repository, as git sees it.
pub struct Git {
    /// The repository, for its objects.
    pub repo: Repository,
    /// Where hooks run: the top of the work tree, or the git folder of a bare repository.
    pub root: PathBuf,
    /// Whether it has a work tree.
    pub has_work_tree: bool,
}

impl Git {
    /// Opens the repository that `path` lies in.
    ///
    /// # Errors
    /// No repository there, or no git on this machine.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let repo = Repository::open(path)?;
        let work_dir = repo.work_dir();
        let has_work_tree = work_dir.is_some();
        let root = work_dir.unwrap_or_else(|| repo.common_dir());
        let root = root.canonicalize().map_err(|error| Failure::file("read", &root, &error))?;
        Ok(Self { repo, root, has_work_tree })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        // What a surrounding git tells its hooks is about another repository than the one that was named.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"] {
            command.env_remove(name);
        }
        command.arg("-C").arg(&self.root).args(args).stdin(Stdio::null());
        command
    }

    /// What git answers, without white space around it; none when it says no.
    pub fn answer(&self, args: &[&str]) -> Option<String> {
        self.ask(args).ok().flatten()
    }

    /// As [`Git::answer`], where git that cannot be started is an error.
    pub fn ask(&self, args: &[&str]) -> Result<Option<String>, Failure> {
        let run = self.command(args).output().map_err(no_git)?;
        Ok(run.status.success().then(|| String::from_utf8_lossy(&run.stdout).trim().to_owned()))
    }

    /// Has git do something, or gives what it says against it.
    ///
    /// # Errors
    /// Git refused.
    pub fn run(&self, args: &[&str]) -> Result<String, Failure> {
        let run = self.command(args).output().map_err(no_git)?;
        if run.status.success() {
            return Ok(String::from_utf8_lossy(&run.stdout).trim().to_owned());
        }
        let said = String::from_utf8_lossy(&run.stderr);
        let said = said.lines().next().unwrap_or_default().trim_start_matches("fatal: ").trim_start_matches("error: ");
        Err(Failure::user(format!("git {} failed in `{}`: {said}", args.first().unwrap_or(&""), self.root.display())))
    }

    /// All values of a setting of this repository, in order.
    pub fn local_values(&self, key: &str) -> Vec<String> {
        let values = self.answer(&["config", "--local", "--get-all", key]);
        values.iter().flat_map(|text| text.lines()).map(str::to_owned).collect()
    }

    /// Adds a value to a setting of this repository.
    pub fn add(&self, key: &str, value: &str) -> Result<(), Failure> {
        self.run(&["config", "--local", "--add", key, value]).map(drop)
    }

    /// Takes one value out of a setting of this repository; git takes an empty section away with it.
    pub fn take_out(&self, key: &str, value: &str) -> Result<(), Failure> {
        if self.local_values(key).iter().any(|one| one == value) {
            let pattern: String = value
                .chars()
                .flat_map(|c| (!c.is_ascii_alphanumeric() && c != '/').then_some('\\').into_iter().chain([c]))
                .collect();
            self.run(&["config", "--local", "--unset-all", key, &format!("^{pattern}$")])?;
        }
        Ok(())
    }
}

fn no_git(error: std::io::Error) -> Failure {
    Failure::user(format!("`git` cannot be started: {error}")).hint("install git, or add its folder to PATH")
}
