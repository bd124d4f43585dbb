//! Kinds of failure that users of other tools reported in the open, each built as its smallest input and held against what is
//! right. The numbers are those of the catalogue that the project keeps of such failures.

mod evidence;
mod files_of_tools;
mod git_history;
mod report;
mod scale;

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::cohorts::Cohorts;
use crate::support::process::{Candor, Finished};
use crate::support::repository::Repository;

/// A repository of its own with a store of its own.
struct Case {
    temp: TempDir,
    repo: Repository,
    candor: Candor,
}

impl Case {
    fn new() -> Case {
        let temp = tempfile::tempdir().unwrap();
        let repo = Repository::new(temp.path(), "repo");
        let candor = Candor::new(temp.path(), "store");
        Case { temp, repo, candor }
    }

    /// The rows of the export, and the run that gave them.
    fn rows_of(&self, path: &Path, further: &[&str]) -> (Cohorts, Finished) {
        let run = self.candor.lines(path, further);
        run.check_ok().unwrap_or_else(|why| panic!("{why}"));
        let rows = Cohorts::parse(&run.stdout).unwrap_or_else(|why| panic!("{why}\n{run}"));
        (rows, run)
    }

    fn rows(&self, further: &[&str]) -> Cohorts {
        self.rows_of(&self.repo.path, further).0
    }

    fn attribution(&self) -> Value {
        self.candor.attribution(&self.repo.path, &[]).json()
    }

    /// `candor report REPO --json`.
    fn report(&self) -> Value {
        self.report_with(&[])
    }

    /// `candor report REPO --json` with further arguments.
    fn report_with(&self, further: &[&str]) -> Value {
        let args = ["report".as_ref(), self.repo.path.as_os_str(), "--json".as_ref()];
        self.candor.run(args.into_iter().chain(further.iter().map(|arg| arg.as_ref()))).json()
    }
}

/// Whether any text or any name of a field in the document holds `text`, in any case.
fn mentions(document: &Value, text: &str) -> bool {
    let holds = |s: &str| s.to_lowercase().contains(&text.to_lowercase());
    match document {
        Value::String(s) => holds(s),
        Value::Array(all) => all.iter().any(|v| mentions(v, text)),
        Value::Object(all) => all.iter().any(|(k, v)| holds(k) || mentions(v, text)),
        _ => false,
    }
}

/// Lines that landed in `landing` and died in `death` (empty: alive), of all paths.
fn count(rows: &Cohorts, landing: &str, death: &str) -> u64 {
    rows.sum(|r| r.landing == landing && r.death == death)
}
