//! What the organisation's own facts say of a plan's gates: which metrics have data, how well sources are known, what could be seen, and how the
//! pilot goes.

use std::collections::BTreeSet;

use candor_catalogue::{NEVER, PeriodKind, Session, observe};
use candor_experiment::design::Check;
use candor_experiment::ledger::Chain;
use candor_experiment::plan::chance::chances;
use candor_experiment::plan::{Claim, Plan};
use candor_experiment::roadmap::{AttributionMeasured, Coverage, Detectable, MetricCoverage, PilotChecks};
use candor_experiment::verdict::Standing;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::commands::diagnose::found_associations;
use crate::commands::init::Organisation;
use crate::commands::look::{Bench, rehearsal};
use crate::failure::Failure;

/// Coverage as it was on a day; none without facts.
pub fn measured(plan: &Plan, chain: &Chain, as_of: Date) -> Result<Option<Coverage>, Failure> {
    if !Organisation::current()?.is_some_and(|own| own.lake().exists()) {
        return Ok(None);
    }
    let bench = Bench::open(as_of, None)?;
    let mut coverage = Coverage::of(as_of);
    let baseline = (plan.dates.baseline_from, plan.dates.pilot_from.min(as_of));
    let ids: BTreeSet<&str> = plan.criteria.iter().map(|own| own.metric.as_str()).filter(|id| !id.is_empty()).collect();
    for id in ids {
        // What the catalogue does not know was said by the check of the plan.
        if let Ok(metric) = bench.catalogue.get(id) {
            let days = days(&bench.session, metric, baseline)?;
            coverage.metrics.extend(covered(id, &days));
        }
    }
    coverage.attribution = known_share(&bench.session, baseline)?;
    coverage.detectable = detectable(plan, as_of)?;
    if as_of > plan.dates.pilot_from {
        let held = Standing::of(chain, plan, as_of, None).held;
        let looked = bench.analyse(plan, chain, &held)?;
        let value = |name: &str| looked.analysis.checks.iter().find(|check: &&Check| check.name == name)?.value;
        coverage.pilot = Some(PilotChecks {
            sample_ratio_p: value("sample_ratio"),
            compliance: value("compliance_of_the_others"),
            contamination: looked.conduct.control_work.filter(|(all, _)| *all > 0.0).map(|(all, with_ai)| with_ai / all),
        });
    }
    coverage.associations = as_of >= plan.dates.pilot_until && !found_associations(&bench)?.is_empty();
    Ok(Some(coverage))
}

/// Days of a span that the observations of a metric stand for: each one for its day, week, month or quarter, as often as the metric is shown.
fn days(session: &Session, metric: &candor_catalogue::Metric, (from, until): (Date, Date)) -> Result<BTreeSet<Date>, Failure> {
    let observed = observe(session, metric)?;
    let frame = observed.frame();
    let mut found = BTreeSet::new();
    let mut periods = BTreeSet::new();
    for row in (0..frame.rows).filter(|row| !frame.is_true("is_exposure", *row)) {
        let at = frame.at.get(row).copied().filter(|at| *at != NEVER);
        periods.extend(at.and_then(|at| session.calendar().day_of(at)).map(|day| period(day, metric.cadence)));
    }
    for (first, days) in periods {
        let stretch = first.series(1.day()).take(usize::try_from(days).unwrap_or(1));
        found.extend(stretch.filter(|day| *day >= from && *day < until));
    }
    Ok(found)
}

/// First day and number of days of the period in which a day lies.
fn period(day: Date, kind: PeriodKind) -> (Date, i32) {
    let months = |first: Date, count: i64| {
        let next = first.checked_add(count.months()).unwrap_or(first);
        (first, first.until(next).map_or(1, |span| span.get_days()))
    };
    match kind {
        PeriodKind::Day => (day, 1),
        PeriodKind::Week => {
            let back = i64::from(day.weekday().to_monday_zero_offset());
            (day.checked_sub(back.days()).unwrap_or(day), 7)
        }
        PeriodKind::Month | PeriodKind::Overall => months(day.first_of_month(), 1),
        PeriodKind::Quarter => {
            let back = i64::from((day.month() - 1) % 3);
            months(day.first_of_month().checked_sub(back.months()).unwrap_or(day), 3)
        }
    }
}

fn covered(id: &str, days: &BTreeSet<Date>) -> Option<MetricCoverage> {
    let (first, last) = (*days.first()?, *days.last()?);
    let until = last.tomorrow().ok()?;
    let span = first.until(until).ok()?.get_days();
    let gap_days = u32::try_from(span).unwrap_or(0).saturating_sub(u32::try_from(days.len()).unwrap_or(u32::MAX));
    Some(MetricCoverage { metric: id.to_owned(), from: Some(first), until: Some(until), gap_days })
}

/// Share of the baseline's changes whose source is known.
fn known_share(session: &Session, (from, until): (Date, Date)) -> Result<Option<AttributionMeasured>, Failure> {
    let sql = format!(
        "SELECT CAST(COUNT(*) AS DOUBLE) AS changes, CAST(SUM(CASE WHEN m.source <> 'unknown' THEN 1 ELSE 0 END) AS DOUBLE) AS known FROM merged_changes m WHERE m.day >= DATE '{from}' AND m.day < DATE '{until}'"
    );
    let rows = session.rows("changes of known source", &sql)?;
    let changes = rows.number("changes", 0).filter(|changes| *changes > 0.0);
    Ok(changes.zip(rows.number("known", 0)).map(|(changes, known)| AttributionMeasured { known_share: known / changes }))
}

/// From which effect on each criterion would be met at the last look, with a chance of 80 %.
fn detectable(plan: &Plan, as_of: Date) -> Result<Vec<Detectable>, Failure> {
    let Some(rehearsed) = rehearsal::rehearse(plan, as_of)? else { return Ok(Vec::new()) };
    let criteria = rehearsed.plan.criteria.iter().filter(|own| own.claim != Claim::NoneWorseOneBetter);
    Ok(criteria
        .filter_map(|criterion| {
            let family = rehearsed.plan.family(&criterion.family)?;
            let effect = chances(&rehearsed.plan, criterion, family).last()?.seen_from?;
            Some(Detectable { criterion: criterion.id.clone(), effect })
        })
        .collect())
}
