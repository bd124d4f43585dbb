//! What was decided before the data: a plan as a value, the file that people write it in, and what such a file may not say.

pub mod chance;
mod check;
mod difference;
mod finding;
mod read;
mod reader;
mod template;
pub(crate) mod words;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use check::{Checked, check};
pub use difference::differences;
pub use finding::{Finding, Severity};
pub use template::{default_plan, empty_plan};
pub use words::{
    Claim, DefaultAction, Design, Direction, LookMethod, MissingHandling, Role, RuleVerdict, Scale, Spending, State, UnitKind,
    UnknownHandling, When,
};

/// A registered or registrable plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Version of this form.
    pub form: u32,
    /// Name in the ledger, and name of the experiment.
    pub id: String,
    /// What it is called by people.
    pub title: String,
    /// What is asked.
    pub question: String,
    /// What exactly is estimated: population, contrast, outcome, period.
    pub estimand: String,
    /// When what happens.
    pub dates: Dates,
    /// How arms come about.
    pub design: DesignSpec,
    /// How the contrast is computed.
    pub estimator: Estimator,
    /// When somebody looks.
    pub looks: Looks,
    /// Families of claims that share an error rate.
    pub families: Vec<Family>,
    /// What is judged.
    pub criteria: Vec<Criterion>,
    /// What follows.
    pub rules: Vec<Rule>,
    /// Groups that are looked at apart.
    pub subgroups: Vec<Subgroup>,
    /// Work of unknown source.
    pub unknown_attribution: UnknownAttribution,
    /// Missing outcomes.
    pub missing_data: MissingData,
    /// What is done where the end leaves it open.
    pub at_the_end: AtTheEnd,
    /// What those expect who want it to succeed.
    pub forecasts: Vec<SponsorForecast>,
    /// Metrics without data, and why.
    pub unavailable: Vec<Unavailable>,
}

/// When what happens. All periods are half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dates {
    /// First day of the baseline.
    pub baseline_from: Date,
    /// First day of the pilot; the baseline ends before it.
    pub pilot_from: Date,
    /// First day after the pilot.
    pub pilot_until: Date,
    /// First day after the analysis.
    pub analysis_until: Date,
    /// First day after the policies were drawn up: the plan's end.
    pub policy_until: Date,
}

/// How arms come about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesignSpec {
    /// The kind.
    pub kind: Design,
    /// What is assigned or compared.
    pub unit: UnitKind,
    /// The arms; the first is the one without.
    pub arms: Vec<String>,
    /// Which of them is the comparison.
    pub control: String,
    /// Teams that take part, where teams are assigned by lot.
    pub teams: Vec<String>,
    /// Teams that use AI, where nobody draws.
    pub treated_teams: Vec<String>,
    /// Teams that use little or none, named beforehand.
    pub control_teams: Vec<String>,
    /// Dates of a roll-out by lot.
    pub rollout_dates: Vec<Date>,
    /// Sizes of blocks, drawn at random.
    pub block_sizes: Vec<u32>,
    /// What is adjusted for: measured before the pilot, or by the lot itself.
    pub covariates: Vec<String>,
}

/// How the contrast is computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimator {
    /// Name as the analysis knows it.
    pub name: String,
    /// How its error is computed.
    pub variance: String,
}

/// When somebody looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Looks {
    /// How they spend the error rate.
    pub method: LookMethod,
    /// How planned looks spend.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spending: Option<Spending>,
    /// Number of units at which always-valid intervals are tightest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tuned_for_units: Option<u32>,
    /// Days on which the registered analysis is run, each with the data before it. The last one decides.
    pub dates: Vec<Date>,
}

/// Claims that share an error rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Its name.
    pub id: String,
    /// Months after the start of the pilot at which it is judged.
    pub horizon_months: u32,
    /// One-sided error rate of all its claims of success together.
    pub alpha: f64,
    /// One-sided error rate of all its findings of harm together.
    pub harm_alpha: f64,
    /// `holm`, `bonferroni` or `hochberg`.
    pub method: String,
}

/// Something that is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Its name in rules.
    pub id: String,
    /// Id of the metric; empty for a criterion with members.
    pub metric: String,
    /// Figure of the metric; empty where it has one only.
    pub figure: String,
    /// Definition version of the metric.
    pub version: u32,
    /// Its family.
    pub family: String,
    /// What it is for.
    pub role: Role,
    /// What it claims.
    pub claim: Claim,
    /// Size of the claim, on the good side.
    pub margin: f64,
    /// Changes smaller than this are no change.
    pub flat_margin: f64,
    /// Worse than this is harm.
    pub harm_margin: f64,
    /// What the margins measure.
    pub scale: Scale,
    /// Why this margin.
    pub reason: String,
    /// Names of member criteria, for the claim `none_worse_one_better`.
    pub members: Vec<String>,
    /// What is known about its precision.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub precision: Option<Precision>,
}

impl Criterion {
    /// Name of what is measured: metric and figure.
    #[must_use]
    pub fn measured(&self) -> String {
        if self.figure.is_empty() { self.metric.clone() } else { format!("{}.{}", self.metric, self.figure) }
    }
}

impl Criterion {
    /// What the lower limit must reach for the claim.
    #[must_use]
    pub fn bar(&self) -> f64 {
        match self.claim {
            Claim::NotWorse => -self.margin,
            Claim::Gain | Claim::Above | Claim::NoneWorseOneBetter => self.margin,
        }
    }

    /// What the upper limit must lie below for harm.
    #[must_use]
    pub fn harm_bar(&self) -> f64 {
        match self.claim {
            Claim::Above => self.margin - self.harm_margin,
            Claim::Gain | Claim::NotWorse | Claim::NoneWorseOneBetter => -self.harm_margin,
        }
    }
}

/// What is known beforehand about how precise a figure will be, from the organisation's own baseline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Precision {
    /// Effect that is supposed, positive is good, on the scale of the criterion.
    pub supposed_effect: f64,
    /// Standard error of the effect at the last look.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub standard_error: Option<f64>,
    /// Clusters in all, where they decide.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clusters: Option<u32>,
    /// Units in all, for a share.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub units: Option<u32>,
    /// The share in the baseline.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub share: Option<f64>,
}

/// A conclusion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it says, for people.
    pub name: String,
    /// What it concludes.
    pub verdict: RuleVerdict,
    /// `any` or `all` of the conditions.
    pub when: When,
    /// The conditions.
    pub conditions: Vec<Condition>,
}

/// A criterion in one of some states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Id of the criterion.
    pub criterion: String,
    /// States that count.
    pub is: Vec<State>,
}

/// A group that is looked at apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subgroup {
    /// `context`, `level`, `business`, `team` or `tool`.
    pub dimension: String,
    /// Its values; empty for all.
    pub values: Vec<String>,
    /// Why it may differ.
    pub reason: String,
}

/// Work of unknown source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnknownAttribution {
    /// What is done with it.
    pub handling: UnknownHandling,
    /// Above this share of unknown, figures by source decide nothing.
    pub most_unknown_share: f64,
    /// Why.
    pub reason: String,
}

/// Missing outcomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingData {
    /// What is done with them.
    pub handling: MissingHandling,
    /// Difference of missing shares between arms above which the figure decides nothing.
    pub most_difference: f64,
    /// Why.
    pub reason: String,
}

/// What is done where the end leaves it open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtTheEnd {
    /// The action.
    pub action: DefaultAction,
    /// For an extension: its last look.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<Date>,
    /// Why.
    pub reason: String,
}

/// What somebody expects who wants it to succeed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SponsorForecast {
    /// Role of the person, not a name.
    pub sponsor: String,
    /// The criterion.
    pub criterion: String,
    /// The effect that they expect, positive is good, on its scale.
    pub effect: f64,
    /// When they said so.
    pub made_on: Date,
}

/// A metric without data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unavailable {
    /// Id of the metric.
    pub metric: String,
    /// Why.
    pub reason: String,
    /// Role of who vouches for that.
    pub signed_by: String,
}

impl Plan {
    /// The criterion with this id.
    #[must_use]
    pub fn criterion(&self, id: &str) -> Option<&Criterion> {
        self.criteria.iter().find(|criterion| criterion.id == id)
    }

    /// The family with this id.
    #[must_use]
    pub fn family(&self, id: &str) -> Option<&Family> {
        self.families.iter().find(|family| family.id == id)
    }

    /// Share of the planned information that is in hand at a look on this day, 0 to 1: days since the pilot began over those of the last look.
    #[must_use]
    pub fn information_at(&self, day: Date) -> f64 {
        let days = |until: Date| self.dates.pilot_from.until(until).map_or(0, |span| span.get_days());
        let whole = self.looks.dates.last().map_or(0, |last| days(*last));
        if whole <= 0 { 0.0 } else { (f64::from(days(day)) / f64::from(whole)).clamp(0.0, 1.0) }
    }
}

/// What a plan may measure: a metric of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMetric {
    /// Its id.
    pub id: String,
    /// Definition version.
    pub version: u32,
    /// 1, 2 or 3.
    pub tier: u8,
    /// Its figures.
    pub figures: Vec<KnownFigure>,
}

/// A figure of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFigure {
    /// Its name; empty where the figure is called as the metric is.
    pub name: String,
    /// Which way is good.
    pub direction: Direction,
}
