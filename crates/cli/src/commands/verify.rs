//! `candor verify`: the line lives of a repository against git itself, on the user's machine.

mod compare;
mod git;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Mutex;

use candor_git::commit::RawCommit;
use candor_git::{GitError, LineRules, Mainline, ObjectId, Repository, State, Watch, mine};
use candor_model::text::visible;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::failure::Failure;
use crate::{Done, output, progress};
use compare::{Check, Comparison};
use git::Git;

/// Arguments of `candor verify`.
#[derive(clap::Args)]
#[command(after_help = "Compared are, under the rules that git knows (no moves, no re-lands, nothing left out):
  living lines of each file      with the lines of its content
  added and removed lines        of each landing with `git diff --histogram -M50%`
  landing of each living line    with `git blame --first-parent --no-follow`, both with Myers and without renames

Exit code 0: all agree; 1: they differ, or the comparison failed; 2: something that you can mend.
Kinds of differences, and what they come from: docs/agreement.md

Example:
  candor verify ~/src/app --sample 500")]
pub struct Args {
    /// The repository.
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Branch to follow instead of the default branch.
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Ask `git blame` for N files, evenly spread, instead of all; the other two comparisons stay whole.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// Differences to list in each comparison; all are counted.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
}

/// What came out.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    repository: String,
    branch: String,
    tip: String,
    landings: usize,
    git: String,
    agree: bool,
    checks: Vec<Check>,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let repo = Repository::open(&args.path)?;
    let mainline = repo.mainline(args.branch.as_deref())?;
    if let Some(note) = &mainline.note {
        output::say(&format!("note: {note}"));
    }
    let dir = repo.common_dir();
    let git = Git::find(&dir, mainline.tip)?;
    for note in candor_sources::git::other_parents(repo.grafted_commits(), repo.targets("refs/replace/").len()) {
        output::say(&format!("note: {note}"));
    }
    progress::stop_on_request();
    let steps = Steps::new();
    let look = |what: &str, done: usize, total: usize| steps.show(what, done, total);
    let comparison = Comparison { git: &git, repo: &repo, tip: mainline.tip, limit: args.limit, look: &look };
    let (missing, mut checks, landings) = {
        let state = followed(&repo, &mainline, LineRules::strict(), &steps)?;
        let missing = comparison.missing(&state)?;
        let checks = vec![comparison.files(&state)?, comparison.landings(&state, &missing)?];
        (missing, checks, state.history.mainline.len())
    };
    let state = followed(&repo, &mainline, LineRules::blame(), &steps)?;
    let mut indexed = Git::find(&dir, mainline.tip)?;
    checks.push(comparison.lines(&mut indexed, &state, &missing, args.sample.map(|sample| sample as usize))?);
    drop(indexed);
    steps.bar.finish_and_clear();
    let document = Document {
        schema: "candor-verify/1",
        repository: args.path.display().to_string(),
        branch: mainline.branch,
        tip: mainline.tip.to_string(),
        landings,
        git: git.version,
        agree: checks.iter().all(|check| check.differing == 0),
        checks,
    };
    if args.json {
        let mut text = serde_json::to_vec_pretty(&document).map_err(|error| Failure::machine(error.to_string()))?;
        text.push(b'\n');
        output::print(&text)?;
    } else {
        output::print(terminal(&document).as_bytes())?;
    }
    if document.agree {
        return Ok(());
    }
    Err(Failure::machine("candor and git differ").hint("docs/agreement.md lists the kinds of differences that are known"))
}

/// Follows all lines up to the tip of `mainline` in memory.
pub fn followed(repo: &Repository, mainline: &Mainline, rules: LineRules, steps: &Steps) -> Result<State, Failure> {
    let mut follower = Follower { what: format!("following lines by {}", rules.algorithm.name()), steps };
    let (state, mined) = mine(repo, mainline, None, rules, &[], &mut follower)?;
    if mined.stopped { Err(Failure::stopped()) } else { Ok(state) }
}

/// What is under way, on a terminal only.
pub struct Steps {
    bar: ProgressBar,
    what: Mutex<String>,
}

impl Steps {
    /// Shows nothing yet.
    pub fn new() -> Self {
        let target =
            if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr_with_hz(8) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:28} {percent} %, {eta} left") {
            bar.set_style(style);
        }
        Self { bar, what: Mutex::default() }
    }

    /// `false` = the user wants it to stop.
    fn show(&self, what: &str, done: usize, total: usize) -> bool {
        if let Ok(mut shown) = self.what.lock()
            && *shown != what
        {
            what.clone_into(&mut shown);
            self.bar.reset();
            self.bar.set_message(what.to_owned());
        }
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        !progress::is_stopped()
    }
}

struct Follower<'a> {
    what: String,
    steps: &'a Steps,
}

impl Watch for Follower<'_> {
    fn commit(&mut self, _: u32, _: ObjectId, _: &RawCommit<'_>) -> Result<(), GitError> {
        Ok(())
    }

    fn progress(&mut self, done: usize, total: usize) {
        self.steps.show(&self.what, done, total);
    }

    fn is_stopped(&self) -> bool {
        progress::is_stopped()
    }

    fn safe_point(&mut self, _: &State) -> Result<(), GitError> {
        Ok(())
    }
}

fn terminal(document: &Document) -> String {
    let tip: String = document.tip.chars().take(12).collect();
    let mut text = format!(
        "{} at {tip} of `{}`: {} landings, against {}\n",
        document.repository, document.branch, document.landings, document.git
    );
    for check in &document.checks {
        let unit = if check.name == "landings" { "landings" } else { "files" };
        text.push_str(&format!("\n{}\n  git:    {}\n  candor: {}\n", check.what, check.git, check.definition));
        let verdict = if check.differing == 0 {
            if check.is_sample() { "those of the sample agree".to_owned() } else { "all agree".to_owned() }
        } else {
            let share = 100.0 * check.lines_differing as f64 / check.lines.max(1) as f64;
            format!("{} {unit} differ, in {} lines ({share:.3} %)", check.differing, check.lines_differing)
        };
        text.push_str(&format!("  {} {unit}, {} lines compared: {verdict}\n", check.compared, check.lines));
        for (reason, count) in &check.left_out {
            text.push_str(&format!("  left out on both sides: {count} ({reason})\n"));
        }
        for one in &check.differences {
            let commit = one.commit.as_ref().map(|commit| commit.chars().take(12).collect::<String>());
            let place: Vec<String> = commit.into_iter().chain(one.path.clone()).collect();
            let place = place.join(" ");
            let [place, git, candor] = [&place, &one.git, &one.candor].map(|words| visible(words));
            text.push_str(&format!("    {place}\n      git:    {git}\n      candor: {candor}\n"));
        }
        if check.not_listed > 0 {
            text.push_str(&format!("    and {} more (`--limit N` lists them)\n", check.not_listed));
        }
    }
    let sample = document.checks.iter().find(|check| check.is_sample());
    text.push_str(&match (document.agree, sample) {
        (true, None) => "\ncandor and git agree\n".to_owned(),
        (true, Some(check)) => {
            let (asked, of) = (check.compared, check.compared + check.not_in_sample());
            format!("\ncandor and git agree in the sample: git was asked for the lines of {asked} of {of} files\n")
        }
        (false, _) => "\ncandor and git differ\n".to_owned(),
    });
    text
}
