//! `candor instrument`: hooks by which a repository keeps evidence of who or what wrote a commit, and the check that there is some.

mod check;
mod git;
mod hooks;
mod tools;

use std::io::Write as _;
use std::path::PathBuf;

use candor_attribution::Rules;
use serde_json::json;

use crate::failure::Failure;
use crate::{Done, output};
use git::Git;
use hooks::Hook;

/// Arguments of `candor instrument`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor instrument
      install the hooks in this repository
  git config candor.declare 'claude-code; mode=interactive'
      what the hook writes from now on
  CANDOR_DECLARE=none git commit
      say that no tool took part in this commit
  candor instrument --check
      list the commits without evidence that are not upstream yet
  candor instrument --check origin/main..HEAD --allow-undeclared 2 --json
  candor instrument --remove
      undo all of it

Exit codes: 0 = done, or every commit has evidence; 1 = commits without evidence; 2 = something that you can mend.")]
pub struct Args {
    /// The repository.
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Take the hooks and settings out again, and put back what was there.
    #[arg(long, conflicts_with_all = ["check", "print_hook"])]
    remove: bool,
    /// List the commits of RANGE that have no evidence [default: those not upstream or on the default branch; the last one in CI].
    #[arg(long, value_name = "RANGE", num_args = 0..=1, conflicts_with = "print_hook")]
    check: Option<Option<String>>,
    /// Let so many commits pass without evidence.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "check")]
    allow_undeclared: usize,
    /// Print one hook, to be called from a hook manager: prepare-commit-msg or commit-msg.
    #[arg(long, value_name = "HOOK", value_enum)]
    print_hook: Option<Hook>,
    /// Print the outcome as JSON.
    #[arg(long, conflicts_with = "print_hook")]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    if let Some(hook) = args.print_hook {
        return output::print(hook.text().as_bytes());
    }
    let rules = Rules::embedded().map_err(|error| Failure::machine(error.to_string()))?;
    let git = Git::open(&args.path)?;
    if let Some(range) = &args.check {
        return check::run(&git, &rules, range.as_deref(), args.allow_undeclared, args.json);
    }
    let (verb, outcome) = if args.remove { ("removed", hooks::remove(&git)?) } else { ("installed", hooks::install(&git)?) };
    let found = if args.remove { Vec::new() } else { tools::in_use(&git, &rules) };
    if args.json {
        let document = json!({
            "schema": "candor-instrument/1",
            "action": verb,
            "hooks_folder": outcome.folder.display().to_string(),
            "changed": outcome.changed,
            "remarks": outcome.remarks,
            "tools": found.iter().map(tools::InUse::json).collect::<Vec<_>>(),
        });
        return output::print(format!("{document:#}\n").as_bytes());
    }
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _ = writeln!(text, "{verb} in {}", outcome.folder.display());
    if outcome.changed.is_empty() {
        let _ = writeln!(text, "  nothing to change");
    }
    for line in &outcome.changed {
        let _ = writeln!(text, "  {line}");
    }
    for line in &outcome.remarks {
        let _ = writeln!(text, "note: {line}");
    }
    if !args.remove {
        text.extend_from_slice(tools::guide(&found).as_bytes());
    }
    output::print(&text)
}
