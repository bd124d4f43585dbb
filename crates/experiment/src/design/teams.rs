//! One number for each team, compared between arms: what the designs of whole teams share.

use candor_stats::clusters::randomisation::{self, Drawn};
use candor_stats::clusters::wild_bootstrap::{self, Bootstrap};
use candor_stats::regression::{Correction, Errors, LeastSquares, Regressors};
use candor_stats::{Estimate, Fitted, Outcome, StatsError};

use super::figure::{Looks, Turn, insufficient, refused};
use super::{DRAWS, SEED};
use crate::ExperimentError;
use crate::plan::Scale;
use crate::verdict::Answer;

/// Fewer teams than this in an arm, and no test of teams can reach 5 %.
pub(super) const FEWEST_TEAMS: usize = 4;

const ARM: &str = "treated";

/// A team as it is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unit {
    /// The outcome: a level, or a change.
    pub(super) outcome: f64,
    /// What is adjusted for.
    pub(super) before: Option<f64>,
    pub(super) treated: bool,
    pub(super) stratum: usize,
}

/// What is compared, and how.
pub(super) struct Contrast<'a> {
    /// The teams.
    pub(super) units: &'a [Unit],
    /// From the outcomes to the figure.
    pub(super) from: Turn,
    /// As the plan names it.
    pub(super) variance: &'a str,
    /// What the outcome is, for the method.
    pub(super) what: &'a str,
}

impl Contrast<'_> {
    /// Treated minus control, every team counting once.
    pub(super) fn answer(&self, looks: &Looks<'_>) -> Result<Answer, ExperimentError> {
        let (treated, control) = arms(self.units);
        if treated == 0 || control == 0 {
            return Ok(insufficient(
                format!("{treated} teams of the other arms and {control} of the control with a figure"),
                "a figure in each arm",
                "a contrast needs both arms",
            ));
        }
        if treated.min(control) < 2 {
            return Ok(point_only(self.from.of(difference(self.units)), self.units.len(), (treated, control), self.what));
        }
        let adjusts = self.units.iter().all(|unit| unit.before.is_some());
        let outcomes: Vec<f64> = self.units.iter().map(|unit| unit.outcome).collect();
        let arm: Vec<f64> = self.units.iter().map(|unit| f64::from(u8::from(unit.treated))).collect();
        let strata: Vec<usize> = self.units.iter().map(|unit| unit.stratum).collect();
        let right = |with_arm: bool| -> Result<Regressors<'static>, StatsError> {
            let mut right = Regressors::with_intercept(outcomes.len());
            if with_arm {
                right = right.column(ARM, arm.clone())?;
            }
            if adjusts {
                right = right.column("before", centred(self.units.iter().filter_map(|unit| unit.before).collect()))?;
            }
            if with_arm && shares_differ(self.units) {
                right = right.dummies("stratum ", &strata, strata.first().copied().unwrap_or(0))?;
            }
            Ok(right)
        };
        let told = |mut outcome: Outcome| {
            if let Outcome::Estimate(estimate) = &mut outcome {
                let adjusted = if adjusts { ", adjusted for the baseline" } else { "" };
                estimate.method = format!("{}{adjusted}, one number per team: {}", self.what, estimate.method);
                estimate.clusters = Some(outcomes.len());
                estimate.notes.extend(few(treated, control));
            }
            outcome
        };
        if self.variance == "randomisation" && !looks.is_always_valid() {
            // Under no effect on any team what the baseline predicts is the same whatever was drawn (Rosenbaum 2002, doi:10.1214/ss/1042727942).
            let left = match LeastSquares::fit(&outcomes, right(false)?)? {
                Fitted::Fit(model) => model.residuals().to_vec(),
                Fitted::Refused(outcome) => return Ok(refused(outcome)),
            };
            let treated: Vec<bool> = self.units.iter().map(|unit| unit.treated).collect();
            let drawn =
                if strata.iter().any(|own| Some(own) != strata.first()) { Drawn::Strata(&strata) } else { Drawn::Complete };
            return looks
                .answer_by_level(self.from, |level| Ok(told(randomisation::test(&left, &treated, &drawn, level, DRAWS, SEED)?)));
        }
        let model = match LeastSquares::fit(&outcomes, right(true)?)? {
            Fitted::Fit(model) => model,
            Fitted::Refused(outcome) => return Ok(refused(outcome)),
        };
        let by: Vec<usize> = (0..outcomes.len()).collect();
        if self.variance == "wild_cluster_bootstrap" && !looks.is_always_valid() {
            let run = Bootstrap { by: &by, impose_null: true, draws: DRAWS, seed: SEED };
            return looks.answer_by_level(self.from, |level| Ok(told(wild_bootstrap::coefficient(&model, ARM, &run, level)?)));
        }
        let outcome = match model.covariance(&Errors::Clustered { by: &by, correction: Correction::Cr2 })? {
            Fitted::Fit(covariance) => covariance.coefficient(ARM, 0.95)?,
            Fitted::Refused(outcome) => outcome,
        };
        looks.answer(told(outcome), self.from)
    }
}

impl Turn {
    fn of(self, number: f64) -> f64 {
        if self == Self::Log { number.exp_m1() } else { number }
    }
}

/// Teams in the other arms and in the control.
pub(super) fn arms(units: &[Unit]) -> (usize, usize) {
    let treated = units.iter().filter(|unit| unit.treated).count();
    (treated, units.len() - treated)
}

/// Whether figures can be compared on a logarithmic scale.
pub(super) fn has_logarithms(scale: Scale, mut values: impl Iterator<Item = f64>) -> bool {
    scale == Scale::Relative && values.all(|value| value > 0.0)
}

/// A relative difference of figures some of which are 0 or below: `effect / base` with limits by leaving out one team after the other
/// (jackknife; Miller 1974, Biometrika 61, 1-15).
pub(super) fn relative(
    units: &[Unit],
    effect_and_base: impl Fn(&[Unit]) -> Option<(f64, f64)>,
    what: &str,
    looks: &Looks<'_>,
) -> Result<Answer, ExperimentError> {
    let (treated, control) = arms(units);
    let share = |units: &[Unit]| effect_and_base(units).filter(|(_, base)| *base > 0.0).map(|(effect, base)| effect / base);
    let Some(point) = share(units).filter(|point| point.is_finite()) else {
        return Ok(insufficient(
            "nothing in the control to divide by",
            "a control above 0",
            "a relative difference needs a base",
        ));
    };
    if treated.min(control) < 3 {
        return Ok(point_only(point, units.len(), (treated, control), what));
    }
    let without = |left_out: usize| -> Vec<Unit> {
        units.iter().enumerate().filter(|(place, _)| *place != left_out).map(|(_, unit)| *unit).collect()
    };
    let left: Vec<f64> = (0..units.len()).filter_map(|place| share(&without(place))).collect();
    if left.len() < units.len() {
        return Ok(point_only(point, units.len(), (treated, control), what));
    }
    let n = left.len() as f64;
    let centre = left.iter().sum::<f64>() / n;
    let mut estimate = Estimate::new(point, format!("{what}, relative to the control, jackknife over teams"), n);
    estimate.variance = Some((n - 1.0) / n * left.iter().map(|own| (own - centre).powi(2)).sum::<f64>());
    estimate.degrees_of_freedom = Some(n - 2.0);
    estimate.clusters = Some(left.len());
    estimate.notes.extend(few(treated, control));
    looks.answer(Outcome::Estimate(estimate), Turn::Same)
}

/// Mean outcome of an arm.
pub(super) fn mean(units: &[Unit], treated: bool, value: impl Fn(&Unit) -> f64) -> Option<f64> {
    let own: Vec<f64> = units.iter().filter(|unit| unit.treated == treated).map(value).collect();
    (!own.is_empty()).then(|| own.iter().sum::<f64>() / own.len() as f64)
}

fn difference(units: &[Unit]) -> f64 {
    let mean = |treated| mean(units, treated, |unit| unit.outcome).unwrap_or(f64::NAN);
    mean(true) - mean(false)
}

/// A point without limits: the variation between teams cannot be seen.
fn point_only(point: f64, units: usize, (treated, control): (usize, usize), what: &str) -> Answer {
    if !point.is_finite() {
        return insufficient("a figure beyond all numbers", "more data", "the figure is too large to be a number");
    }
    Answer::Estimate {
        point,
        standard_error: None,
        degrees_of_freedom: None,
        intervals: Vec::new(),
        units: units as f64,
        clusters: u32::try_from(units).ok(),
        method: format!("{what}, no limits"),
        notes: vec![format!(
            "{treated} against {control} teams: how much teams differ by themselves cannot be seen, so there are no limits"
        )],
    }
}

fn few(treated: usize, control: usize) -> Option<String> {
    (treated.min(control) < FEWEST_TEAMS).then(|| {
        // The most extreme of all lots and its mirror image are the smallest p-value that there is.
        let lots = (1..=treated.min(control)).fold(1.0, |lots, k| lots * (treated + control + 1 - k) as f64 / k as f64);
        let so_few = if 2.0 / lots > 0.05 {
            "no lot among so few teams could show a difference at 5 %"
        } else {
            "so few in one arm that a single odd team can decide"
        };
        format!("{treated} against {control} teams: {so_few}")
    })
}

/// Whether the arms' shares differ between strata, so that a difference of strata would look like one of arms.
fn shares_differ(units: &[Unit]) -> bool {
    let mut by_stratum: std::collections::BTreeMap<usize, (usize, usize)> = std::collections::BTreeMap::new();
    for unit in units {
        let (all, treated) = by_stratum.entry(unit.stratum).or_default();
        *all += 1;
        *treated += usize::from(unit.treated);
    }
    let mut shares = by_stratum.values();
    let first = shares.next();
    shares.any(|(all, treated)| first.is_some_and(|(first, own)| treated * first != own * all))
}

fn centred(values: Vec<f64>) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    values.into_iter().map(|value| value - mean).collect()
}
