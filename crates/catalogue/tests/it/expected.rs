//! Every figure of an organisation's `expected.json`, and every reason of its `insufficient.json`.

use std::collections::BTreeMap;

use candor_catalogue::{
    Answer, Catalogue, CatalogueError, Cell, FigureResult, MetricResult, Observed, PeriodKind, Question, Session, observe,
};

use candor_stats::linearised::Reference;
use candor_stats::ratios::clustered::{RatioTable, Scale};
use candor_stats::regression::{Correction, Errors, LeastSquares, Regressors};
use candor_stats::survival::competing_risks::Incidence;
use candor_stats::survival::{Confidence, LifeTable, Lives};

use crate::organisation::{folder, json, session};

/// Dimensions and periods by which keys end.
const ENDS: &[&str] = &[
    "week",
    "month",
    "quarter",
    "source",
    "level",
    "team",
    "person",
    "severity",
    "service",
    "question",
    "ai_policy",
    "arm",
    "overall",
];

/// Answers of one metric, each question asked once.
struct Asked<'a> {
    observed: Observed<'a>,
    answers: BTreeMap<String, MetricResult>,
}

impl<'a> Asked<'a> {
    fn new(session: &'a Session, catalogue: &'a Catalogue, id: &str) -> Result<Self, CatalogueError> {
        Ok(Self { observed: observe(session, catalogue.get(id)?)?, answers: BTreeMap::new() })
    }

    fn answer(&mut self, end: &str) -> &MetricResult {
        let question = match end {
            "week" => Question::every(PeriodKind::Week),
            "month" => Question::every(PeriodKind::Month),
            "quarter" => Question::every(PeriodKind::Quarter),
            // The figures of an experiment have their arms beside them.
            "overall" | "arm" => Question::overall(),
            dimension => Question::by(&[dimension]),
        };
        let observed = &self.observed;
        self.answers.entry(end.to_owned()).or_insert_with(|| observed.answer(&question).unwrap())
    }

    /// Whether every figure says that lines were not mined.
    fn all_need_lines(&mut self) -> bool {
        let cells = self.answer("overall").figures.iter().flat_map(|figure| &figure.cells);
        cells.fold(None, |all, cell| Some(all.unwrap_or(true) && cell.answer.code() == Some("needs_line_data"))) == Some(true)
    }

    /// The cell of a key: `METRIC[.VALUES OF PER][.FIGURE].END[.VALUE]`.
    fn cell(&mut self, key: &str) -> Option<Cell> {
        let (rest, end, value) = ends(key)?;
        let result = self.answer(end).clone();
        for figure in &result.figures {
            for cell in &figure.cells {
                if name(&result, figure, cell, end) == rest && matches(cell, end, value) {
                    return Some(cell.clone());
                }
            }
        }
        // A value of a dimension that nobody has: there is no cell, since there is nothing to print.
        None
    }
}

/// What stands before the end, the end, and its value.
fn ends(key: &str) -> Option<(&str, &str, &str)> {
    if let Some(rest) = key.strip_suffix(".overall") {
        return Some((rest, "overall", ""));
    }
    let (rest, value) = key.rsplit_once('.')?;
    let (rest, end) = rest.rsplit_once('.').unwrap_or(("", rest));
    ENDS.contains(&end).then_some((rest, end, value))
}

/// The name of a figure of a cell, with the values of the dimensions that are never summed over.
fn name(result: &MetricResult, figure: &FigureResult, cell: &Cell, end: &str) -> String {
    let mut name = result.id.clone();
    let order = ["experiment", "tool", "definition_id"];
    for value in order.iter().filter(|dimension| **dimension != end).filter_map(|dimension| cell.by.get(*dimension)) {
        name = format!("{name}.{value}");
    }
    let own = figure.figure.strip_prefix(&result.id).unwrap_or_default();
    format!("{name}{own}")
}

fn matches(cell: &Cell, end: &str, value: &str) -> bool {
    match end {
        "overall" => cell.by.keys().all(|dimension| ["experiment", "tool", "definition_id"].contains(&dimension.as_str())),
        "week" | "month" | "quarter" => cell.period.name == value,
        dimension => cell.by.get(dimension).is_some_and(|own| own == value),
    }
}

fn agrees(answer: &Answer, expected: &serde_json::Value, reason: &serde_json::Value) -> bool {
    match expected.as_f64() {
        Some(expected) => answer.point().is_some_and(|point| (point - expected).abs() <= 1e-9 * expected.abs().max(1.0)),
        None => answer.code() == reason.as_str(),
    }
}

fn said(answer: &Answer) -> String {
    answer.point().map_or_else(|| answer.code().unwrap_or_default().to_owned(), |point| point.to_string())
}

/// Ends of keys that are no figure of their own but a part of one, or that are computed here from its observations.
enum Extra {
    /// The number of units.
    Units,
    /// The number of people.
    People,
    Lower,
    Upper,
    /// Spread of the logs.
    LogSpread,
    /// Standard error of the mean log, CR1S, as statsmodels prints it.
    LogErrorCr1s,
    /// Standard error of a ratio, as R survey prints it.
    Linearised,
    /// Limits as if everybody were independent.
    UnclusteredLower,
    UnclusteredUpper,
    /// Spread of the people.
    PersonSpread,
    /// Standard error without clusters, as statsmodels prints it.
    IncidenceError,
    /// Square root of the variance.
    Error,
}

/// The key of the figure, and what of it is asked.
fn extra(key: &str) -> Option<(String, Extra)> {
    let ends = [
        (".garwood_lower", Extra::Lower),
        (".garwood_upper", Extra::Upper),
        (".log_sd", Extra::LogSpread),
        (".log_se_CR1S", Extra::LogErrorCr1s),
        (".se_linearised", Extra::Linearised),
        (".lower_unclustered", Extra::UnclusteredLower),
        (".upper_unclustered", Extra::UnclusteredUpper),
        (".se_statsmodels", Extra::IncidenceError),
        (".n", Extra::Units),
    ];
    for (end, extra) in ends {
        if let Some(rest) = key.strip_suffix(end) {
            return Some((rest.to_owned(), extra));
        }
    }
    let swapped = [(".people.overall", Extra::People), (".person_sd.overall", Extra::PersonSpread)];
    for (end, extra) in swapped {
        if let Some(rest) = key.strip_suffix(end) {
            return Some((format!("{rest}.overall"), extra));
        }
    }
    // `task_rct.rct-1.effect.CR1S.lower`, `task_rct.rct-1.ai_allowed.se_HC3`: parts of figures of the regression.
    if let Some(rest) = key.strip_suffix(".lower") {
        return Some((format!("{rest}.overall"), Extra::Lower));
    }
    if let Some(rest) = key.strip_suffix(".upper") {
        return Some((format!("{rest}.overall"), Extra::Upper));
    }
    key.contains(".se_").then(|| (format!("{}.overall", key.replace(".se_", ".")), Extra::Error))
}

/// A key of an experiment, spelled as the others: `task_rct.rct-1.dropped.ai_allowed` is a slice by arm, and the whole has no end.
fn spelled(key: &str) -> String {
    if !["task_rct.", "perception_gap.", "forecast_gap."].iter().any(|id| key.starts_with(id)) || extra(key).is_some() {
        return key.to_owned();
    }
    if let Some(rest) = key.strip_suffix(".ai_allowed.coef") {
        return format!("{rest}.ai_allowed.CR1S.overall");
    }
    if let Some(rest) = key.strip_suffix(".coef") {
        return format!("{rest}.overall");
    }
    match key.rsplit_once('.') {
        Some((rest, arm @ ("ai_allowed" | "ai_disallowed"))) => format!("{rest}.arm.{arm}"),
        _ => format!("{key}.overall"),
    }
}

/// The observations of a cell, by the columns that its figure reads.
fn columns(asked: &Asked<'_>, key: &str, only: Option<&str>, names: &[&str]) -> (Vec<Vec<f64>>, Vec<u32>) {
    let frame = asked.observed.frame();
    let slice = ends(key).filter(|(_, end, _)| *end != "overall");
    let rows: Vec<usize> = (0..frame.rows)
        .filter(|row| only.is_none_or(|only| frame.is_true(only, *row)))
        .filter(|row| slice.is_none_or(|(_, dimension, value)| frame.name(dimension, *row) == Some(value)))
        .filter(|row| names.iter().all(|name| frame.number(name, *row).is_some()))
        .collect();
    let column = |name: &&str| rows.iter().map(|row| frame.number(name, *row).unwrap()).collect();
    (names.iter().map(column).collect(), rows.iter().map(|row| frame.names["cluster"].codes[*row]).collect())
}

/// Which of the rows with counted lines belong to the slice of a key.
fn domain(asked: &Asked<'_>, key: &str) -> Vec<bool> {
    let frame = asked.observed.frame();
    let slice = ends(key).filter(|(_, end, _)| *end != "overall");
    let counted = (0..frame.rows).filter(|row| frame.number("comments", *row).is_some() && frame.number("lines", *row).is_some());
    counted.map(|row| slice.is_none_or(|(_, dimension, value)| frame.name(dimension, row) == Some(value))).collect()
}

fn spread(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt()
}

fn part(asked: &mut Asked<'_>, key: &str, extra: &Extra) -> Option<f64> {
    let cell = asked.cell(key)?;
    let interval = cell.answer.estimate().and_then(|estimate| estimate.interval);
    let logs = |asked: &Asked<'_>| {
        let (only, name) = match key {
            key if key.starts_with("review_time.hours") => (Some("reviewed"), "hours"),
            key if key.contains("mtta") => (None, "mtta_minutes"),
            _ => (None, "mttr_minutes"),
        };
        let (columns, clusters) = columns(asked, key, only, &[name]);
        (columns[0].iter().map(|value| value.ln()).collect::<Vec<f64>>(), clusters)
    };
    match extra {
        Extra::Units => Some(cell.units as f64),
        Extra::People => cell.people.map(|people| people as f64),
        Extra::Lower => interval?.lower,
        Extra::Upper => interval?.upper,
        Extra::Error => cell.answer.estimate()?.standard_error(),
        // The means of people are units of their own, so their variance is that of a plain mean.
        Extra::PersonSpread => Some((cell.answer.estimate()?.variance? * cell.denominator?).sqrt()),
        Extra::LogSpread => Some(spread(&logs(asked).0)),
        Extra::LogErrorCr1s => {
            let (logs, clusters) = logs(asked);
            let clusters: Vec<usize> = clusters.iter().map(|cluster| *cluster as usize).collect();
            let fit = LeastSquares::fit(&logs, Regressors::with_intercept(logs.len())).unwrap();
            let errors = Errors::Clustered { by: &clusters, correction: Correction::Cr1s };
            fit.fit().unwrap().covariance(&errors).unwrap().fit().unwrap().standard_error("intercept")
        }
        Extra::Linearised => {
            // A slice is a domain of the whole: authors without a change in it count as clusters.
            let (columns, clusters) = columns(asked, "overall", None, &["comments", "lines"]);
            let domain = domain(asked, key);
            let table = RatioTable::new(&columns[0], &columns[1], &clusters, Some(&domain)).unwrap();
            let outcome = table.ratio(Scale::Plain, Reference::Design, 0.95).unwrap();
            outcome.estimate()?.standard_error().map(|error| 100.0 * error)
        }
        Extra::UnclusteredLower | Extra::UnclusteredUpper => {
            let (columns, _) = columns(asked, key, None, &["days", "reverted"]);
            let died: Vec<bool> = columns[1].iter().map(|event| *event != 0.0).collect();
            let table = LifeTable::new(&Lives::new(&columns[0], &died)).unwrap();
            let interval = table.survival(30.0, &Confidence::default()).unwrap().estimate()?.interval?;
            if matches!(extra, Extra::UnclusteredLower) { interval.upper } else { interval.lower }.map(|limit| 1.0 - limit)
        }
        Extra::IncidenceError => {
            let (columns, _) = columns(asked, key, None, &["months", "outcome"]);
            let causes: Vec<u32> = columns[1].iter().map(|cause| *cause as u32).collect();
            let table = Incidence::new(&columns[0], &causes, None, None).unwrap();
            let outcome = table.incidence(1, 24.0, &Confidence::default()).unwrap();
            outcome.estimate()?.standard_error()
        }
    }
}

#[test]
fn every_figure_of_the_organisation_agrees() {
    let folder = folder();
    let session = session(&folder);
    let catalogue = Catalogue::built_in().unwrap();
    let expected = json(&folder.join("expected.json"));
    let reasons = json(&folder.join("insufficient.json"));
    let mut asked: BTreeMap<String, Result<Asked<'_>, CatalogueError>> = BTreeMap::new();
    let (mut right, mut wrong) = (0, Vec::new());
    for (key, value) in expected.as_object().unwrap() {
        // The usual mistake, which must not be printed.
        if key.contains("WRONG") {
            continue;
        }
        let id = key.split('.').next().unwrap();
        let asked = asked.entry(id.to_owned()).or_insert_with(|| Asked::new(&session, &catalogue, id));
        let reason = &reasons[key];
        if let (Ok(asked), Some((of, extra)), Some(value)) = (&mut *asked, extra(key), value.as_f64()) {
            match part(asked, &of, &extra) {
                Some(found) if (found - value).abs() <= 1e-8 * value.abs().max(1.0) => right += 1,
                other => wrong.push(format!("{key}: {other:?} instead of {value}")),
            }
            continue;
        }
        match asked {
            Err(error) => wrong.push(format!("{key}: {error}")),
            Ok(asked) => match asked.cell(&spelled(key)) {
                Some(cell) if agrees(&cell.answer, value, reason) => right += 1,
                Some(cell) => wrong.push(format!("{key}: {} instead of {value} {reason}", said(&cell.answer))),
                None if reason.as_str() == Some("no_data") => right += 1,
                None if reason.as_str() == Some("needs_line_data") && asked.all_need_lines() => right += 1,
                None => wrong.push(format!("{key}: no such cell; expected {value} {reason}")),
            },
        }
    }
    assert!(wrong.is_empty(), "{right} agree, {} do not:\n{}", wrong.len(), wrong.join("\n"));
}
