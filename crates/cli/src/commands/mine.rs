//! `candor mine`: brings the facts of every repository that the organisation describes up to its tip.

use candor_git::LineRules;

use super::init::Organisation;
use crate::failure::Failure;
use crate::{Done, output, store};

/// Arguments of `candor mine`.
#[derive(clap::Args)]
#[command(after_help = "Example:
  candor mine")]
pub struct Args {
    /// Only the repository of this id or path, as candor.toml says it.
    #[arg(value_name = "REPOSITORY")]
    only: Vec<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let organisation = Organisation::here()?;
    let described = &organisation.description().repositories;
    if described.is_empty() {
        return Err(Failure::user("candor.toml describes no repository")
            .hint("add a table `[[repository]]` with `path` for each; the file says how"));
    }
    let is_meant = |repository: &candor_tables::DescribedRepository| {
        args.only.is_empty()
            || args
                .only
                .iter()
                .any(|name| repository.repo.as_deref() == Some(name) || repository.path == std::path::Path::new(name))
    };
    let meant: Vec<_> = described.iter().filter(|repository| is_meant(repository)).collect();
    if meant.is_empty() {
        let known: Vec<String> =
            described.iter().map(|one| one.repo.clone().unwrap_or_else(|| one.path.display().to_string())).collect();
        return Err(Failure::user(format!("candor.toml describes no repository `{}`", args.only.join("`, `")))
            .hint(format!("it describes {}", known.join(", "))));
    }
    let (signs, rules) = (store::signs(None)?, LineRules::full());
    let mut failed = Vec::new();
    for repository in meant {
        let path = organisation.folder().join(&repository.path);
        let done = store::select(&path, repository.branch.as_deref(), rules)
            .and_then(|selected| store::refresh_whole(selected, rules, &signs, &[], store::now()));
        match done {
            Ok(fresh) => output::say(&format!(
                "{}: {} commits up to {}, snapshot {}",
                fresh.selected.store.name,
                fresh.head.commits,
                fresh.selected.mainline.tip,
                fresh.snapshot.id().0
            )),
            Err(failure) if failure.is_users() => {
                // One repository that is not there must not keep the others from being read.
                output::say(&format!("{}: {failure}", path.display()));
                failed.push(path.display().to_string());
            }
            Err(failure) => return Err(failure),
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::user(format!("could not mine {}", failed.join(", ")))) }
}
