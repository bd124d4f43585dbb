//! Units from a file or from the command line, and assignments as a table.

use std::path::Path;

use candor_experiment::assign::{Candidate, Drawn, Forecast};
use jiff::Timestamp;

use crate::failure::Failure;

/// The unit of the command line.
pub fn one(unit: &str, stratum: &str, with: Option<f64>, without: Option<f64>, at: Timestamp) -> Result<Candidate, Failure> {
    for (flag, minutes) in [("--minutes-with", with), ("--minutes-without", without)] {
        if minutes.is_some_and(|minutes| !(minutes > 0.0 && minutes.is_finite())) {
            return Err(Failure::user(format!("`{flag} {}` is no number of minutes above 0", minutes.unwrap_or_default())));
        }
    }
    let forecast =
        (with.is_some() || without.is_some()).then_some(Forecast { minutes_with_ai: with, minutes_without_ai: without, at });
    Ok(Candidate { unit: unit.to_owned(), stratum: stratum.to_owned(), forecast })
}

/// Columns by which one thing may be called.
const UNIT: &[&str] = &["unit", "task", "team"];

/// Reads a file of units. Rows of other experiments are passed over.
pub fn read(path: &Path, experiment: &str) -> Result<Vec<Candidate>, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(false).trim(csv::Trim::All).from_reader(bytes);
    let fault = |line: u64, field: usize, column: &str, what: String| {
        Failure::user(format!("{}:{line}:{field}: {column}: {what}", path.display()))
    };
    let header = reader.headers().map_err(|error| fault(1, 0, "header", error.to_string()))?.clone();
    let place = |names: &[&str]| names.iter().find_map(|name| header.iter().position(|own| own == *name));
    let unit = place(UNIT).ok_or_else(|| {
        fault(1, 0, "header", "expected a column `unit` (or `task`, or `team`)".to_owned())
            .hint("see `candor assign enrol --help` for the columns")
    })?;
    let (stratum, person) = (place(&["stratum"]), place(&["person"]));
    let context = place(&["context", "x_context"]);
    if stratum.is_none() && person.is_none() {
        return Err(fault(1, 0, "header", "expected a column `stratum`, or `person` (and `context`)".to_owned())
            .hint("units are drawn within strata: person and context for tasks, a kind of team for teams"));
    }
    let own = place(&["experiment"]);
    let minutes = [place(&["forecast_minutes_with_ai"]), place(&["forecast_minutes_without_ai"])];
    let forecast_at = place(&["forecast_at"]);
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            fault(line, 0, "row", format!("expected {} cells as in the header: {error}", header.len()))
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |place: Option<usize>| place.and_then(|place| record.get(place)).filter(|cell| !cell.is_empty());
        if cell(own).is_some_and(|own| own != experiment) {
            continue;
        }
        let needed = |place: usize| {
            let name = header.get(place).unwrap_or_default();
            cell(Some(place)).ok_or_else(|| fault(line, place + 1, name, "expected a value, found none".to_owned()))
        };
        let id = needed(unit)?;
        let stratum = match (stratum, person) {
            (Some(place), _) => needed(place)?.to_owned(),
            (None, Some(place)) => format!("{}/{}", needed(place)?, cell(context).unwrap_or("all")),
            (None, None) => String::new(),
        };
        let number = |place: Option<usize>| match (place, cell(place)) {
            (Some(place), Some(text)) => {
                let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0);
                let name = header.get(place).unwrap_or_default();
                number.map(Some).ok_or_else(|| {
                    fault(line, place + 1, name, format!("expected a number of minutes above 0, found \"{text}\""))
                })
            }
            _ => Ok(None),
        };
        let [with, without] = minutes;
        let (with, without) = (number(with)?, number(without)?);
        let forecast = match (with.or(without), cell(forecast_at)) {
            (None, _) => None,
            (Some(_), None) => {
                return Err(fault(
                    line,
                    forecast_at.map_or(0, |place| place + 1),
                    "forecast_at",
                    "a forecast needs the time at which it was made".to_owned(),
                ));
            }
            (Some(_), Some(text)) => {
                let at = text.parse::<Timestamp>().map_err(|_| {
                    let field = forecast_at.map_or(0, |place| place + 1);
                    fault(line, field, "forecast_at", format!("expected a time with its offset, found \"{text}\""))
                        .hint("write it as 2026-05-04T09:00:00+02:00")
                })?;
                Some(Forecast { minutes_with_ai: with, minutes_without_ai: without, at })
            }
        };
        found.push(Candidate { unit: id.to_owned(), stratum, forecast });
    }
    if found.is_empty() {
        return Err(Failure::user(format!("`{}` has no unit of `{experiment}`", path.display())));
    }
    Ok(found)
}

/// Assignments in the form of assignments.csv.
pub fn table(drawn: &[&Drawn]) -> Result<Vec<u8>, Failure> {
    let fault = |error: csv::Error| Failure::machine(format!("cannot write the table: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(["experiment", "unit_kind", "unit", "arm", "stratum", "assigned_at", "ledger_entry", "complied"])
        .map_err(fault)?;
    for row in drawn {
        let (at, entry) = (row.assigned_at.to_string(), row.ledger_entry.to_string());
        writer
            .write_record([&row.experiment, &row.unit_kind, &row.unit, &row.arm, &row.stratum, &at, &entry, ""])
            .map_err(fault)?;
    }
    writer.into_inner().map_err(|error| Failure::machine(format!("cannot write the table: {error}")))
}
