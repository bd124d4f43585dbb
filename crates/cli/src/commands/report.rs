//! `candor report`: mine, attribute, estimate, and show.

use std::io::IsTerminal;
use std::path::PathBuf;

use candor_attribution::{CompleteDeclaration, LabelPolicy};
use candor_git::LineRules;
use candor_metrics::facts::LineFacts;
use candor_metrics::{ReportOptions, lives};
use candor_report::Style;

use crate::failure::Failure;
use crate::{Done, dates, output, store};

/// The day that `LabelPolicy::default` stands for, as the report shows it.
const HUMAN_BEFORE: &str = "2021-06-01";

/// Arguments of `candor report`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor report                          the repository in this folder
  candor report ~/src/app ~/src/lib      two repositories, one joint report
  candor report --since 2025-01-01 --se 0.6 --sp 0.97 --json > report.json")]
pub struct Args {
    /// Repositories, or folders of repositories.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Branch to follow instead of the default branch.
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Leave out what landed before this day (2025-01-31) or instant.
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Know nothing later than this day or instant; the wall clock plays no part anyway.
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Share of AI lines above which a change is AI-heavy.
    #[arg(long, value_name = "SHARE", default_value_t = 0.40, allow_negative_numbers = true)]
    ai_heavy: f64,
    /// Sensitivity of the evidence of AI (share of AI lines that have it); needs --sp.
    #[arg(long, value_name = "SHARE", requires = "sp", allow_negative_numbers = true)]
    se: Option<f64>,
    /// Specificity of the evidence of AI (share of human lines that have none); needs --se.
    #[arg(long, value_name = "SHARE", requires = "se", allow_negative_numbers = true)]
    sp: Option<f64>,
    /// Lines without evidence that landed before this day count as human [default: 2021-06-01].
    #[arg(long, value_name = "DATE")]
    human_before: Option<String>,
    /// Declare that all AI use of a team left evidence in a period: TEAM=FROM..UNTIL or ALL=FROM..UNTIL. May be repeated.
    #[arg(long, value_name = "TEAM=FROM..UNTIL")]
    attribution_complete: Vec<String>,
    /// Contexts of code by path (TOML) instead of the built-in ones.
    #[arg(long, value_name = "FILE")]
    contexts: Option<PathBuf>,
    /// Who is who (TOML or CSV): accounts of one person, and teams.
    #[arg(long, value_name = "FILE")]
    people: Option<PathBuf>,
    /// Signs of tools of your own (TOML), on top of the built-in ones.
    #[arg(long, value_name = "FILE")]
    signs: Option<PathBuf>,
    /// Print everything as JSON and write no page.
    #[arg(long)]
    json: bool,
    /// Where to write the page.
    #[arg(long, value_name = "FILE", default_value = "candor-report.html", conflicts_with = "json")]
    html: PathBuf,
    /// Write no page.
    #[arg(long, conflicts_with = "html")]
    no_html: bool,
}

/// Refuses a period in which nothing can be seen: an empty report would look like an answer.
fn something_landed(facts: &LineFacts, options: &ReportOptions) -> Done {
    let times = || facts.landings.iter().map(|landing| landing.landed_at);
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return Ok(()) };
    let (first_day, last_day) = (dates::rfc3339(first), dates::rfc3339(last));
    if let Some(as_of) = options.as_of.filter(|as_of| *as_of < first) {
        return Err(Failure::user(format!("--as-of {}: nothing had landed yet", dates::rfc3339(as_of)))
            .hint(format!("the first landing is of {first_day}, the last one of {last_day}")));
    }
    if let Some(since) = options.since.filter(|since| *since > last) {
        return Err(Failure::user(format!("--since {}: nothing has landed since", dates::rfc3339(since)))
            .hint(format!("the first landing is of {first_day}, the last one of {last_day}; is the branch up to date?")));
    }
    Ok(())
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let day = |flag: &str, text: &Option<String>| text.as_ref().map(|text| dates::instant(flag, text)).transpose();
    let (since, as_of) = (day("--since", &args.since)?, day("--as-of", &args.as_of)?);
    let mut policy = LabelPolicy { ai_heavy: args.ai_heavy, ..LabelPolicy::default() };
    if let Some(before) = day("--human-before", &args.human_before)? {
        policy.human_before = Some(before);
    }
    for text in &args.attribution_complete {
        policy.complete.push(text.parse::<CompleteDeclaration>().map_err(|error| {
            Failure::user(format!("--attribution-complete: {error}"))
                .hint("UNTIL is the first day that no longer belongs to it; the option may be repeated")
        })?);
    }
    let contexts = store::contexts(args.contexts.as_deref())?;
    let options = ReportOptions {
        ai_heavy: args.ai_heavy,
        since,
        as_of,
        se_sp: args.se.zip(args.sp),
        complete: args.attribution_complete.clone(),
        human_before: Some(args.human_before.clone().unwrap_or_else(|| HUMAN_BEFORE.to_owned())),
        ..ReportOptions::default()
    };
    // What can be refused is refused before hours of reading.
    options.check()?;
    let signs = store::signs(args.signs.as_deref())?;
    let rules = LineRules::full();
    let mut fresh = Vec::new();
    let mut read = std::collections::BTreeSet::new();
    // What lies in a folder that was named, and cannot be read, is left out and told; what was named itself ends the run.
    let mut unread = Vec::new();
    let paths = store::find(&args.paths, &mut unread);
    for path in &paths {
        let is_one_of_many = paths.len() > 1 && !args.paths.contains(path);
        let mut unless_many = |failure: Failure| {
            let failure = if paths.len() > 1 { failure.about(path) } else { failure };
            if is_one_of_many && failure.is_users() {
                unread.push(failure);
                Ok(())
            } else {
                Err(failure)
            }
        };
        let selected = match store::select(path, args.branch.as_deref(), rules) {
            Ok(selected) => selected,
            Err(failure) => {
                unless_many(failure)?;
                continue;
            }
        };
        let common = selected.repo.common_dir();
        if !read.insert(std::fs::canonicalize(&common).unwrap_or(common)) {
            output::say(&format!("note: `{}` is a repository that was named before; it is read once", path.display()));
            continue;
        }
        match store::refresh(selected, rules, &signs, &[]) {
            Ok(one) => fresh.push(one),
            Err(failure) => unless_many(failure)?,
        }
    }
    for failure in &unread {
        output::say(&format!("warning: left out: {failure}"));
    }
    match fresh.first_mut() {
        Some(first) => first.head.warnings.extend(unread.iter().map(|failure| format!("left out beside it: {failure}"))),
        None => {
            let nothing =
                || Failure::user("there is no repository to read").hint("name a repository, or a folder that holds some");
            return Err(unread.into_iter().next().unwrap_or_else(nothing));
        }
    }
    let facts = store::load_facts(&fresh, args.people.as_deref(), &contexts, &policy)?;
    something_landed(&facts, &options)?;
    let report = lives(&facts, &options)?;
    if args.json {
        let text = candor_report::json(&report).map_err(|error| Failure::machine(error.to_string()))?;
        return output::print(text.as_bytes());
    }
    let is_terminal = std::io::stdout().is_terminal();
    let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let style = Style::new(is_terminal, std::env::var_os("NO_COLOR").as_deref(), width);
    if !args.no_html {
        output::write_file(&args.html, candor_report::html(&report).as_bytes())
            .map_err(|failure| failure.hint("`--html FILE` writes the page elsewhere, `--no-html` writes none"))?;
    }
    output::print(candor_report::terminal(&report, style).as_bytes())?;
    if !args.no_html {
        output::say(&format!("the whole report as a page: {}", args.html.display()));
    }
    Ok(())
}
