//! From a snapshot to what a design reads: every criterion's figure observed by arm.

use std::collections::BTreeMap;

use candor_catalogue::{
    Answer as Shown, Catalogue, Columns as Read, Direction as Way, Estimator, Figure, FigureResult, Frame, NEVER, NONE,
    Observed as Metric, PeriodKind, Question, Session, SurvivalReport, observe_with,
};
use candor_experiment::design::{Assigned, Conduct, Content, Measure, Observations, Observed, TeamMonth, TeamRow, WorkRow};
use candor_experiment::ledger::Chain;
use candor_experiment::plan::{Claim, Criterion, Design, Direction, Plan, Subgroup, UnitKind};
use candor_experiment::verdict::{Answer, Group};
use jiff::civil::Date;

use super::arms::{self, Arms, Unit};
use crate::failure::Failure;

/// What a look reads.
pub struct Seen {
    /// What the design analyses.
    pub observed: Observed,
    /// What has to be told of the assignment itself.
    pub remarks: Vec<String>,
}

/// Observes every figure that the plan names.
pub fn observe(plan: &Plan, chain: &Chain, session: &Session, catalogue: &Catalogue) -> Result<Seen, Failure> {
    observe_arms(plan, arms::arms(plan, chain, session)?, session, catalogue)
}

/// The same with these arms.
pub fn observe_arms(plan: &Plan, arms: Arms, session: &Session, catalogue: &Catalogue) -> Result<Seen, Failure> {
    let source = Source { plan, session, arms: &arms, items: items(plan, session, &arms)?, control: arms::control(plan) };
    let mut metrics: BTreeMap<&str, Metric<'_>> = BTreeMap::new();
    let mut figures: Vec<Observations> = Vec::new();
    for criterion in plan.criteria.iter().filter(|criterion| !criterion.metric.is_empty()) {
        if figures.iter().any(|own| own.metric == criterion.metric && own.figure == criterion.figure) {
            continue;
        }
        let metric = match metrics.entry(criterion.metric.as_str()) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => match catalogue.get(&criterion.metric) {
                Ok(metric) => entry.insert(observe_with(session, metric, &Read::With(&["unit"]))?),
                Err(error) => {
                    figures.push(nothing(criterion, Answer::NotObserved { reason: error.to_string() }));
                    continue;
                }
            },
        };
        figures.extend(source.figures(criterion, metric)?);
    }
    let units = source.assigned(&figures)?;
    let conduct = source.conduct()?;
    let observed = Observed {
        snapshot: session.facts().snapshot().map_or_else(String::new, |number| number.to_string()),
        as_of: session.settings().as_of,
        figures,
        units,
        conduct,
    };
    let mut remarks = Vec::new();
    if !arms.contradicted.is_empty() {
        remarks.push(format!(
            "the table `assignments` contradicts the draws of the ledger for {} units (first: `{}`): the ledger's draws are used",
            arms.contradicted.len(),
            arms.contradicted.first().map_or("", String::as_str)
        ));
    }
    if !arms.unknown.is_empty() {
        remarks.push(format!("arms that the plan does not know are left out: {}", arms.unknown.join(", ")));
    }
    Ok(Seen { observed, remarks })
}

fn items(plan: &Plan, session: &Session, arms: &Arms) -> Result<BTreeMap<String, String>, Failure> {
    let is_item = plan.design.unit == UnitKind::WorkItem && plan.design.kind != Design::Observational;
    if is_item { arms::work_items(session, arms) } else { Ok(BTreeMap::new()) }
}

fn nothing(criterion: &Criterion, answer: Answer) -> Observations {
    Observations {
        metric: criterion.metric.clone(),
        figure: criterion.figure.clone(),
        version: criterion.version,
        better: Direction::Neither,
        group: None,
        content: Content::Nothing(answer),
        unknown_source_share: None,
        missing_difference: None,
    }
}

/// Where observations come from.
struct Source<'a> {
    plan: &'a Plan,
    session: &'a Session,
    arms: &'a Arms,
    /// Of changes and items the work item that was drawn.
    items: BTreeMap<String, String>,
    control: usize,
}

impl Source<'_> {
    /// The day after the last one of the pilot that is known.
    fn pilot_end(&self) -> Date {
        self.plan.dates.pilot_until.min(self.session.settings().as_of)
    }

    /// A figure of a criterion, whole and by group.
    fn figures(&self, criterion: &Criterion, metric: &Metric<'_>) -> Result<Vec<Observations>, Failure> {
        let definition = metric.metric();
        let Some(figure) = definition.figures.iter().find(|figure| figure.name == criterion.figure) else {
            let reason = format!("`{}` has no figure `{}`", definition.id, criterion.figure);
            return Ok(vec![nothing(criterion, Answer::NotObserved { reason })]);
        };
        let whole = Observations {
            version: definition.version,
            better: match figure.direction {
                Way::Higher => Direction::Higher,
                Way::Lower => Direction::Lower,
                Way::Neither => Direction::Neither,
            },
            ..nothing(criterion, Answer::NotObserved { reason: String::new() })
        };
        let because = |answer| vec![Observations { content: Content::Nothing(answer), ..whole.clone() }];
        if let Some(own) = self.plan.unavailable.iter().find(|own| own.metric == definition.id) {
            let reason = format!("marked unavailable by {}: {}", own.signed_by, own.reason);
            return Ok(because(Answer::NotObserved { reason }));
        }
        if self.plan.dates.pilot_from >= self.session.settings().as_of {
            return Ok(because(insufficient("no day of the pilot", "a pilot that has begun", "the pilot has not begun")));
        }
        if criterion.claim == Claim::Above {
            return Ok(vec![Observations { content: Content::Level(self.level(metric, figure)?), ..whole }]);
        }
        if self.plan.design.kind != Design::Observational && self.arms.units.is_empty() {
            let need = format!("draws of `{}` in the ledger, or rows of it in the table `assignments`", self.plan.id);
            return Ok(because(insufficient("no unit in any arm", need, "nobody was assigned to an arm yet")));
        }
        if arms::by_team(self.plan) { self.teams(metric, figure, &whole) } else { self.work(metric, figure, &whole) }
    }

    /// The level of all together over the pilot.
    fn level(&self, metric: &Metric<'_>, figure: &Figure) -> Result<Answer, Failure> {
        let question = Question { from: Some(self.plan.dates.pilot_from), to: Some(self.pilot_end()), ..Question::overall() };
        let found = metric.figure(&figure.name, &question)?;
        let cell = found.as_ref().and_then(|found| found.cells.first());
        Ok(cell.map_or_else(
            || insufficient("no observation", "one at least", "nothing was observed in the pilot"),
            |cell| shown(&cell.answer),
        ))
    }

    /// Figures of whole teams, whole and by group.
    fn teams(&self, metric: &Metric<'_>, figure: &Figure, whole: &Observations) -> Result<Vec<Observations>, Failure> {
        let definition = metric.metric();
        let has = |dimension: &str| {
            let slices = figure.slices.as_ref().unwrap_or(&definition.slices);
            definition.slices.iter().any(|own| own == dimension) && slices.iter().any(|own| own == dimension)
        };
        let because = |answer| vec![Observations { content: Content::Nothing(answer), ..whole.clone() }];
        if !has("team") || figure.estimator == Estimator::Composed {
            let reason = format!(
                "`{}` cannot be told by team, so teams cannot be compared by it",
                if figure.name.is_empty() { definition.id.clone() } else { format!("{}.{}", definition.id, figure.name) }
            );
            return Ok(because(Answer::NotApplicable { reason }));
        }
        if definition.all_time {
            let need = "the whole time that the figure looks at, after the pilot began".to_owned();
            return Ok(because(insufficient(
                "a history that is older than the arms",
                need,
                "the figure counts the whole history: the arms cannot have changed it yet",
            )));
        }
        let dates = &self.plan.dates;
        let ask = |by: &[&str], from: Date, to: Date| -> Result<Option<FigureResult>, Failure> {
            Ok(metric.figure(&figure.name, &Question { from: Some(from), to: Some(to), ..Question::by(by) })?)
        };
        let window = self.session.settings().window_start;
        if window >= dates.pilot_from {
            return Ok(because(insufficient(
                "no day before the pilot",
                "a baseline",
                "the window of facts begins after the baseline",
            )));
        }
        let phases = |by: &[&str]| -> Result<(Option<FigureResult>, Option<FigureResult>), Failure> {
            Ok((ask(by, dates.baseline_from, dates.pilot_from)?, ask(by, dates.pilot_from, self.pilot_end())?))
        };
        let (before, after) = phases(&["team"])?;
        let months = if matches!(self.plan.design.kind, Design::ControlTeam | Design::Staggered) {
            self.months(metric, figure)?
        } else {
            Vec::new()
        };
        let rows = self.team_rows(before.as_ref(), after.as_ref(), None);
        let mut found = vec![Observations {
            missing_difference: self.missing_teams(&rows),
            content: Content::Teams { rows, months },
            ..whole.clone()
        }];
        for subgroup in self.plan.subgroups.iter().filter(|own| has(&own.dimension) && own.dimension != "team") {
            let (before, after) = phases(&["team", &subgroup.dimension])?;
            for value in values(subgroup, after.as_ref()) {
                let rows = self.team_rows(before.as_ref(), after.as_ref(), Some((&subgroup.dimension, &value)));
                found.push(Observations {
                    group: Some(Group { dimension: subgroup.dimension.clone(), value }),
                    missing_difference: self.missing_teams(&rows),
                    content: Content::Teams { rows, months: Vec::new() },
                    ..whole.clone()
                });
            }
        }
        Ok(found)
    }

    fn team_rows(
        &self,
        before: Option<&FigureResult>,
        after: Option<&FigureResult>,
        group: Option<(&String, &String)>,
    ) -> Vec<TeamRow> {
        let point = |result: Option<&FigureResult>, team: &str| {
            let is_it = |by: &BTreeMap<String, String>| {
                by.get("team").is_some_and(|own| own == team)
                    && by.len() == 1 + usize::from(group.is_some())
                    && group.is_none_or(|(dimension, value)| by.get(dimension) == Some(value))
            };
            result?.cells.iter().find(|cell| is_it(&cell.by))?.answer.point()
        };
        self.arms
            .units
            .iter()
            .map(|(team, unit)| TeamRow {
                team: team.clone(),
                treated: unit.arm != self.control,
                stratum: unit.stratum,
                before: point(before, team),
                after: point(after, team),
            })
            .collect()
    }

    /// Difference between the arms of the shares of teams without a figure.
    fn missing_teams(&self, rows: &[TeamRow]) -> Option<f64> {
        let share = |treated: bool| {
            let own: Vec<&TeamRow> = rows.iter().filter(|row| row.treated == treated).collect();
            (!own.is_empty()).then(|| own.iter().filter(|row| row.after.is_none()).count() as f64 / own.len() as f64)
        };
        Some((share(true)? - share(false)?).abs())
    }

    /// Figures of teams by whole month.
    fn months(&self, metric: &Metric<'_>, figure: &Figure) -> Result<Vec<TeamMonth>, Failure> {
        let question = Question { period: PeriodKind::Month, to: Some(self.pilot_end()), ..Question::by(&["team"]) };
        let number = |day: Date| i64::from(day.year()) * 12 + i64::from(day.month());
        let pilot = number(self.plan.dates.pilot_from);
        let mut found = Vec::new();
        for cell in metric.figure(&figure.name, &question)?.iter().flat_map(|result| &result.cells) {
            let Some((unit, team)) = cell.by.get("team").and_then(|team| Some((self.arms.units.get(team)?, team))) else {
                continue;
            };
            let (Some(value), Ok(first)) = (cell.answer.point(), cell.period.from.parse::<Date>()) else { continue };
            found.push(TeamMonth {
                team: team.clone(),
                treated: unit.arm != self.control,
                month: number(first) - pilot,
                begins: unit.begins.map(|day| number(day) - pilot),
                value,
            });
        }
        Ok(found)
    }

    /// Rows of work, whole and by group.
    fn work(&self, metric: &Metric<'_>, figure: &Figure, whole: &Observations) -> Result<Vec<Observations>, Failure> {
        let frame = metric.frame();
        let because = |answer| vec![Observations { content: Content::Nothing(answer), ..whole.clone() }];
        let is_task_trial = metric.metric().id == "task_rct";
        let measure = if is_task_trial { Ok(Measure::TaskMinutes) } else { measure(&figure.estimator) };
        let measure = match measure {
            Ok(measure) => measure,
            Err(reason) => return Ok(because(Answer::NotApplicable { reason: reason.to_owned() })),
        };
        let placed: Vec<(usize, Placed)> =
            (0..frame.rows).filter_map(|row| Some((row, self.place(frame, row, is_task_trial)?))).collect();
        if placed.is_empty() {
            let reason = format!(
                "no row of `{}` names a {} that was assigned, so its rows belong to no arm",
                metric.metric().id,
                if self.plan.design.kind == Design::Observational {
                    "source".to_owned()
                } else {
                    self.plan.design.unit.to_string()
                }
            );
            return Ok(because(Answer::NotApplicable { reason }));
        }
        let columns = Columns::new(figure, is_task_trial);
        let until = self.session.calendar().window().1;
        let row = |(row, placed): &(usize, Placed)| columns.row(frame, *row, placed, until, self);
        let content = |keep: &dyn Fn(usize) -> bool| Content::Work {
            measure,
            rows: placed.iter().filter(|(row, _)| keep(*row)).filter_map(row).collect(),
        };
        let observations = |group: Option<Group>, content: Content| Observations {
            group,
            content,
            unknown_source_share: (self.plan.design.kind == Design::Observational).then(|| unknown_share(frame)).flatten(),
            missing_difference: is_task_trial.then(|| self.missing_tasks(frame)).flatten(),
            ..whole.clone()
        };
        let mut found = vec![observations(None, content(&|_| true))];
        for subgroup in &self.plan.subgroups {
            let Some(names) = frame.names.get(&subgroup.dimension) else { continue };
            let mut values = if subgroup.values.is_empty() { names.values.clone() } else { subgroup.values.clone() };
            values.sort();
            for value in values {
                let content = content(&|row| frame.name(&subgroup.dimension, row) == Some(value.as_str()));
                found.push(observations(Some(Group { dimension: subgroup.dimension.clone(), value }), content));
            }
        }
        Ok(found)
    }

    /// The arm of a row of work; none where it has none.
    fn place(&self, frame: &Frame, row: usize, is_task_trial: bool) -> Option<Placed> {
        if is_task_trial {
            if frame.name("experiment", row) != Some(self.plan.id.as_str()) || frame.name("kind", row) != Some("task") {
                return None;
            }
            let unit = self.arms.units.get(frame.name("unit", row)?)?;
            return frame.is_true("analysed", row).then(|| self.placed(unit));
        }
        let in_pilot = || {
            let at = frame.at.get(row).copied().filter(|at| *at != NEVER)?;
            let day = self.session.calendar().day_of(at)?;
            (day >= self.plan.dates.pilot_from && day < self.pilot_end()).then_some(())
        };
        match (self.plan.design.kind, self.plan.design.unit) {
            (Design::Observational, _) => {
                in_pilot()?;
                let source = frame.name("source", row)?;
                let arm = self.plan.design.arms.iter().position(|arm| arm == source)?;
                Some(Placed { treated: arm != self.control, stratum: 0 })
            }
            (_, UnitKind::Person) => {
                in_pilot()?;
                Some(self.placed(self.arms.units.get(frame.name("person", row)?)?))
            }
            (_, UnitKind::WorkItem) => {
                let item = self.items.get(frame.name("unit", row)?)?;
                Some(self.placed(self.arms.units.get(item)?))
            }
            (_, UnitKind::Task | UnitKind::Team) => Some(self.placed(self.arms.units.get(frame.name("unit", row)?)?)),
        }
    }

    fn placed(&self, unit: &Unit) -> Placed {
        Placed { treated: unit.arm != self.control, stratum: unit.stratum }
    }

    /// Difference between the arms of the shares of tasks that were dropped.
    fn missing_tasks(&self, frame: &Frame) -> Option<f64> {
        let mut counts = [(0.0, 0.0); 2];
        for row in 0..frame.rows {
            if frame.name("experiment", row) != Some(self.plan.id.as_str()) || frame.name("kind", row) != Some("task") {
                continue;
            }
            let Some(unit) = frame.name("unit", row).and_then(|unit| self.arms.units.get(unit)) else { continue };
            if let (Some(status @ ("done" | "dropped")), Some((dropped, all))) =
                (frame.name("status", row), counts.get_mut(usize::from(unit.arm != self.control)))
            {
                *all += 1.0;
                *dropped += f64::from(u8::from(status == "dropped"));
            }
        }
        let [(control, of_control), (others, of_others)] = counts;
        (of_control > 0.0 && of_others > 0.0).then(|| (control / of_control - others / of_others).abs())
    }

    /// Every assigned unit, for the checks.
    fn assigned(&self, figures: &[Observations]) -> Result<Vec<Assigned>, Failure> {
        let mut known: BTreeMap<String, (Option<bool>, Option<f64>)> = BTreeMap::new();
        if self.plan.design.kind == Design::TaskRct && self.plan.design.unit == UnitKind::Task {
            let rows = self.session.rows(
                "tasks of experiments",
                "SELECT experiment, task, status, forecast_minutes_without_ai FROM experiment_tasks",
            )?;
            for row in (0..rows.rows).filter(|row| rows.name("experiment", *row) == Some(self.plan.id.as_str())) {
                let outcome = match rows.name("status", row) {
                    Some("done") => Some(true),
                    Some("dropped") => Some(false),
                    _ => None,
                };
                if let Some(task) = rows.name("task", row) {
                    known.insert(task.to_owned(), (outcome, rows.number("forecast_minutes_without_ai", row)));
                }
            }
        } else if let Some(Content::Teams { rows, .. }) =
            figures.iter().find(|own| own.group.is_none() && matches!(own.content, Content::Teams { .. })).map(|own| &own.content)
        {
            // The baseline of the first criterion stands for what was known of a team.
            known.extend(rows.iter().map(|row| (row.team.clone(), (Some(row.after.is_some()), row.before))));
        }
        Ok(self
            .arms
            .units
            .iter()
            .map(|(name, unit)| {
                let (has_outcome, before) = known.get(name).copied().unwrap_or((None, None));
                Assigned { arm: unit.arm, complied: unit.complied, has_outcome, before }
            })
            .collect())
    }

    /// What the arms did during the pilot, and how they touch.
    fn conduct(&self) -> Result<Conduct, Failure> {
        let by = match (arms::by_team(self.plan), self.plan.design.unit) {
            (true, _) => "team",
            (false, UnitKind::Person) => "author",
            _ => return Ok(Conduct::default()),
        };
        let (from, to) = (self.plan.dates.pilot_from, self.pilot_end());
        let days = format!("m.day >= DATE '{from}' AND m.day < DATE '{to}'");
        let rows = self.session.rows("changes by source", &format!(
            "SELECT m.{by} AS unit, m.source, CAST(COUNT(*) AS DOUBLE) AS changes FROM merged_changes m WHERE {days} AND m.source <> 'unknown' GROUP BY m.{by}, m.source"
        ))?;
        let mut work = [(0.0, 0.0); 2];
        for row in 0..rows.rows {
            let Some(unit) = rows.name("unit", row).and_then(|unit| self.arms.units.get(unit)) else { continue };
            let changes = rows.number("changes", row).unwrap_or(0.0);
            if let Some((all, with_ai)) = work.get_mut(usize::from(unit.arm != self.control)) {
                *all += changes;
                *with_ai += if rows.name("source", row) == Some("human") { 0.0 } else { changes };
            }
        }
        let reviewer = if by == "team" { "p.team" } else { "e.reviewer" };
        let rows = self.session.rows(
            "reviews by reviewer",
            &format!(
                "SELECT m.{by} AS unit, {reviewer} AS reviewer, CAST(COUNT(*) AS DOUBLE) AS reviews FROM review_events e \
             JOIN merged_changes m ON m.change = e.change \
             LEFT JOIN person_spans p ON p.person = e.reviewer AND m.day >= p.from_day AND m.day < p.until_day \
             WHERE {days} GROUP BY m.{by}, {reviewer}"
            ),
        )?;
        let (mut all, mut crossing) = (0.0, 0.0);
        for row in 0..rows.rows {
            let Some(unit) = rows.name("unit", row).and_then(|unit| self.arms.units.get(unit)) else { continue };
            if unit.arm != self.control {
                continue;
            }
            let reviews = rows.number("reviews", row).unwrap_or(0.0);
            all += reviews;
            let other = rows.name("reviewer", row).and_then(|reviewer| self.arms.units.get(reviewer));
            crossing += if other.is_some_and(|other| other.arm != self.control) { reviews } else { 0.0 };
        }
        let [control, treated] = work;
        let some = |pair: (f64, f64)| (pair.0 > 0.0).then_some(pair);
        Ok(Conduct { control_work: some(control), treated_work: some(treated), control_reviews: some((all, crossing)) })
    }

    /// The code of a value that a row is adjusted for.
    fn covariate(&self, frame: &Frame, row: usize, name: &str) -> Option<usize> {
        if name == "calendar_month" {
            let day = self.session.calendar().day_of(*frame.at.get(row)?)?;
            return usize::try_from(i32::from(day.year()) * 12 + i32::from(day.month())).ok();
        }
        let column = if name == "language" || frame.names.contains_key(name) { name } else { return None };
        frame.names.get(column)?.codes.get(row).map(|code| *code as usize)
    }
}

/// Where a row belongs.
#[derive(Debug, Clone, Copy)]
struct Placed {
    treated: bool,
    stratum: usize,
}

/// The columns of an estimator.
struct Columns<'a> {
    value: &'a str,
    weight: Option<&'a str>,
    ended: Option<&'a str>,
    before: Option<&'a str>,
    only: Option<&'a str>,
    scale: f64,
    /// Days that a row must be followed before it counts.
    follow_up: i64,
}

impl<'a> Columns<'a> {
    fn new(figure: &'a Figure, is_task_trial: bool) -> Self {
        let mut columns = Self {
            value: "",
            weight: None,
            ended: None,
            before: None,
            only: figure.only.as_deref(),
            scale: figure.scale,
            follow_up: i64::from(figure.follow_up_days.unwrap_or(0)) * 86_400_000_000,
        };
        if is_task_trial {
            (columns.value, columns.before) = ("total_minutes", Some("forecast_minutes_without_ai"));
            return columns;
        }
        match &figure.estimator {
            Estimator::Mean { value } | Estimator::Proportion { value } | Estimator::GeometricMean { value } => {
                columns.value = value
            }
            Estimator::Ratio(parts) => (columns.value, columns.weight) = (&parts.numerator, Some(parts.denominator.as_str())),
            Estimator::Survival { duration, event, weight, .. } => {
                (columns.value, columns.ended, columns.weight) = (duration, Some(event.as_str()), weight.as_deref());
                // A curve takes rows that are still followed, and durations have no factor.
                (columns.follow_up, columns.scale) = (0, 1.0);
            }
            _ => {}
        }
        columns
    }

    fn row(&self, frame: &Frame, row: usize, placed: &Placed, until: i64, source: &Source<'_>) -> Option<WorkRow> {
        if self.only.is_some_and(|only| !frame.is_true(only, row)) || frame.is_true("is_exposure", row) {
            return None;
        }
        let at = frame.at.get(row).copied().unwrap_or(NEVER);
        if self.follow_up > 0 && at != NEVER && at + self.follow_up > until {
            return None;
        }
        let people = frame.names.get("cluster").or_else(|| frame.names.get("person"));
        // An unknown person is one cluster; without people every row stands for itself.
        let person = people
            .and_then(|names| names.codes.get(row))
            .map_or(row, |code| if *code == NONE { usize::MAX } else { *code as usize });
        Some(WorkRow {
            person,
            treated: placed.treated,
            stratum: placed.stratum,
            value: frame.number(self.value, row)? * self.scale,
            weight: self.weight.map_or(Some(1.0), |weight| frame.number(weight, row))?,
            ended: self.ended.is_some_and(|ended| frame.is_true(ended, row)),
            before: self.before.map_or(Some(None), |before| frame.number(before, row).map(Some))?,
            covariates: source.plan.design.covariates.iter().filter_map(|name| source.covariate(frame, row, name)).collect(),
        })
    }
}

/// How rows become the figure, or why this design has no analysis of it.
fn measure(estimator: &Estimator) -> Result<Measure, &'static str> {
    Ok(match estimator {
        Estimator::Mean { .. } | Estimator::Proportion { .. } | Estimator::Ratio(_) => Measure::Ratio,
        Estimator::GeometricMean { .. } => Measure::GeometricMean,
        Estimator::Survival { report: SurvivalReport::Survival { at }, .. } => Measure::Lives { at: *at, gone: false },
        Estimator::Survival { report: SurvivalReport::Event { at }, .. } => Measure::Lives { at: *at, gone: true },
        Estimator::Quantile { .. } | Estimator::Survival { .. } | Estimator::CumulativeIncidence { .. } => {
            return Err(
                "medians, quantiles and incidences have no contrast of single pieces of work here: take a mean, a share or a curve at a time",
            );
        }
        Estimator::Rate(_) | Estimator::Count { .. } => {
            return Err("events per calendar time cannot be told to single pieces of work: compare teams by it");
        }
        Estimator::MeanOfUnits { .. } => return Err("a mean of means has no contrast of single pieces of work here"),
        Estimator::Composed => return Err("this figure is made of several sources and has no contrast"),
    })
}

/// Values of a subgroup: those of the plan, or all that were seen.
fn values(subgroup: &Subgroup, result: Option<&FigureResult>) -> Vec<String> {
    if !subgroup.values.is_empty() {
        return subgroup.values.clone();
    }
    let mut values: Vec<String> =
        result.iter().flat_map(|result| &result.cells).filter_map(|cell| cell.by.get(&subgroup.dimension).cloned()).collect();
    values.sort();
    values.dedup();
    values
}

fn unknown_share(frame: &Frame) -> Option<f64> {
    let names = frame.names.get("source")?;
    let unknown = names.code("unknown");
    let known = names.codes.iter().filter(|code| **code != NONE);
    let (all, without) =
        known.fold((0.0, 0.0), |(all, without), code| (all + 1.0, without + f64::from(u8::from(Some(*code) == unknown))));
    (all > 0.0).then(|| without / all)
}

fn insufficient(have: impl Into<String>, need: impl Into<String>, reason: impl Into<String>) -> Answer {
    Answer::Insufficient { have: have.into(), need: need.into(), reason: reason.into() }
}

/// An answer of the catalogue as one of a look.
fn shown(answer: &Shown) -> Answer {
    match answer {
        Shown::Estimate(estimate) => Answer::Estimate {
            point: estimate.point,
            standard_error: estimate.standard_error().filter(|error| error.is_finite() && *error > 0.0),
            degrees_of_freedom: estimate.degrees_of_freedom.filter(|degrees| degrees.is_finite() && *degrees > 0.0),
            intervals: Vec::new(),
            units: estimate.units,
            clusters: estimate.clusters.and_then(|clusters| u32::try_from(clusters).ok()),
            method: estimate.method.clone(),
            notes: estimate.notes.clone(),
        },
        Shown::Insufficient { have, need, reason, .. } => insufficient(have.clone(), need.clone(), reason.clone()),
        Shown::NotApplicable { reason, .. } => Answer::NotApplicable { reason: reason.clone() },
        Shown::NotObserved { reason, .. } => Answer::NotObserved { reason: reason.clone() },
    }
}
