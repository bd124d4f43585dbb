//! `candor explain`: from a figure back to its observations, SQL, facts, evidence and raw files, and the figure computed again.

use std::collections::BTreeMap;
use std::fmt::Write;

use candor_catalogue::Answer;
use candor_catalogue::explain::{Asked, Explanation, Listed, explain};
use candor_lake::Snapshot;
use serde_json::json;

use super::init::Organisation;
use crate::failure::Failure;
use crate::{Done, engine, output};

/// Arguments of `candor explain`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor explain review_time --period 2025-03
  candor explain review_time --figure median_hours --period 2025-W10
  candor explain revert_rate_30d --slice source=ai_heavy
  candor explain csat --period 2025-Q2 --json")]
pub struct Args {
    /// Id of a metric.
    #[arg(value_name = "METRIC")]
    metric: String,
    /// The period: 2025-03, 2025-W10, 2025-Q1, 2025-03-04 or overall.
    #[arg(long, value_name = "PERIOD", default_value = "overall")]
    period: String,
    /// The slice, as dimension=value pairs joined by commas, for example team=checkout,level=senior.
    #[arg(long, value_name = "SLICE", value_delimiter = ',')]
    slice: Vec<String>,
    /// Which figure of the metric; its first one without it.
    #[arg(long, value_name = "FIGURE")]
    figure: Option<String>,
    /// Observations to list at most.
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    limit: usize,
    /// The whole text of every view, too.
    #[arg(long)]
    sql: bool,
    #[command(flatten)]
    pin: engine::Pin,
    /// One JSON document on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let organisation = Organisation::here()?;
    let catalogue = engine::catalogue(&organisation)?;
    let mut by = BTreeMap::new();
    for pair in args.slice.iter().map(|pair| pair.trim()).filter(|pair| !pair.is_empty()) {
        let Some((dimension, value)) = pair.split_once('=') else {
            return Err(Failure::user(format!("`{pair}` is no slice, expected a dimension and a value such as source=human"))
                .hint("`candor metrics show ID` lists the dimensions of a metric"));
        };
        by.insert(dimension.trim().to_owned(), value.trim().to_owned());
    }
    if by.contains_key("person") {
        return Err(Failure::user("figures are not given by person: those of a person go to nobody else")
            .hint("slice by level or team; a group needs five people"));
    }
    let (snapshot, session) = args.pin.open(&organisation)?;
    catalogue.check_own(&session)?;
    let asked = Asked { figure: args.figure.clone(), period: args.period.clone(), by, limit: args.limit };
    let explained = explain(&session, &catalogue, &args.metric, &asked)?;
    if !explained.same_again {
        output::say("warning: an engine that read the pinned files anew gave another answer: please report this");
    }
    let text = if args.json { document(&explained, &snapshot)? } else { walk(&explained, &snapshot, args.sql) };
    output::print(text.as_bytes())
}

/// The raw files that listed observations and tables name, with the files that keep them.
fn kept(explained: &Explanation, snapshot: &Snapshot) -> BTreeMap<String, String> {
    let of_rows = explained.observations.listed.iter().flat_map(|own| &own.raw).filter_map(|raw| raw.raw_ref.as_deref());
    let of_tables = explained.facts.iter().flat_map(|table| &table.imports).filter_map(|own| own.raw_ref.as_deref());
    let path = |name: &str| snapshot.state_path(name).map(|path| (name.to_owned(), path.display().to_string()));
    of_rows.chain(of_tables).filter_map(path).collect()
}

fn document(explained: &Explanation, snapshot: &Snapshot) -> Result<String, Failure> {
    let failed = |error: serde_json::Error| Failure::machine(error.to_string());
    let mut document = serde_json::to_value(explained).map_err(failed)?;
    if let Some(object) = document.as_object_mut() {
        object.insert("kept".to_owned(), json!(kept(explained, snapshot)));
    }
    Ok(format!("{document:#}\n"))
}

fn said(answer: &Answer, unit: &str) -> String {
    match answer {
        Answer::Estimate(estimate) => {
            let limit = |limit: Option<f64>| limit.map_or_else(|| "?".to_owned(), |limit| limit.to_string());
            let interval = estimate.interval.map_or_else(String::new, |own| {
                format!("; {:.0} % interval {} to {}", 100.0 * own.level, limit(own.lower), limit(own.upper))
            });
            format!("{} {unit}{interval}\n  by {}", estimate.point, estimate.method)
        }
        Answer::Insufficient { code, have, need, reason } => {
            format!("insufficient ({code}): {reason}; there is {have}, it takes {need}")
        }
        Answer::NotApplicable { code, reason } => format!("not applicable ({code}): {reason}"),
        Answer::NotObserved { code, reason } => format!("not observed ({code}): {reason}"),
    }
}

/// The way from the figure to the raw files, as text.
fn walk(explained: &Explanation, snapshot: &Snapshot, whole: bool) -> String {
    let cell = &explained.cell;
    let slice: Vec<String> = cell.by.iter().map(|(dimension, value)| format!("{dimension} {value}")).collect();
    let of = if slice.is_empty() { "all units together".to_owned() } else { slice.join(", ") };
    let mut text = String::new();
    let _ = writeln!(text, "{}, version {}: {}\n", explained.figure, explained.version, explained.question);
    let _ = writeln!(
        text,
        "1. The figure\n  {}, {} to {} (not included), {of}",
        cell.period.name, cell.period.from, cell.period.until
    );
    let _ = writeln!(text, "  {}\n  {}", said(&cell.answer, &explained.unit), explained.definition);
    observations(&mut text, explained);
    let _ = writeln!(text, "\n3. The calculation, from the snapshot in front of you");
    match &explained.calculation {
        Some(own) => {
            let _ = writeln!(text, "  {}", own.formula);
            for step in &own.steps {
                let _ = writeln!(text, "  {:<48} {}", step.what, step.value);
            }
            let _ = writeln!(text, "  {:<48} {}", "result", own.result);
            if own.is_identical {
                let _ = writeln!(text, "  That is the figure, to the last digit.");
            } else {
                let _ = writeln!(text, "  The figure differs by {:e}: sums in another order.", own.difference);
            }
        }
        None => text.push_str("  There are no parts to show.\n"),
    }
    let again = if explained.same_again { "the same answer to the last digit" } else { "ANOTHER ANSWER: please report this" };
    let _ = writeln!(text, "  Read again from the pinned files by a second engine: {again}.");
    sql(&mut text, explained, whole);
    facts(&mut text, explained, snapshot);
    let _ = writeln!(text, "\n6. The evidence of the source");
    if explained.labels.is_empty() {
        text.push_str("  The figure knows no source of code.\n");
    }
    for label in &explained.labels {
        let _ = writeln!(text, "  {:>8}  {:<10} {}", label.count, label.source, label.because);
    }
    raw(&mut text, explained, snapshot);
    let snapshot = explained.snapshot.map_or_else(|| "no snapshot".to_owned(), |id| format!("snapshot {id}"));
    let settings = &explained.settings;
    let _ = writeln!(text, "\n{snapshot}; {} to {} (not included), {}", settings.window_start, settings.as_of, settings.timezone);
    text
}

fn observations(text: &mut String, explained: &Explanation) {
    let own = &explained.observations;
    let _ = writeln!(text, "\n2. The observations");
    for (count, what) in [
        (own.in_window, "rows of the SELECT inside the window"),
        (own.in_cell, "of this period and slice"),
        (own.counted, "observations counted"),
        (own.exposure, "rows that only add to what is divided by"),
        (own.not_meant, "that the figure is not about"),
        (own.open, "whose follow-up is not over"),
        (own.incomplete, "that lack a cell which the figure needs"),
    ] {
        if count > 0 || what.starts_with("observations") {
            let _ = writeln!(text, "  {count:>8}  {what}");
        }
    }
    if let Some(people) = own.people {
        let _ = writeln!(text, "  {people:>8}  people behind them");
    }
    for group in &own.groups {
        let share = group.share.map_or_else(String::new, |share| format!(", {:.1} % of what is summed", 100.0 * share));
        let _ = writeln!(text, "  {} people: {} observations{share}", group.people, group.observations);
    }
    for listed in &own.listed {
        let _ = writeln!(text, "  {}", line(listed));
    }
    if !own.because.is_empty() {
        let _ = writeln!(text, "  {}", own.because);
    }
}

fn line(listed: &Listed) -> String {
    let mut parts = vec![listed.unit.clone()];
    parts.extend(listed.at.clone());
    parts.extend(listed.person.as_ref().map(|letter| format!("person {letter}")));
    parts.extend(listed.values.iter().map(|(column, value)| format!("{column} {value}")));
    parts.extend(listed.moves_by.map(|by| format!("moves the figure by {by:+.4}")));
    parts.join("  ")
}

fn sql(text: &mut String, explained: &Explanation, whole: bool) {
    let _ = writeln!(text, "\n4. The SQL");
    let (views, own) = explained.sql.split_at(explained.sql.len().saturating_sub(1));
    for view in views {
        let doc = view.doc.split_whitespace().collect::<Vec<_>>().join(" ");
        let first = doc.split_inclusive(". ").next().unwrap_or_default().trim().to_owned();
        let _ = writeln!(text, "  view {}: {first}", view.name);
        if whole {
            let _ = writeln!(text, "{}\n", view.text);
        }
    }
    if !views.is_empty() && !whole {
        text.push_str("  `candor metrics show NAME` prints a view, --sql prints all of them here\n");
    }
    for own in own {
        let _ = writeln!(text, "\n{}", own.text);
    }
}

fn facts(text: &mut String, explained: &Explanation, snapshot: &Snapshot) {
    let _ = writeln!(text, "\n5. The facts");
    let kept = kept(explained, snapshot);
    for table in &explained.facts {
        if table.rows == 0 {
            let _ = writeln!(text, "  {}: no rows; `{}` brings some", table.table, table.command);
            continue;
        }
        let _ = writeln!(text, "  {}: {} rows in {}", table.table, table.rows, output::counted(table.files.len(), "pinned file"));
        for file in table.files.iter().take(3) {
            let _ = writeln!(text, "    {file}");
        }
        if let Some(rest) = table.files.len().checked_sub(3).filter(|rest| *rest > 0) {
            let _ = writeln!(text, "    and {rest} more");
        }
        for import in table.imports.iter().rev().take(5) {
            let at = import.fetched_at.as_ref().map_or_else(String::new, |at| format!(" at {at}"));
            let raw = import.raw_ref.as_ref().map_or_else(String::new, |raw| match kept.get(raw) {
                Some(path) => format!(", kept as {path}"),
                None => format!(", {raw} (no longer kept)"),
            });
            let _ = writeln!(text, "    {} rows by {}{at}{raw}", import.rows, import.source);
        }
        if let Some(rest) = table.imports.len().checked_sub(5).filter(|rest| *rest > 0) {
            let _ = writeln!(text, "    and {rest} earlier imports");
        }
    }
}

fn raw(text: &mut String, explained: &Explanation, snapshot: &Snapshot) {
    let _ = writeln!(text, "\n7. The raw files");
    let kept = kept(explained, snapshot);
    let mut found = false;
    for listed in &explained.observations.listed {
        for raw in &listed.raw {
            found = true;
            let row = raw.row.map_or_else(String::new, |row| format!("row {row} of "));
            let file = raw.raw_ref.as_ref().map(|name| kept.get(name).unwrap_or(name).clone());
            let _ =
                writeln!(text, "  {}: {row}{} ({})", listed.unit, file.unwrap_or_else(|| "no kept file".to_owned()), raw.table);
        }
    }
    if !found {
        let why = if explained.observations.listed.is_empty() {
            "  No observation is listed; the files of its tables stand under 5.\n"
        } else {
            "  The observations are put together from several rows; the files of their tables stand under 5.\n"
        };
        text.push_str(why);
    }
}
