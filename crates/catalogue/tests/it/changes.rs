//! Changes between periods: they are the differences of the figures that are printed, and control groups are taken off as they should be.

use candor_catalogue::{Catalogue, PeriodKind, Question, Stretch, observe};

use crate::organisation;

fn month(from: &str, until: &str) -> Stretch {
    Stretch { kind: PeriodKind::Month, from: from.parse().unwrap(), until: until.parse().unwrap() }
}

#[test]
fn a_change_is_the_difference_of_the_two_figures() {
    let session = organisation::session(&organisation::folder());
    let catalogue = Catalogue::built_in().unwrap();
    let (earlier, later) = (month("2025-05-01", "2025-06-01"), month("2025-06-01", "2025-07-01"));
    let (mut compared, mut joint, mut limited) = (0, 0, 0);
    for metric in catalogue.metrics().into_iter().filter(|metric| !metric.all_time) {
        let observed = observe(&session, metric).unwrap();
        let result = observed.answer(&Question::every(PeriodKind::Month)).unwrap();
        for change in observed.changes(&[], &earlier, &later).unwrap() {
            let figure = result.figures.iter().find(|figure| figure.figure == change.figure).unwrap();
            let cell = |name: &str| figure.cells.iter().find(|cell| cell.period.name == name && cell.by == change.by).unwrap();
            let (before, after) = (cell("2025-05"), cell("2025-06"));
            assert_eq!(change.earlier.point(), before.answer.point(), "{}", change.figure);
            assert_eq!(change.later.point(), after.answer.point(), "{}", change.figure);
            let (Some(before), Some(after)) = (before.answer.point(), after.answer.point()) else {
                assert!(change.absolute.point().is_none(), "{}: a change without two figures", change.figure);
                continue;
            };
            let found = change.absolute.estimate().unwrap();
            assert!((found.point - (after - before)).abs() <= 1e-9 * before.abs().max(1.0), "{}: {found:?}", change.figure);
            if let Some(relative) = change.relative.point() {
                assert!((relative - (after / before - 1.0)).abs() <= 1e-9 * relative.abs().max(1.0), "{}", change.figure);
            }
            compared += 1;
            joint += usize::from(found.method.contains("joint"));
            if let Some(interval) = found.interval {
                limited += 1;
                let inside = |limit: Option<f64>, side: f64| limit.is_none_or(|limit| side * limit <= side * found.point);
                assert!(inside(interval.lower, 1.0) && inside(interval.upper, -1.0), "{}: {found:?}", change.figure);
            }
        }
    }
    assert!(compared > 50 && joint > 20 && limited > 40, "{compared} compared, {joint} joint, {limited} with limits");
}

#[test]
fn the_control_teams_are_taken_off() {
    let session = organisation::session(&organisation::folder());
    let catalogue = Catalogue::built_in().unwrap();
    let stretch = |from: &str, until: &str| Stretch { kind: PeriodKind::Overall, ..month(from, until) };
    let (earlier, later) = (stretch("2025-02-01", "2025-06-01"), stretch("2025-06-01", "2025-10-01"));
    let metric = catalogue.get("unreviewed_merge_rate").unwrap();
    let observed = observe(&session, metric).unwrap();
    let found = observed.changes_against("team", &["platform".to_owned()], &earlier, &later).unwrap();
    let against = found[0].absolute.point().unwrap();
    let by_team = observed.changes(&["team".to_owned()], &earlier, &later).unwrap();
    let of = |team: &str| by_team.iter().find(|change| change.by.get("team").is_some_and(|own| own == team)).unwrap();
    let control = of("platform").absolute.point().unwrap();
    // The others together, from their rows.
    let others: Vec<usize> = (0..observed.frame().rows)
        .filter(|row| observed.frame().name("team", *row).is_some_and(|team| team != "platform"))
        .collect();
    let frame = observed.frame().take(&others);
    let day = |day: &str| session.calendar().days().iter().find(|own| own.day.to_string() == day).unwrap().starts_at;
    let column = match &metric.figures[0].estimator {
        candor_catalogue::Estimator::Proportion { value } => value.clone(),
        other => panic!("{other:?}"),
    };
    let share = |from: &str, until: &str| {
        let rows: Vec<usize> = (0..frame.rows).filter(|row| (day(from)..day(until)).contains(&frame.at[*row])).collect();
        let values: Vec<f64> = rows.iter().filter_map(|row| frame.number(&column, *row)).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let others = share("2025-06-01", "2025-10-01") - share("2025-02-01", "2025-06-01");
    assert!((against - (others - control)).abs() < 1e-9, "{against} is not {others} - {control}");
    assert!(found[0].absolute.estimate().unwrap().interval.is_some());
}

#[test]
fn a_figure_that_no_dimension_splits_has_no_change_by_it() {
    let session = organisation::session(&organisation::folder());
    let catalogue = Catalogue::built_in().unwrap();
    let observed = observe(&session, catalogue.get("change_failure_rate").unwrap()).unwrap();
    let (earlier, later) = (month("2025-05-01", "2025-06-01"), month("2025-06-01", "2025-07-01"));
    let found = observed.changes(&["source".to_owned()], &earlier, &later).unwrap();
    let split: Vec<_> =
        found.iter().filter(|change| change.figure == "change_failure_rate.deployments" && !change.by.is_empty()).collect();
    assert!(!split.is_empty());
    assert!(split.iter().all(|change| change.absolute.code() == Some("not_split")), "{split:?}");
}
