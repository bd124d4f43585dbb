//! What each metric should find: planted values by arm, as the metric defines them, so that an interval can be held against them.
//!
//! `planted` is the value that the metric estimates under the labels that evidence gives; `unblurred` is the value by what really happened.
//! They are the same where every sign of AI is kept and none is false. Values are means over the units of this world of what was planted in
//! each; what chance made of them, and who the authors are, is left to the interval. Where units are followed for unequal times, the value is
//! the limit of the estimator, not the mean of the laws.

mod laws;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::days::{DAY, HOUR, day_of, number};
use crate::draws::Draws;
use crate::files::PER_KLOC;
use crate::work::items::{SD_MARKET, SEVERITIES, bug_rate, market_days};
use crate::work::{Change, Class, Kind, SD_HOURS};
use crate::world::CONTEXTS;
use crate::{World, code, files};
use laws::Mixture;

/// One planted figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Metric.
    pub metric: &'static str,
    /// Figure of the metric; empty: its only or main one.
    pub figure: &'static str,
    /// Slice, from dimension to value.
    pub slice: BTreeMap<&'static str, String>,
    /// What the metric should find.
    pub planted: f64,
    /// What it would find if every label were right.
    pub unblurred: Option<f64>,
    /// Units behind it.
    pub units: usize,
}

/// One planted comparison.
#[derive(Debug, Clone, Serialize)]
pub struct Contrast {
    /// Metric.
    pub metric: &'static str,
    /// Figure of the metric.
    pub figure: &'static str,
    /// What is compared with what, from dimension to values.
    pub slices: [BTreeMap<&'static str, String>; 2],
    /// How: `ratio` or `difference`.
    pub scale: &'static str,
    /// What the metric should find.
    pub planted: f64,
    /// What it would find if every label were right.
    pub unblurred: Option<f64>,
}

/// Everything that is planted in a world.
#[derive(Debug, Clone, Serialize)]
pub struct Truth {
    /// Version of this document.
    pub schema: &'static str,
    /// Name of the truth file.
    pub effects: String,
    /// Seed.
    pub seed: u64,
    /// First day of the window.
    pub from: String,
    /// The day after the last one.
    pub until: String,
    /// Share of changes with AI that leave evidence.
    pub sensitivity: f64,
    /// Share of human changes without evidence of AI.
    pub specificity: f64,
    /// Figures.
    pub figures: Vec<Figure>,
    /// Comparisons.
    pub contrasts: Vec<Contrast>,
}

/// Values of dimensions.
type Slice = Vec<(&'static str, String)>;

/// Means of planted values by slice: sum, weight, units.
#[derive(Default)]
struct Means(BTreeMap<Slice, (f64, f64, usize)>);

impl Means {
    fn add(&mut self, slice: Slice, value: f64, weight: f64) {
        let place = self.0.entry(slice).or_default();
        place.0 += value * weight;
        place.1 += weight;
        place.2 += 1;
    }

    /// Adds a unit to the whole, to its source, to its context, and to both together.
    fn add_change(&mut self, source: Class, context: usize, value: f64, weight: f64) {
        for slice in slices(source.word(), context) {
            self.add(slice, value, weight);
        }
    }
}

fn slices(source: &str, context: usize) -> [Slice; 4] {
    let (source, context) =
        (("source", source.to_owned()), ("context", CONTEXTS.get(context).copied().unwrap_or_default().to_owned()));
    [Vec::new(), vec![source.clone()], vec![context.clone()], vec![context, source]]
}

/// The truth of a world.
#[must_use]
pub fn truth(world: &World) -> Truth {
    let mut figures = Vec::new();
    changes(world, &mut figures);
    lines(world, &mut figures);
    business(world, &mut figures);
    people(world, &mut figures);
    figures.retain(|figure: &Figure| figure.planted.is_finite());
    let contrasts = contrasts(&figures);
    Truth {
        schema: "candor-truth/1",
        effects: world.effects.name.clone(),
        seed: world.seed,
        from: world.shape.start().to_string(),
        until: world.shape.until.to_string(),
        sensitivity: world.shape.sensitivity,
        specificity: world.shape.specificity,
        figures,
        contrasts,
    }
}

/// Adds a figure for each slice of planted values; `finish` makes the figure of the mean.
fn put(
    figures: &mut Vec<Figure>,
    metric: &'static str,
    figure: &'static str,
    labelled: &Means,
    real: &Means,
    finish: impl Fn(f64) -> f64,
) {
    for (slice, (sum, weight, units)) in &labelled.0 {
        let unblurred = real.0.get(slice).map(|(sum, weight, _)| finish(sum / weight));
        figures.push(Figure {
            metric,
            figure,
            slice: slice.iter().cloned().collect(),
            planted: finish(sum / weight),
            unblurred,
            units: *units,
        });
    }
}

/// What is planted in a change, and its weight; `None` where the figure does not count it.
type Planted<'a> = Box<dyn Fn(usize, &Change) -> Option<(f64, f64)> + 'a>;
/// Metric, figure, what is planted, and the figure of the mean.
type PlantedFigure<'a> = (&'static str, &'static str, Planted<'a>, fn(f64) -> f64);

fn changes(world: &World, figures: &mut Vec<Figure>) {
    let end = crate::days::midnight(number(world.shape.until));
    let mut reviewed = vec![false; world.changes.len()];
    for position in world
        .reviews
        .iter()
        .map(|review| review.change)
        .chain(world.comments.iter().filter(|comment| comment.writer.is_some()).map(|comment| comment.change))
    {
        if let Some(place) = reviewed.get_mut(position) {
            *place = true;
        }
    }
    let mut linked = vec![false; world.changes.len()];
    for position in world.items.iter().flat_map(|item| &item.changes) {
        if let Some(place) = linked.get_mut(*position) {
            *place = true;
        }
    }
    let mut deployed: Vec<Option<i64>> = vec![None; world.changes.len()];
    for deployment in &world.deployments {
        for position in &deployment.changes {
            if let Some(place) = deployed.get_mut(*position) {
                *place = Some(deployment.finished);
            }
        }
    }
    let effects = &world.effects;
    let is = |list: &[bool], position: usize| list.get(position).copied().unwrap_or(false);
    let deployed_at = |position: usize| deployed.get(position).copied().flatten();
    let mature = 7 * DAY;
    let all: Vec<PlantedFigure<'_>> = vec![
        ("revert_rate_30d", "", Box::new(|_, change| Some((change.revert_30d, 1.0))), |mean| mean),
        (
            "change_failure_rate",
            "",
            Box::new(|position, change| deployed_at(position).filter(|at| at + mature <= end).map(|_| (change.failure_7d, 1.0))),
            |mean| mean,
        ),
        (
            "review_time",
            "hours",
            Box::new(|position, change| is(&reviewed, position).then_some((change.log_review, 1.0))),
            f64::exp,
        ),
        (
            "cycle_time",
            "hours",
            Box::new(|position, change| {
                let at = deployed_at(position).filter(|_| is(&reviewed, position))?;
                Some((log_cycle(world.seed, position, change, at), 1.0))
            }),
            f64::exp,
        ),
        (
            "review_rounds",
            "",
            Box::new(|position, change| {
                let rounds = crate::work::review::ROUNDS * effects.speed.round_ratio.powf(change.dose(effects));
                is(&reviewed, position).then_some((rounds, 1.0))
            }),
            |mean| mean,
        ),
        (
            "review_comments",
            "per_pr",
            Box::new(|position, change| {
                let comments = crate::work::review::COMMENTS * effects.speed.comment_ratio.powf(change.dose(effects));
                Some((if is(&reviewed, position) { comments } else { 0.0 }, 1.0))
            }),
            |mean| mean,
        ),
        (
            "explanation_quality",
            "",
            Box::new(|position, change| {
                let answers = effects.changes.explains * effects.changes.explains_ratio.powf(change.dose(effects));
                let own = if matches!(change.kind, Kind::Revert(_)) { 2.0 } else { 4.0 * answers.min(1.0) };
                Some(((own + f64::from(is(&linked, position))) / 5.0, 1.0))
            }),
            |mean| mean,
        ),
        (
            "security_findings",
            "per_kloc",
            Box::new(|_, change| {
                let lines = f64::from(change.additions());
                (lines > 0.0).then(|| (PER_KLOC * effects.changes.finding_ratio.powf(change.dose(effects)), lines))
            }),
            |mean| mean,
        ),
        (
            "defect_rate",
            "",
            Box::new(|position, _| {
                world.lives.defect_90d.get(position).filter(|chance| **chance > 0.0).map(|chance| (*chance, 1.0))
            }),
            |mean| mean,
        ),
    ];
    for (metric, figure, planted, finish) in all {
        let (mut labelled, mut real) = (Means::default(), Means::default());
        for (position, change) in world.changes.iter().enumerate().filter(|(_, change)| change.merged < end) {
            if let Some((value, weight)) = planted(position, change) {
                labelled.add_change(change.label, change.context, value, weight);
                real.add_change(change.class, change.context, value, weight);
            }
        }
        put(figures, metric, figure, &labelled, &real, finish);
    }
}

/// The mean of the logarithm of the hours from first commit to production, the wait for the deployment being what it was: by simulation,
/// since a sum of log-normal times has no such mean in closed form.
fn log_cycle(seed: u64, position: usize, change: &Change, deployed: i64) -> f64 {
    const RUNS: u32 = 24;
    let wait = (deployed - change.merged) as f64 / HOUR as f64;
    let mut draws = Draws::of(seed, "truth of cycles", position as u64);
    let mut sum = 0.0;
    for _ in 0..RUNS {
        let pace = crate::world::SD_PACE * draws.normal();
        let mut hours = |log: f64| (log + pace + SD_HOURS * draws.normal()).exp();
        sum += (hours(change.log_coding) + hours(change.log_review) + wait).ln();
    }
    sum / f64::from(RUNS)
}

fn lines(world: &World, figures: &mut Vec<Figure>) {
    let until = crate::days::midnight(number(world.shape.until));
    let mut labelled: BTreeMap<Slice, Mixture> = BTreeMap::new();
    let mut real: BTreeMap<Slice, Mixture> = BTreeMap::new();
    for life in &world.lives.lives {
        let Some(change) = world.changes.get(life.change) else { continue };
        let Some(block) = change.blocks.get(life.block) else { continue };
        let language = world.crowd.repos.get(change.repo).map_or(crate::world::Language::Python, |repo| repo.language);
        let name = CONTEXTS.get(change.context).copied().unwrap_or_default();
        let weight = code::text::substantive(code::text::form(name, language), block.lines);
        // Beyond the last age that is asked for, it does not matter how long somebody is followed.
        let followed = usize::try_from((until - change.merged) / DAY).unwrap_or(0).min(90);
        for slice in slices(world.line_label(change, block.is_ai), change.context) {
            labelled.entry(slice).or_default().add(life.survival_90d, followed, weight.into());
        }
        for slice in slices(if block.is_ai { "ai" } else { "human" }, change.context) {
            real.entry(slice).or_default().add(life.survival_90d, followed, weight.into());
        }
    }
    let shape = world.effects.lines.shape;
    let ages: [(&'static str, usize, bool); 4] = [
        ("rework_14d", 14, true),
        ("code_durability_30d", 30, false),
        ("code_durability_60d", 60, false),
        ("code_durability_90d", 90, false),
    ];
    for (metric, days, is_death) in ages {
        let say = |mixture: &Mixture| mixture.weibull(shape, days).map(|share| if is_death { 1.0 - share } else { share });
        for (slice, mixture) in &labelled {
            let Some(planted) = say(mixture) else { continue };
            let unblurred = real.get(slice).and_then(say);
            figures.push(Figure {
                metric,
                figure: "",
                slice: slice.iter().cloned().collect(),
                planted,
                unblurred,
                units: mixture.units,
            });
        }
    }
}

impl World {
    /// What evidence says of lines: `ai`, `human`, `unknown`.
    fn line_label(&self, change: &Change, is_ai: bool) -> &'static str {
        let is_complete = self.crowd.teams.get(change.team).is_some_and(|team| team.is_complete);
        match () {
            () if change.has_sign && (is_ai || change.class == Class::Human) => "ai",
            () if is_complete => "human",
            () => "unknown",
        }
    }
}

fn whole(metric: &'static str, figure: &'static str, planted: f64, units: usize) -> Figure {
    Figure { metric, figure, slice: BTreeMap::new(), planted, unblurred: None, units }
}

fn business(world: &World, figures: &mut Vec<Figure>) {
    let sum = |of: &dyn Fn(&crate::business::Month) -> f64| world.months.iter().map(of).sum::<f64>();
    let months = world.months.len();
    let effects = &world.effects;
    let revenue = sum(&|month| month.revenue_mean) / sum(&|month| month.engineers);
    figures.push(whole("revenue_per_engineer", "", revenue, months));
    let customers = sum(&|month| month.customers);
    let bugs = sum(&|month| bug_rate(effects, month.ai_share) * month.customers) / customers;
    let weight: f64 = SEVERITIES.iter().map(|(_, share, weight)| share * weight).sum();
    figures.push(whole("customer_bugs", "count_per_1000_customer_months", bugs, months));
    figures.push(whole("customer_bugs", "weighted_per_1000_customer_months", bugs * weight, months));
    let tickets =
        sum(&|month| effects.business.tickets * effects.business.ticket_ratio.powf(month.ai_share) * month.customers) / customers;
    figures.push(whole("support_burden", "tickets_per_1000_customer_months", tickets, months));
    let spans = crate::business::months(&world.shape);
    let days: Vec<f64> = spans.iter().map(|(_, from, until)| f64::from(until - from)).collect();
    let over_days = |of: &dyn Fn(f64) -> f64| {
        world.months.iter().zip(&days).map(|(month, days)| of(month.ai_share) * days).sum::<f64>() / days.iter().sum::<f64>()
    };
    let happy = over_days(&|share| (effects.business.csat + effects.business.csat_shift * share).clamp(0.0, 1.0));
    figures.push(whole("csat", "", happy, months));
    // Drawn day by day by the share of that day.
    let from = number(world.shape.start())..number(world.shape.until);
    let monthly: f64 = from
        .map(|day| {
            let share = crate::business::ai_share(&world.shape, &world.crowd, day);
            effects.business.security_incidents * effects.business.security_ratio.powf(share) / 30.4375
        })
        .sum();
    figures.push(whole("security_incidents", "per_month", monthly / months as f64, months));
    market(world, figures);
}

fn market(world: &World, figures: &mut Vec<Figure>) {
    let (from, until) = (number(world.shape.start()), number(world.shape.until));
    let pilot = number(world.shape.pilot());
    let mut mixture = laws::Features::default();
    for item in world.items.iter().filter(|item| item.kind == "feature" && item.earns) {
        let Some(started) = item.started.map(day_of).filter(|day| *day >= from && *day < until) else { continue };
        let has_ai = world.crowd.teams.get(item.team).is_some_and(|team| !team.is_control);
        mixture.add(market_days(&world.effects, has_ai && started >= pilot), f64::from(until - started));
    }
    if let Some(median) = mixture.median(SD_MARKET) {
        figures.push(whole("time_to_market", "median_days", median, mixture.units()));
    }
}

fn people(world: &World, figures: &mut Vec<Figure>) {
    let until = number(world.shape.until);
    let juniors: Vec<(f64, f64, f64)> = world
        .crowd
        .people
        .iter()
        .filter_map(|person| person.junior.map(|(promoted, left)| (promoted, left, f64::from(until - person.hired()) / 30.4375)))
        .collect();
    if let Some((promoted, left)) = laws::promotions(&juniors) {
        figures.push(whole("promotion_rate", "24_months", promoted, juniors.len()));
        figures.push(whole("promotion_rate", "left_24_months", left, juniors.len()));
    }
    let speed = &world.effects.speed;
    figures.push(whole("perceived_speedup", "", speed.felt, 0));
    figures.push(whole("task_rct", "effect", speed.time_ratio - 1.0, 0));
    figures.push(whole("perception_gap", "percentage_points", 100.0 * (speed.felt - (1.0 - speed.time_ratio)), 0));
    figures.push(whole("forecast_gap", "percentage_points", 100.0 * (speed.forecast - (1.0 - speed.time_ratio)), 0));
    for (figure, ratio) in [("with_ai", world.effects.people.mastery_ratio), ("without_ai", 1.0)] {
        figures.push(whole("skill_mastery", figure, laws::clamped(files::QUIZ * ratio, files::SD_QUIZ), 0));
    }
}

/// Comparisons by source of what was put by source.
fn contrasts(figures: &[Figure]) -> Vec<Contrast> {
    let mut all = Vec::new();
    for figure in
        figures.iter().filter(|figure| figure.slice.get("source").is_some_and(|source| source == "ai_heavy" || source == "ai"))
    {
        let mut other = figure.slice.clone();
        other.insert("source", "human".to_owned());
        let is_that = |human: &&Figure| human.metric == figure.metric && human.figure == figure.figure && human.slice == other;
        let Some(human) = figures.iter().find(is_that) else { continue };
        let is_share = figure.metric.starts_with("code_durability") || figure.metric == "explanation_quality";
        let scale = if is_share { "difference" } else { "ratio" };
        let of = |ai: f64, human: f64| if is_share { ai - human } else { ai / human };
        all.push(Contrast {
            metric: figure.metric,
            figure: figure.figure,
            slices: [figure.slice.clone(), other],
            scale,
            planted: of(figure.planted, human.planted),
            unblurred: figure.unblurred.zip(human.unblurred).map(|(ai, human)| of(ai, human)),
        });
    }
    all
}
