//! The catalogue in words: the list, and one metric or view whole.

use std::fmt::Write;

use candor_catalogue::{Catalogue, Direction, Estimator, Figure, Metric, PeriodKind, SurvivalReport, views};

use crate::failure::Failure;

/// Every metric with its question.
pub(super) fn list(catalogue: &Catalogue, tier: Option<u8>) -> String {
    let mut text = String::new();
    let names = ["", "business outcomes", "team health", "individual patterns"];
    let metrics = catalogue.metrics();
    for own in (1..=3).filter(|own| tier.is_none_or(|tier| tier == *own)) {
        let of_tier: Vec<&&Metric> = metrics.iter().filter(|metric| metric.tier == own).collect();
        let _ = writeln!(text, "Tier {own}: {} ({})", names.get(usize::from(own)).copied().unwrap_or_default(), of_tier.len());
        for metric in of_tier {
            let mark = if metric.own { " (own)" } else { "" };
            let _ = writeln!(text, "  {:<32} {}{mark}", metric.id, metric.question);
        }
        text.push('\n');
    }
    text.push_str("`candor metrics show ID` explains one, `candor metrics run ID` computes it.\n");
    text
}

/// A metric or a view.
pub(super) fn text(catalogue: &Catalogue, id: &str) -> Result<String, Failure> {
    if let (Err(_), Some(view)) = (catalogue.get(id), views().get(id)) {
        return Ok(format!("{id}: a view that metrics share\n\n{}\n", view.sql.trim()));
    }
    let metric = catalogue.get(id)?;
    let mut text = format!("{}, version {}, tier {}", metric.id, metric.version, metric.tier);
    if metric.cadence != PeriodKind::Overall {
        let _ = write!(text, ", looked at every {}", metric.cadence.name());
    }
    let _ = writeln!(text, "{}\n\n{}\n", if metric.own { ", the organisation's own" } else { "" }, metric.question);
    let mut part = |name: &str, content: &str| {
        if !content.is_empty() {
            let _ = writeln!(text, "{name}: {content}\n");
        }
    };
    part("Definition", &metric.definition);
    let figures: Vec<String> = metric.figures.iter().map(|figure| format!("\n  {}", described(metric, figure))).collect();
    part("Figures", &figures.concat());
    part("Caveats", &metric.caveats);
    part("Source", &metric.source);
    part("Needs", &metric.needs.join(", "));
    part("Slices", &metric.slices.join(", "));
    part("Never summed over", &metric.per.join(", "));
    part("File", &metric.file);
    let _ = writeln!(text, "{}", metric.sql());
    Ok(text)
}

/// A figure with its formula.
fn described(metric: &Metric, figure: &Figure) -> String {
    let direction = match figure.direction {
        Direction::Higher => "higher is better",
        Direction::Lower => "lower is better",
        Direction::Neither => "neither is better",
    };
    let mut formula = match &figure.estimator {
        Estimator::Mean { value } => format!("mean of {value}"),
        Estimator::MeanOfUnits { value, by } => format!("mean of {value}, first within {}, then over them", by.join(", ")),
        Estimator::Ratio(parts) => format!("sum of {} / sum of {}", parts.numerator, parts.denominator),
        Estimator::Rate(parts) => format!("{} per {}", parts.numerator, parts.denominator),
        Estimator::Proportion { value } => format!("share with {value}"),
        Estimator::Count { value } => format!("sum of {value}"),
        Estimator::GeometricMean { value } => format!("geometric mean of {value}"),
        Estimator::Quantile { value, q } => format!("quantile {q} of {value} (type 7)"),
        Estimator::Survival { duration, report, .. } => match report {
            SurvivalReport::Event { at } => format!("1 - S({at}) of {duration}, Kaplan-Meier"),
            SurvivalReport::Survival { at } => format!("S({at}) of {duration}, Kaplan-Meier"),
            SurvivalReport::Median => format!("median of {duration}, Kaplan-Meier"),
            SurvivalReport::RestrictedMean { limit_setting } => format!("mean of {duration} up to {limit_setting}, Kaplan-Meier"),
        },
        Estimator::CumulativeIncidence { duration, .. } => format!("cumulative incidence over {duration}, Aalen-Johansen"),
        Estimator::Composed => "composed".to_owned(),
    };
    if figure.scale != 1.0 {
        let _ = write!(formula, ", times {}", figure.scale);
    }
    if let Some(only) = &figure.only {
        let _ = write!(formula, ", where {only}");
    }
    if let Some(days) = figure.follow_up_days {
        let _ = write!(formula, ", final {days} days after the period");
    }
    format!("{} [{}] {direction}: {formula}", metric.key(figure), figure.unit)
}
