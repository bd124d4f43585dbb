//! `candor baseline`: what every metric says before, as a file of the organisation's folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use candor_digest::{Baseline, BaselineFigure, BaselineKind, Observations, baseline};
use jiff::ToSpan;
use jiff::civil::Date;

use super::init::Organisation;
use crate::failure::Failure;
use crate::{Done, engine, output, store};

/// Folder of baselines in an organisation's folder.
const FOLDER: &str = "baseline";

/// Arguments of `candor baseline`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor baseline
  candor baseline --from 2024-09-01 --to 2025-03-01

The file goes to the folder `baseline` beside candor.toml; commit it. Without --to the window ends with the day on which the pilot of candor.toml
begins, or with the last whole month; without --from it is a year long, or as long as there are facts.")]
pub struct Args {
    /// First day of the window.
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// The day after its last one.
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    #[command(flatten)]
    pin: engine::Pin,
    /// Write over a baseline of the same day.
    #[arg(long)]
    replace: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let organisation = Organisation::here()?;
    let catalogue = engine::catalogue(&organisation)?;
    let (_, session) = args.pin.open(&organisation)?;
    catalogue.check_own(&session)?;
    let settings = session.settings();
    let (start, as_of) = (settings.window_start, settings.as_of);
    let month = as_of.first_of_month();
    let pilot = organisation.description().pilot_start.filter(|day| *day > start && *day <= as_of);
    let until = args.to.or(pilot).unwrap_or(if month > start { month } else { as_of });
    let from = args.from.unwrap_or_else(|| until.saturating_sub(12.months()).max(start));
    if from >= until || from < start || until > as_of {
        return Err(Failure::user(format!(
            "a window from {from} to {until} does not lie inside what is known, {start} to {as_of}"
        ))
        .hint("give days with --from and --to; window_start of candor.toml says where facts begin"));
    }
    let path = organisation.folder().join(FOLDER).join(format!("{as_of}.json"));
    if path.exists() && !args.replace {
        return Err(Failure::user(format!("`{}` is there already", path.display()))
            .hint("a baseline is fixed on purpose; --replace writes it anew"));
    }
    let found = baseline(&Observations::passing(&session), &catalogue, from, until)?;
    keep(&organisation, &found)?;
    output::print(summary(&found, &path).as_bytes())
}

/// Writes a baseline into the folder of the organisation's; its name there.
pub fn keep(organisation: &Organisation, found: &Baseline) -> Result<String, Failure> {
    let folder = organisation.folder().join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(|error| Failure::file("make the folder", &folder, &error))?;
    let name = format!("{}.json", found.as_of);
    let text = found.to_text().map_err(|error| Failure::machine(error.to_string()))?;
    output::write_file(&folder.join(&name), text.as_bytes())?;
    Ok(format!("{FOLDER}/{name}"))
}

/// What the baseline holds, and what is missing with the command that supplies it.
fn summary(found: &Baseline, path: &Path) -> String {
    let mut metrics: BTreeMap<&str, Vec<&BaselineFigure>> = BTreeMap::new();
    for figure in found.figures.iter().filter(|figure| figure.by.is_empty()) {
        metrics.entry(&figure.metric).or_default().push(figure);
    }
    for figure in &found.figures {
        // Metrics of which only parts have figures: by tool, by experiment.
        metrics.entry(&figure.metric).or_insert_with(|| vec![figure]);
    }
    let has = |figures: &[&BaselineFigure]| figures.iter().any(|figure| figure.kind == BaselineKind::Estimate);
    let known = metrics.values().filter(|figures| has(figures)).count();
    let mut text = format!(
        "{}: {} to {}, {known} of {} metrics have figures{}\n",
        path.display(),
        found.from,
        found.until,
        metrics.len(),
        found.snapshot.map_or_else(String::new, |snapshot| format!(", from snapshot {snapshot}"))
    );
    // By reason and command, so that one command that supplies ten metrics is read once.
    let mut lacking: BTreeMap<(Vec<String>, String), BTreeSet<&str>> = BTreeMap::new();
    for (metric, figures) in metrics.iter().filter(|(_, figures)| !has(figures)) {
        let reason = figures.iter().find_map(|figure| figure.reason.clone()).unwrap_or_default();
        let commands =
            figures.iter().flat_map(|figure| figure.supplied_by.clone()).collect::<BTreeSet<_>>().into_iter().collect();
        lacking.entry((commands, reason)).or_default().insert(metric);
    }
    if !lacking.is_empty() {
        text.push_str("\nwithout a figure:\n");
    }
    for ((commands, reason), metrics) in lacking {
        let metrics = metrics.into_iter().collect::<Vec<_>>().join(", ");
        let supply = if commands.is_empty() { String::new() } else { format!("; supplied by {}", commands.join(", ")) };
        let _ = writeln!(text, "  {metrics}: {reason}{supply}");
    }
    text.push_str("\ncommit the file: later digests are compared with the newest baseline that ends before their period\n");
    text
}

/// The newest baseline that ends on or before a day, or the file that was named. Also how many there are.
pub fn newest(
    organisation: &Organisation,
    named: Option<&Path>,
    day: Date,
) -> Result<(Option<(String, Baseline)>, usize), Failure> {
    let read = |path: &Path| -> Result<Baseline, Failure> {
        Baseline::parse(&path.display().to_string(), &store::read_text(path)?).map_err(|error| {
            Failure::user(error.to_string()).hint("`candor baseline` writes such a file; mend it or take it away")
        })
    };
    let name = |path: &Path| path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    if let Some(path) = named {
        return Ok((Some((path.display().to_string(), read(path)?)), 1));
    }
    let folder = organisation.folder().join(FOLDER);
    if !folder.is_dir() {
        return Ok((None, 0));
    }
    let entries = std::fs::read_dir(&folder).map_err(|error| Failure::file("read", &folder, &error))?;
    let mut paths: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    paths.sort();
    let count = paths.len();
    for path in paths.iter().rev() {
        let found = read(path)?;
        if found.until <= day {
            return Ok((Some((format!("{FOLDER}/{}", name(path)), found)), count));
        }
    }
    Ok((None, count))
}
