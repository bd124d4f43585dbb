//! From an order to a finished digest: each metric is observed once and asked for its series, its slices and its changes.

use std::collections::BTreeMap;
use std::rc::Rc;

use candor_catalogue::{
    Answer, Catalogue, CatalogueError, Cell, Change, Direction, FigureResult, Metric, MetricResult, Observed, PeriodKind,
    Question, Session, Shown, Stretch, against, observe_person,
};
use candor_stats::looks::multiplicity::benjamini_hochberg;
use candor_stats::pooling::signed_sum::{Contrast, Term};
use jiff::civil::Date;

use crate::baseline::{Baseline, BaselineFigure};
use crate::document::{BaselineUsed, Delta, Digest, DigestFigure, DigestMetric, Movement, Pack, SCHEMA, Said, Since, Stand};
use crate::drill;
use crate::observations::Observations;
use crate::order::{Order, OrderError, Who};
use crate::privacy;
use crate::said;
use crate::since::always_valid;
use crate::supply;
use crate::surroundings;

/// Metrics of careers and skills, for the annual talent pack.
const TALENT: &[&str] = &[
    "promotion_rate",
    "talent_cost",
    "developer_retention",
    "engineer_months",
    "time_to_promotion",
    "debugging_proficiency",
    "mental_model_strength",
    "skill_mastery",
    "ai_dependency",
    "ai_underuse",
    "sentiment",
];
/// Metrics that say how much is known of sources.
const COVERAGE: &str = "ai_share";
/// Metrics of tier 2 that a person sees of the own work.
const OWN_WORK: &[&str] =
    &["code_durability_30d", "code_durability_90d", "rework_14d", "revert_rate_30d", "review_time", "change_size"];

/// What stands behind every figure of one digest.
pub(crate) struct Context<'a, 'b> {
    observations: &'b Observations<'a>,
    pub(crate) order: &'b Order,
    pub(crate) control: Vec<String>,
}

/// Makes a digest.
///
/// # Errors
/// [`CatalogueError::Question`] for a period outside what is known; else of the first metric that fails.
pub fn digest<'a>(observations: &Observations<'a>, catalogue: &'a Catalogue, order: &Order) -> Result<Digest, CatalogueError> {
    let session = observations.session();
    let pack = pack(order)?;
    let settings = session.settings();
    let period = &order.period;
    let wrong = |error: &OrderError| CatalogueError::Question(error.to_string());
    if period.until > settings.as_of {
        return Err(wrong(&OrderError::Open { name: period.name.clone(), as_of: settings.as_of }));
    }
    if period.until <= settings.window_start {
        return Err(wrong(&OrderError::Before { name: period.name.clone(), start: settings.window_start }));
    }
    let is_person = matches!(order.who, Who::Person(_));
    let control = surroundings::control_teams(session, period.from, order.control_team.as_deref())?;
    let context = Context { observations, order, control };
    let mut metrics = Vec::new();
    for metric in catalogue.metrics() {
        if is_in(pack, order.tier, metric) {
            metrics.extend(context.metric(metric)?);
        }
    }
    let coverage = match catalogue.get(COVERAGE) {
        Ok(metric) => context.metric(metric)?.map_or_else(Vec::new, |metric| metric.figures),
        Err(_) => Vec::new(),
    };
    adjust(&mut metrics, 1.0 - settings.level)?;
    let drill =
        if pack == Pack::Business || pack == Pack::QuarterlyReview { drill::drill(&context, catalogue, &metrics)? } else { None };
    let asked: Vec<&Metric> = catalogue.metrics().into_iter().filter(|metric| is_in(pack, order.tier, metric)).collect();
    let first = context.baseline_stretch().map_or(period.series().1, |baseline| baseline.from.min(period.series().1));
    let mut breaks = surroundings::breaks(session, &asked, first, period.until)?;
    breaks.extend(context.version_breaks(catalogue));
    context.across(&mut metrics, &breaks);
    let said = said::said(&metrics, &settings.currency);
    let mut digest = Digest {
        schema: SCHEMA.to_owned(),
        pack,
        title: title(pack, order),
        organisation: order.organisation.clone(),
        tier: order.tier,
        period: stand(&period.name, &period.stretch()),
        previous: stand(&period.previous_name(), &period.previous_stretch()),
        team: if let Who::Team(team) = &order.who { Some(team.clone()) } else { None },
        snapshot: session.facts().snapshot(),
        settings: Shown::from(settings),
        baseline: order.baseline.as_ref().filter(|_| !is_person).map(|(file, baseline)| BaselineUsed {
            file: file.clone(),
            from: baseline.from.to_string(),
            until: baseline.until.to_string(),
            snapshot: baseline.snapshot,
        }),
        control_teams: if is_person { Vec::new() } else { context.control.clone() },
        coverage,
        declared: surroundings::declared(session, period.until)?,
        breaks,
        said: Said::default(),
        metrics,
        drill,
        methods: Vec::new(),
    };
    digest.said = said;
    digest.methods = said::methods(&digest);
    Ok(digest)
}

/// Which pack an order is.
fn pack(order: &Order) -> Result<Pack, CatalogueError> {
    let wrong = |text: &str| Err(CatalogueError::Question(text.to_owned()));
    match (&order.who, order.tier, order.period.kind) {
        (Who::Person(_), 3, _) => Ok(Pack::OwnPage),
        (Who::Person(_), ..) => wrong("a person's own page is tier 3"),
        (_, 1 | 2, PeriodKind::Quarter) => Ok(Pack::QuarterlyReview),
        (_, 3, PeriodKind::Overall) => Ok(Pack::AnnualTalent),
        (_, 1, _) => Ok(Pack::Business),
        (_, 2, _) => Ok(Pack::Team),
        (_, 3, _) => Ok(Pack::Patterns),
        _ => wrong("a tier is 1, 2 or 3"),
    }
}

fn is_in(pack: Pack, tier: u8, metric: &Metric) -> bool {
    match pack {
        Pack::Business | Pack::Team => metric.tier == tier,
        Pack::QuarterlyReview => metric.tier <= 2,
        Pack::AnnualTalent => TALENT.contains(&metric.id.as_str()),
        Pack::Patterns => metric.tier == 3 && metric.id != COVERAGE,
        Pack::OwnPage => (metric.tier == 3 && metric.id != COVERAGE) || OWN_WORK.contains(&metric.id.as_str()),
    }
}

fn title(pack: Pack, order: &Order) -> String {
    let what = match pack {
        Pack::Business => "Business outcomes",
        Pack::Team => "Team health",
        Pack::QuarterlyReview => "Quarterly review",
        Pack::AnnualTalent => "Annual talent review",
        Pack::Patterns => "Patterns of groups",
        Pack::OwnPage => "My patterns",
    };
    match &order.who {
        Who::Team(team) => format!("{what}: {team}, {}", order.period.name),
        _ => format!("{what}, {}", order.period.name),
    }
}

pub(crate) fn stand(name: &str, stretch: &Stretch) -> Stand {
    Stand { name: name.to_owned(), kind: stretch.kind, from: stretch.from.to_string(), until: stretch.until.to_string() }
}

impl<'a> Context<'a, '_> {
    pub(crate) fn session(&self) -> &'a Session {
        self.observations.session()
    }

    /// The stretch of the baseline, where it ends before the period begins.
    pub(crate) fn baseline_stretch(&self) -> Option<Stretch> {
        let (from, until) = match (&self.order.who, &self.order.baseline) {
            // A person is compared with the own past alone: the twelve months before the series of the page.
            (Who::Person(_), _) => {
                let until = self.order.period.previous();
                let from = until.saturating_sub(jiff::Span::new().months(12)).max(self.session().settings().window_start);
                (from, until)
            }
            (_, Some((_, baseline))) => (baseline.from, baseline.until),
            (_, None) => return None,
        };
        (from < until && until <= self.order.period.from && from >= self.session().settings().window_start).then_some(Stretch {
            kind: PeriodKind::Overall,
            from,
            until,
        })
    }

    fn baseline(&self) -> Option<&Baseline> {
        if matches!(self.order.who, Who::Person(_)) {
            return None;
        }
        self.order.baseline.as_ref().map(|(_, baseline)| baseline)
    }

    fn team(&self) -> Option<&str> {
        if let Who::Team(team) = &self.order.who { Some(team) } else { None }
    }

    /// Dimensions that pick the figures of this digest out of all.
    pub(crate) fn by(&self) -> Vec<String> {
        self.team().map(|_| vec!["team".to_owned()]).unwrap_or_default()
    }

    /// Whether a group is the one that the digest is about; dimensions of `also` may have any value.
    pub(crate) fn is_ours(&self, by: &BTreeMap<String, String>, per: &[String], also: &[&str]) -> bool {
        by.iter().all(|(dimension, value)| match dimension.as_str() {
            "team" => self.team().is_none_or(|team| team == value),
            other => also.contains(&other) || per.iter().any(|per| per == other) || other == "arm",
        }) && also.iter().all(|dimension| by.contains_key(*dimension))
            && (self.team().is_none() || by.contains_key("team"))
    }

    pub(crate) fn min_group(&self) -> u32 {
        // The person alone sees the own page.
        if matches!(self.order.who, Who::Person(_)) { 0 } else { self.session().settings().min_group }
    }

    /// The observations of a metric; `None` where it says nothing of persons and a person asks.
    pub(crate) fn observe(&self, metric: &'a Metric) -> Result<Option<Rc<Observed<'a>>>, CatalogueError> {
        match &self.order.who {
            Who::Person(person) => Ok(observe_person(self.session(), metric, person)?.map(Rc::new)),
            _ => self.observations.of(metric).map(Some),
        }
    }

    fn answer(&self, observed: &Observed<'_>, metric: &Metric, question: &Question) -> Result<MetricResult, CatalogueError> {
        Ok(privacy::guarded(observed.answer(question)?, &metric.per, self.min_group()))
    }

    fn metric(&self, metric: &'a Metric) -> Result<Option<DigestMetric>, CatalogueError> {
        let has = |dimension: &str| metric.slices.iter().any(|own| own == dimension);
        let mut entry = DigestMetric {
            id: metric.id.clone(),
            version: metric.version,
            tier: metric.tier,
            question: metric.question.clone(),
            caveats: metric.caveats.clone(),
            own: metric.own,
            missing: supply::missing(self.session(), metric),
            figures: Vec::new(),
        };
        let Some(observed) = self.observe(metric)? else { return Ok(None) };
        if self.team().is_some() && !has("team") {
            entry.figures = self.not_split(metric);
            return Ok(Some(entry));
        }
        let period = &self.order.period;
        let by = self.by();
        let settings = self.session().settings();
        let (kind, first) = period.series();
        let overall =
            |from: Date, to: Date, by: Vec<String>| Question { by, period: PeriodKind::Overall, from: Some(from), to: Some(to) };
        let series = if metric.all_time {
            None
        } else {
            let from = first.max(settings.window_start);
            let question = Question { by: by.clone(), period: kind, from: Some(from), to: Some(period.until) };
            Some(self.answer(&observed, metric, &question)?)
        };
        // A year, and history as a whole, are stretches of their own.
        let now = match &series {
            Some(series) if !period.is_year() => series.clone(),
            _ if metric.all_time => self.answer(&observed, metric, &Question { by: by.clone(), ..Question::overall() })?,
            _ => self.answer(&observed, metric, &overall(period.from, period.until, by.clone()))?,
        };
        let slices = self.slices(&observed, metric, &by)?;
        let changes = self.changes(&observed, metric, &by)?;
        for figure in &now.figures {
            let wanted = if metric.all_time || period.is_year() { None } else { Some(period.name.as_str()) };
            for cell in figure.cells.iter().filter(|cell| wanted.is_none_or(|name| cell.period.name == name)) {
                if self.is_ours(&cell.by, &metric.per, &[]) {
                    entry.figures.push(self.figure(metric, figure, cell, series.as_ref(), &slices, &changes)?);
                }
            }
        }
        // Of combinations of `per` the sum of all is no figure where each has its own.
        if entry.figures.iter().any(|figure| !figure.per.is_empty()) {
            entry.figures.retain(|figure| !figure.per.is_empty() || metric.per.is_empty());
        }
        Ok(Some(entry))
    }

    /// Figures of a metric that knows no teams, in a team's pack: they say so in their place.
    fn not_split(&self, metric: &Metric) -> Vec<DigestFigure> {
        let period = &self.order.period;
        let answer = Answer::NotApplicable {
            code: "not_split".to_owned(),
            reason: "what this figure counts does not belong to one team: see the pack of all teams".to_owned(),
        };
        let cell = Cell {
            by: BTreeMap::new(),
            period: candor_catalogue::Span {
                kind: period.kind,
                name: period.name.clone(),
                from: period.from.to_string(),
                until: period.until.to_string(),
            },
            answer,
            numerator: None,
            denominator: None,
            units: 0,
            people: None,
            left_out_share: None,
            closes_on: None,
        };
        metric
            .figures
            .iter()
            .map(|figure| DigestFigure {
                figure: metric.key(figure),
                unit: figure.unit.clone(),
                direction: figure.direction,
                estimator: figure.estimator.name().to_owned(),
                scale: figure.scale,
                per: BTreeMap::new(),
                now: cell.clone(),
                newest: None,
                series: Vec::new(),
                slices: Vec::new(),
                previous: None,
                baseline: None,
                since_baseline: None,
                control: None,
                movement: Movement::CannotTell,
            })
            .collect()
    }

    /// Slices of the period, one dimension at a time.
    fn slices(&self, observed: &Observed<'_>, metric: &Metric, by: &[String]) -> Result<Vec<MetricResult>, CatalogueError> {
        let period = &self.order.period;
        let wanted: &[&str] = match (&self.order.who, period.kind) {
            (Who::Person(_), _) => &["source", "context"],
            (_, PeriodKind::Quarter | PeriodKind::Overall) => &["source", "level", "context", "team", "severity"],
            _ => &["source", "severity"],
        };
        let mut results = Vec::new();
        for dimension in wanted.iter().filter(|dimension| metric.slices.iter().any(|own| own == *dimension)) {
            if by.iter().any(|own| own == dimension) || metric.all_time {
                continue;
            }
            let by: Vec<String> = by.iter().cloned().chain([(*dimension).to_owned()]).collect();
            let kind = if period.is_year() { PeriodKind::Overall } else { period.kind };
            let question = Question { by, period: kind, from: Some(period.from), to: Some(period.until) };
            results.push(self.answer(observed, metric, &question)?);
        }
        Ok(results)
    }

    fn changes(&self, observed: &Observed<'_>, metric: &Metric, by: &[String]) -> Result<Changes, CatalogueError> {
        let mut changes = Changes::default();
        let period = &self.order.period;
        let start = self.session().settings().window_start;
        if metric.all_time {
            return Ok(changes);
        }
        let guard = |found: Vec<Change>| -> Vec<Change> {
            let hide = |mut change: Change| {
                if privacy::hides(&change, &metric.per, self.min_group()) {
                    let hidden = privacy::withheld();
                    (change.earlier, change.later) = (hidden.clone(), hidden.clone());
                    (change.absolute, change.relative, change.standardised) = (hidden.clone(), hidden, None);
                }
                change
            };
            found.into_iter().map(hide).collect()
        };
        let previous = period.previous_stretch();
        if previous.from >= start {
            changes.previous = guard(observed.changes(by, &previous, &period.stretch())?);
        }
        if let Some(baseline) = self.baseline_stretch() {
            changes.baseline = guard(observed.changes(by, &baseline, &period.stretch())?);
            let since = Stretch { kind: PeriodKind::Overall, from: baseline.until, until: period.until };
            changes.since = guard(observed.changes(by, &baseline, &since)?);
            let has_teams = metric.slices.iter().any(|dimension| dimension == "team");
            if by.is_empty() && has_teams && !self.control.is_empty() && !matches!(self.order.who, Who::Person(_)) {
                let found = observed.changes_against("team", &self.control, &baseline, &since)?;
                let few = |change: &Change| change.people.iter().flatten().any(|people| *people < u64::from(self.min_group()));
                changes.control = found.into_iter().filter(|change| !few(change)).collect();
            }
            changes.stretches = Some((baseline, since));
        }
        Ok(changes)
    }

    fn figure(
        &self,
        metric: &Metric,
        figure: &FigureResult,
        now: &Cell,
        series: Option<&MetricResult>,
        slices: &[MetricResult],
        changes: &Changes,
    ) -> Result<DigestFigure, CatalogueError> {
        let period = &self.order.period;
        let of = |result: &MetricResult| result.figures.iter().find(|own| own.figure == figure.figure).cloned();
        let series: Vec<Cell> = series
            .and_then(of)
            .map(|figure| figure.cells.into_iter().filter(|cell| cell.by == now.by).collect())
            .unwrap_or_default();
        let fixed: Vec<&String> = now.by.keys().collect();
        let slices: Vec<Cell> = slices
            .iter()
            .filter_map(of)
            .flat_map(|figure| figure.cells)
            .filter(|cell| period.is_year() || cell.period.name == period.name)
            .filter(|cell| cell.by.len() > now.by.len() && fixed.iter().all(|key| cell.by.get(*key) == now.by.get(*key)))
            .collect();
        let is_open = |cell: &Cell| cell.answer.code() == Some("window_open");
        let newest = if is_open(now) { series.iter().rev().find(|cell| cell.answer.estimate().is_some()).cloned() } else { None };
        let find = |list: &[Change]| list.iter().find(|change| change.figure == figure.figure && change.by == now.by).cloned();
        let level = self.session().settings().level;
        let mut previous =
            find(&changes.previous).map(|change| delta(&change, stand(&period.previous_name(), &period.previous_stretch())));
        if previous.is_none() && figure.estimator == "composed" {
            previous = self.composed_delta(figure, now, &series, level)?;
        }
        let recorded = self.baseline().and_then(|baseline| baseline.figure(&figure.figure, &now.by));
        let baseline = match (&changes.stretches, find(&changes.baseline)) {
            (Some((stretch, _)), Some(change)) => self.baseline_delta(metric, figure, &change, recorded, stretch)?,
            _ => None,
        };
        let same_version = recorded.is_none_or(|recorded| recorded.version == metric.version);
        let since_baseline = match (&changes.stretches, find(&changes.since)) {
            (Some((baseline, stretch)), Some(change)) if same_version => {
                let days = f64::from(days(baseline.from, baseline.until));
                Some(Since {
                    stretch: stand("since the baseline", stretch),
                    later: change.later.clone(),
                    earlier: change.earlier.clone(),
                    always_valid: always_valid(&change, days, level),
                    adjusted_p: None,
                    crosses: Vec::new(),
                })
            }
            _ => None,
        };
        let control = match (&changes.stretches, find(&changes.control)) {
            (Some((stretch, _)), Some(change)) => {
                let mut delta = delta(&change, stand("baseline", stretch));
                delta.notes.push(format!(
                    "change of all other teams since the baseline, less that of {}: a comparison, and an effect only if nothing else set the teams apart",
                    self.control.join(", ")
                ));
                Some(delta)
            }
            _ => None,
        };
        Ok(DigestFigure {
            figure: figure.figure.clone(),
            unit: figure.unit.clone(),
            direction: figure.direction,
            estimator: figure.estimator.clone(),
            scale: figure.scale,
            per: now.by.iter().filter(|(dimension, _)| *dimension != "team").map(|(d, v)| (d.clone(), v.clone())).collect(),
            now: now.clone(),
            newest,
            series,
            slices,
            previous,
            baseline,
            since_baseline,
            control,
            movement: if figure.estimator == "count" { Movement::Counted } else { Movement::CannotTell },
        })
    }

    /// The change of a figure that has no observations of its own: from its limits.
    fn composed_delta(
        &self,
        figure: &FigureResult,
        now: &Cell,
        series: &[Cell],
        level: f64,
    ) -> Result<Option<Delta>, CatalogueError> {
        let name = self.order.period.previous_name();
        let Some(before) = series.iter().find(|cell| cell.period.name == name) else { return Ok(None) };
        let (absolute, relative) = from_limits(&figure.figure, &before.answer, &now.answer, level)?;
        Ok(Some(Delta {
            against: stand(&name, &self.order.period.previous_stretch()),
            earlier: before.answer.clone(),
            absolute,
            relative,
            standardised: None,
            adjusted_p: None,
            crosses: Vec::new(),
            notes: Vec::new(),
        }))
    }

    /// The change against the baseline: against what its file says, as far as today's facts say the same.
    fn baseline_delta(
        &self,
        metric: &Metric,
        figure: &FigureResult,
        change: &Change,
        recorded: Option<&BaselineFigure>,
        stretch: &Stretch,
    ) -> Result<Option<Delta>, CatalogueError> {
        let mut found = delta(change, stand("baseline", stretch));
        let (Some(recorded), Some(baseline)) = (recorded, self.baseline()) else {
            if self.baseline().is_some() {
                found.notes.push("the baseline's file has no such figure: today's facts of its days stand in".to_owned());
            }
            return Ok(Some(found));
        };
        if recorded.version != metric.version {
            return Ok(None);
        }
        let (Some(then), Some(today)) = (recorded.estimate(baseline.level), change.earlier.estimate()) else {
            if recorded.point.is_none() && change.earlier.estimate().is_some() {
                found
                    .notes
                    .push("the baseline had no such figure when it was written; later facts of its days give one".to_owned());
            }
            return Ok(Some(found));
        };
        if (then.point - today.point).abs() <= 1e-9 * then.point.abs().max(1.0) {
            return Ok(Some(found));
        }
        let inside = recorded.lower.zip(recorded.upper).is_some_and(|(lower, upper)| (lower..=upper).contains(&today.point));
        if recorded.open && inside {
            found.notes.push(format!(
                "the follow-up of the baseline was open when it was written ({} then); it is compared as followed up since",
                crate::words::number(then.point)
            ));
            return Ok(Some(found));
        }
        let earlier = Answer::Estimate(Box::new(then));
        let level = self.session().settings().level;
        let (absolute, relative) = from_limits(&figure.figure, &earlier, &change.later, level)?;
        found.notes.push(format!(
            "facts of the baseline's days have changed since it was written: today they give {}; the recorded figure is compared",
            crate::words::number(today.point)
        ));
        (found.earlier, found.absolute, found.relative) = (earlier, absolute, relative);
        Ok(Some(found))
    }

    /// Says of each comparison which breaks lie between the first day of the earlier figure and the last one of the later.
    fn across(&self, metrics: &mut [DigestMetric], breaks: &[crate::document::Break]) {
        let until = self.order.period.until.to_string();
        for metric in metrics.iter_mut().filter(|_| !breaks.is_empty()) {
            let mine: Vec<&crate::document::Break> = breaks
                .iter()
                .filter(|found| found.day < until && found.metrics.contains(&metric.id))
                .filter(|found| self.team().is_none_or(|team| found.by.get("team").is_none_or(|own| own == team)))
                .collect();
            let since = |from: &str| -> Vec<String> {
                let after = mine.iter().filter(|found| from < found.day.as_str());
                after.map(|found| format!("{} ({})", found.day, found.kind)).collect()
            };
            for figure in &mut metric.figures {
                for delta in [&mut figure.previous, &mut figure.baseline, &mut figure.control].into_iter().flatten() {
                    delta.crosses = since(&delta.against.from);
                }
                if let (Some(all), Some(baseline)) = (&mut figure.since_baseline, self.baseline_stretch()) {
                    all.crosses = since(&baseline.from.to_string());
                }
            }
        }
    }

    /// Definitions that changed since the baseline.
    fn version_breaks(&self, catalogue: &Catalogue) -> Vec<crate::document::Break> {
        let Some(baseline) = self.baseline() else { return Vec::new() };
        let mut breaks: Vec<crate::document::Break> = Vec::new();
        for metric in catalogue.metrics() {
            if let Some(old) =
                baseline.figures.iter().find(|figure| figure.metric == metric.id && figure.version != metric.version)
            {
                breaks.push(crate::document::Break {
                    day: baseline.as_of.to_string(),
                    kind: "definition".to_owned(),
                    by: BTreeMap::new(),
                    metrics: vec![metric.id.clone()],
                    what: format!(
                        "the definition of {} became version {} after the baseline, which has version {}: the two are not compared",
                        metric.id, metric.version, old.version
                    ),
                });
            }
        }
        breaks
    }
}

/// Changes of one metric.
#[derive(Default)]
struct Changes {
    previous: Vec<Change>,
    baseline: Vec<Change>,
    since: Vec<Change>,
    control: Vec<Change>,
    /// The baseline, and all days since.
    stretches: Option<(Stretch, Stretch)>,
}

fn days(from: Date, until: Date) -> i32 {
    i32::try_from(from.duration_until(until).as_hours() / 24).unwrap_or(i32::MAX)
}

pub(crate) fn delta(change: &Change, against: Stand) -> Delta {
    Delta {
        against,
        earlier: change.earlier.clone(),
        absolute: change.absolute.clone(),
        relative: change.relative.clone(),
        standardised: change.standardised,
        adjusted_p: None,
        crosses: Vec::new(),
        notes: Vec::new(),
    }
}

/// Difference and relative difference of two answers by their limits.
fn from_limits(figure: &str, earlier: &Answer, later: &Answer, level: f64) -> Result<(Answer, Answer), CatalogueError> {
    let (Some(before), Some(after)) = (earlier.estimate(), later.estimate()) else {
        let missing = if later.estimate().is_none() { later } else { earlier };
        return Ok((missing.clone(), missing.clone()));
    };
    let terms = [Term { estimate: after, linearised: None, sign: 1.0 }, Term { estimate: before, linearised: None, sign: -1.0 }];
    let set = |contrast| {
        against(&terms, contrast, level).map_err(|source| CatalogueError::Statistic { figure: figure.to_owned(), source })
    };
    Ok((set(Contrast::Difference)?, set(Contrast::Quotient)?))
}

/// The p-value of an answer.
pub(crate) fn p_value(answer: &Answer) -> Option<f64> {
    answer.estimate().and_then(|estimate| estimate.p_value)
}

/// Fills in adjusted p-values, each kind of comparison over the whole digest, and says what moved.
fn adjust(metrics: &mut [DigestMetric], alpha: f64) -> Result<(), CatalogueError> {
    let figures = || CatalogueError::Question("p-values outside 0 to 1".to_owned());
    type Place = fn(&mut DigestFigure) -> Option<(Option<f64>, &mut Option<f64>)>;
    let places: [Place; 4] = [
        |figure| figure.previous.as_mut().map(|delta| (p_value(&delta.absolute), &mut delta.adjusted_p)),
        |figure| figure.baseline.as_mut().map(|delta| (p_value(&delta.absolute), &mut delta.adjusted_p)),
        |figure| figure.control.as_mut().map(|delta| (p_value(&delta.absolute), &mut delta.adjusted_p)),
        |figure| figure.since_baseline.as_mut().map(|since| (p_value(&since.always_valid), &mut since.adjusted_p)),
    ];
    for place in places {
        let mut slots: Vec<(f64, &mut Option<f64>)> = metrics
            .iter_mut()
            .flat_map(|metric| metric.figures.iter_mut())
            .filter_map(|figure| place(figure).and_then(|(p, slot)| p.map(|p| (p, slot))))
            .collect();
        let adjusted = benjamini_hochberg(&slots.iter().map(|(p, _)| *p).collect::<Vec<_>>()).map_err(|_| figures())?;
        for ((_, slot), adjusted) in slots.iter_mut().zip(adjusted) {
            **slot = Some(adjusted);
        }
    }
    for figure in metrics.iter_mut().flat_map(|metric| metric.figures.iter_mut()) {
        if figure.movement != Movement::Counted {
            figure.movement = movement(figure, alpha);
        }
    }
    Ok(())
}

/// What can be said of a figure's movement: by the limits that hold at all looks where there are some, else against the baseline, else against
/// the period before.
fn movement(figure: &DigestFigure, alpha: f64) -> Movement {
    let since = figure.since_baseline.as_ref().map(|since| (&since.always_valid, since.adjusted_p));
    let baseline = figure.baseline.as_ref().map(|delta| (&delta.absolute, delta.adjusted_p));
    let previous = figure.previous.as_ref().map(|delta| (&delta.absolute, delta.adjusted_p));
    let Some((answer, adjusted)) =
        [since, baseline, previous].into_iter().flatten().find(|(answer, _)| p_value(answer).is_some())
    else {
        return Movement::CannotTell;
    };
    let (Some(estimate), Some(p)) = (answer.estimate(), p_value(answer)) else { return Movement::CannotTell };
    if adjusted.is_some_and(|adjusted| adjusted <= alpha) {
        return match (figure.direction, estimate.point > 0.0) {
            (Direction::Neither, _) => Movement::Moved,
            (Direction::Higher, true) | (Direction::Lower, false) => Movement::Better,
            (Direction::Higher, false) | (Direction::Lower, true) => Movement::Worse,
        };
    }
    if p <= alpha { Movement::Perhaps } else { Movement::NotSeen }
}
