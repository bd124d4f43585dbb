//! What a reader of the simulated organisation gets: its baseline, and each pack of the newest period that is over.

use std::path::Path;

use candor_digest::{Asked, Observations, Order, OrderError, Who, baseline, digest, html, markdown};
use candor_sim::World;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::commands::init::Organisation;
use crate::commands::{baseline as baselines, digest as digests};
use crate::failure::Failure;
use crate::{Done, engine, output};

/// Folder of the packs in the organisation's.
pub(super) const FOLDER: &str = "packs";

/// Names of the newest week, month, quarter and year that are over on a day.
fn periods(until: Date) -> [String; 4] {
    let monday = until.saturating_sub(i64::from(until.weekday().to_monday_zero_offset()).days());
    let week = monday.saturating_sub(7.days()).iso_week_date();
    let month = until.first_of_month().saturating_sub(1.day());
    let quarter = (i32::from(until.month()) - 1) / 3;
    let (quarter_year, quarter) = if quarter == 0 { (until.year() - 1, 4) } else { (until.year(), quarter) };
    [
        format!("{}-W{:02}", week.year(), week.week()),
        format!("{}-{:02}", month.year(), month.month()),
        format!("{quarter_year}-Q{quarter}"),
        (until.year() - 1).to_string(),
    ]
}

/// Somebody who is still there and did much, so that the page has something to show.
fn somebody(world: &World) -> Option<&str> {
    let last = candor_sim::days::number(world.shape.until) - 1;
    let here = world.crowd.people.iter().filter(|person| person.is_here(last));
    here.max_by(|one, other| one.output.total_cmp(&other.output)).map(|person| person.email.as_str())
}

/// Writes the baseline of the months before the pilot and all packs, as `candor baseline` and `candor digest` do.
pub(super) fn write(dir: &Path, world: &World) -> Done {
    let organisation = Organisation::open(dir)?;
    let catalogue = engine::catalogue(&organisation)?;
    let (snapshot, session) = engine::Pin::of(None, world.shape.until).open(&organisation)?;
    let observations = Observations::kept(&session);
    let found = baseline(&observations, &catalogue, world.shape.start(), world.shape.pilot())?;
    let file = baselines::keep(&organisation, &found)?;
    output::say(&format!("wrote the baseline `{file}`"));
    let folder = dir.join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(|error| Failure::file("make the folder", &folder, &error))?;
    let [week, month, quarter, year] = periods(world.shape.until);
    let mut packs = vec![
        ("business", 1, month, Who::All),
        ("team", 2, week, Who::All),
        ("review", 1, quarter.clone(), Who::All),
        ("talent", 3, year, Who::All),
    ];
    if let Some(person) = somebody(world).map(|address| digests::named(&snapshot, address)).transpose()?.flatten() {
        // In a real organisation nobody but that person can have this page.
        packs.push(("one-person", 3, quarter, Who::Person(person)));
    }
    for (name, tier, period, who) in packs {
        let period = Asked::parse(&period).map_err(|error: OrderError| Failure::machine(error.to_string()))?;
        if period.until <= world.shape.start() {
            output::say(&format!("no {name} pack: nothing is known of {}", period.name));
            continue;
        }
        let title = format!("{name}-{}", period.name);
        let order = Order {
            organisation: organisation.description().name.clone(),
            tier,
            baseline: Some((file.clone(), found.clone())).filter(|(_, found)| found.until <= period.from),
            period,
            who,
            control_team: organisation.description().control_team.clone(),
        };
        let pack = digest(&observations, &catalogue, &order)?;
        for (ending, text) in [("html", html(&pack)), ("md", markdown(&pack)), ("json", digests::json(&pack)?)] {
            output::write_file(&folder.join(format!("{title}.{ending}")), text.as_bytes())?;
        }
        output::say(&format!("wrote `{FOLDER}/{title}.html`, .md and .json"));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_periods_are_over() {
        let names = |day: &str| periods(day.parse().unwrap());
        assert_eq!(names("2026-07-01"), ["2026-W26", "2026-06", "2026-Q2", "2025"]);
        assert_eq!(names("2026-01-01"), ["2025-W52", "2025-12", "2025-Q4", "2025"]);
        assert_eq!(names("2024-12-30"), ["2024-W52", "2024-11", "2024-Q3", "2023"]);
        for day in ["2026-07-01", "2026-01-01", "2024-12-30", "2027-01-03"] {
            for name in names(day) {
                assert!(Asked::parse(&name).unwrap().until <= day.parse::<Date>().unwrap(), "{name} is not over on {day}");
            }
        }
    }
}
