//! Designs: what each needs, what it estimates, how, and what has to hold before anybody believes it. One file per design.
//!
//! A design reads [`Observations`], plain values that somebody took from one snapshot, and gives the figures of a look
//! ([`crate::verdict::Estimates`]) with its [`Check`]s. It knows no engine and no file.

mod checks;
mod cluster;
mod control_team;
mod figure;
mod observational;
mod staggered;
pub mod suggest;
mod task_rct;
mod teams;
mod within_team;
mod work;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ExperimentError;
use crate::plan::{Claim, Criterion, Design, Direction, Plan};
use crate::verdict::{Answer, Estimates, Figure, Group, Origin};

pub use checks::{Check, CheckState};
pub(crate) use figure::Looks;

/// Seed of every draw of an analysis: fixed, so that a snapshot gives the same figures to everybody.
const SEED: u64 = 7;
/// Draws of a bootstrap or of a lot that is drawn again, where not all outcomes can be enumerated.
const DRAWS: usize = 9_999;

/// What a design is, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Description {
    /// The design.
    pub design: Design,
    /// What it needs.
    pub needs: &'static str,
    /// What it estimates.
    pub estimates: &'static str,
    /// How.
    pub analysis: &'static str,
}

/// Every design, the strongest first.
pub const DESCRIPTIONS: [Description; 6] = [
    task_rct::DESCRIPTION,
    within_team::DESCRIPTION,
    cluster::DESCRIPTION,
    staggered::DESCRIPTION,
    control_team::DESCRIPTION,
    observational::DESCRIPTION,
];

/// The description of a design.
#[must_use]
pub fn description(design: Design) -> &'static Description {
    match design {
        Design::TaskRct => &task_rct::DESCRIPTION,
        Design::WithinTeam => &within_team::DESCRIPTION,
        Design::Cluster => &cluster::DESCRIPTION,
        Design::Staggered => &staggered::DESCRIPTION,
        Design::ControlTeam => &control_team::DESCRIPTION,
        Design::Observational => &observational::DESCRIPTION,
    }
}

/// Everything that one look reads of a snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// Number of the snapshot.
    pub snapshot: String,
    /// Day before which everything was observed.
    pub as_of: Date,
    /// What was observed of each figure that a criterion names, whole and by group.
    pub figures: Vec<Observations>,
    /// Every unit that was assigned, for the checks.
    pub units: Vec<Assigned>,
    /// What the arms did, and how they touch.
    pub conduct: Conduct,
}

/// What was observed of one figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observations {
    /// The metric.
    pub metric: String,
    /// Its figure; empty where it has one only.
    pub figure: String,
    /// Definition version.
    pub version: u32,
    /// Which way is good.
    pub better: Direction,
    /// The group, where it is about one only.
    pub group: Option<Group>,
    /// The rows, or why there are none.
    pub content: Content,
    /// Share of rows whose source is not known, where the arms are sources.
    pub unknown_source_share: Option<f64>,
    /// Difference between the arms of the shares of missing outcomes.
    pub missing_difference: Option<f64>,
}

/// What observations hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Rows of work: tasks, changes, work items, people.
    Work {
        /// How rows become a figure.
        measure: Measure,
        /// The rows.
        rows: Vec<WorkRow>,
    },
    /// Figures of whole teams.
    Teams {
        /// One for each team.
        rows: Vec<TeamRow>,
        /// The same by month, in any order.
        months: Vec<TeamMonth>,
    },
    /// A level of all together, for claims about the level itself.
    Level(Answer),
    /// There is nothing to analyse, and why.
    Nothing(Answer),
}

/// How rows of work become a figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Minutes of tasks of a task trial; `before` is the forecast.
    TaskMinutes,
    /// Sum of values over sum of weights: means, shares and ratios.
    Ratio,
    /// Exponential of the mean logarithm.
    GeometricMean,
    /// Share that is left (or gone) after a time: `value` is the duration, `ended` whether it ended with the event.
    Lives {
        /// The time, in the unit of the durations.
        at: f64,
        /// Whether the figure is the share that is gone.
        gone: bool,
    },
}

/// A row of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkRow {
    /// Who did it, as a code: the cluster.
    pub person: usize,
    /// Whether it is in another arm than the control.
    pub treated: bool,
    /// Within what it was drawn, as a code.
    pub stratum: usize,
    /// The outcome, in the unit of the metric.
    pub value: f64,
    /// What it is divided by, or how much it counts.
    pub weight: f64,
    /// For lives: whether it ended with the event.
    pub ended: bool,
    /// What was known of it before: a forecast or a baseline, above 0.
    pub before: Option<f64>,
    /// What it is adjusted for, one code for each covariate of the plan.
    pub covariates: Vec<usize>,
}

/// A team in the two phases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeamRow {
    /// The team.
    pub team: String,
    /// Whether it is in another arm than the control.
    pub treated: bool,
    /// Within what it was drawn, as a code.
    pub stratum: usize,
    /// Its figure in the baseline.
    pub before: Option<f64>,
    /// Its figure in the pilot, up to the look.
    pub after: Option<f64>,
}

/// A team in a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeamMonth {
    /// The team.
    pub team: String,
    /// Whether it is in another arm than the control.
    pub treated: bool,
    /// Months since the one in which the pilot began; negative before it.
    pub month: i64,
    /// For a roll-out: months since then at which the team begins.
    pub begins: Option<i64>,
    /// Its figure.
    pub value: f64,
}

/// A unit that was assigned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assigned {
    /// The arm, as its place in the plan.
    pub arm: usize,
    /// Whether it did as it was told; none where nobody noted it.
    pub complied: Option<bool>,
    /// Whether its outcome is known; none where it is not due yet or has no single one.
    pub has_outcome: Option<bool>,
    /// What was known before, for the balance of arms.
    pub before: Option<f64>,
}

/// What the arms did, and how they touch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Conduct {
    /// Work of known source in the control arm during the pilot, and how much of it was AI-heavy or AI-light.
    pub control_work: Option<(f64, f64)>,
    /// The same for the other arms.
    pub treated_work: Option<(f64, f64)>,
    /// Reviews of the control arm's work, and how many came from people of other arms.
    pub control_reviews: Option<(f64, f64)>,
}

/// The registered analysis of one look.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// The figures, as a verdict reads them.
    pub estimates: Estimates,
    /// What has to hold before anybody believes them.
    pub checks: Vec<Check>,
}

/// Runs the registered analysis of a plan.
///
/// # Definition
/// Every figure that a criterion names is estimated by the estimator and variance of the plan, on the scale of the criterion; claims about a
/// level take the level of all together. Intervals that a method gives by itself come at every level that the look asks for.
///
/// # Input
/// `observed` of one snapshot; `held`: days of the planned looks that were held, as in [`crate::verdict::Standing`].
///
/// # Errors
/// [`ExperimentError::Statistics`] where an observation is no number.
pub fn analyse(plan: &Plan, observed: &Observed, held: &[Date]) -> Result<Analysis, ExperimentError> {
    let looks = Looks::new(plan, held, observed.as_of)?;
    let mut figures: Vec<Figure> = Vec::new();
    for criterion in plan.criteria.iter().filter(|criterion| !criterion.metric.is_empty()) {
        let own = observed.figures.iter().filter(|own| own.metric == criterion.metric && own.figure == criterion.figure);
        for observations in own {
            let is_there = |figure: &Figure| {
                figure.metric == observations.metric && figure.figure == observations.figure && figure.group == observations.group
            };
            if figures.iter().any(is_there) {
                continue;
            }
            figures.push(Figure {
                metric: observations.metric.clone(),
                figure: observations.figure.clone(),
                version: observations.version,
                scale: criterion.scale,
                better: observations.better,
                group: observations.group.clone(),
                answer: figure::rounded(answer(plan, criterion, observations, &looks)?),
                unknown_source_share: observations.unknown_source_share,
                missing_difference: observations.missing_difference,
            });
        }
    }
    let estimates = Estimates::new(&plan.id, observed.as_of, &observed.snapshot, Origin::RegisteredAnalysis, figures);
    Ok(Analysis { estimates, checks: checks::checks(plan, observed)? })
}

fn answer(plan: &Plan, criterion: &Criterion, observations: &Observations, looks: &Looks<'_>) -> Result<Answer, ExperimentError> {
    match &observations.content {
        Content::Nothing(answer) | Content::Level(answer) => Ok(answer.clone()),
        _ if criterion.claim == Claim::Above => {
            Ok(Answer::NotApplicable { reason: "the claim is about a level, and a contrast was observed".to_owned() })
        }
        Content::Work { measure, rows } => match plan.design.kind {
            Design::TaskRct => task_rct::figure(plan, criterion.scale, *measure, rows, looks),
            Design::WithinTeam => within_team::figure(plan, criterion.scale, *measure, rows, looks),
            Design::Observational => observational::figure(plan, criterion.scale, *measure, rows, looks),
            Design::Cluster | Design::ControlTeam | Design::Staggered => Ok(Answer::NotApplicable {
                reason: format!("`{}` compares whole teams, and single pieces of work were observed", plan.design.kind),
            }),
        },
        Content::Teams { rows, months } => match plan.design.kind {
            Design::Cluster => cluster::figure(plan, criterion.scale, rows, looks),
            Design::ControlTeam => control_team::figure(plan, criterion.scale, rows, looks),
            Design::Staggered => staggered::figure(plan, criterion.scale, months, looks),
            Design::TaskRct | Design::WithinTeam | Design::Observational => Ok(Answer::NotApplicable {
                reason: format!("`{}` compares pieces of work, and whole teams were observed", plan.design.kind),
            }),
        },
    }
}
