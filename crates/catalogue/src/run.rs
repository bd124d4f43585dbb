//! One run: metrics and a question in, results out.

use std::borrow::Cow;

use jiff::civil::Date;

use crate::breaks::breaks;
use crate::calendar::Period;
use crate::catalogue::{Catalogue, plan};
use crate::cells::{Group, groups};
use crate::composed;
use crate::document::{Cell, FigureResult, MetricResult, Results, SCHEMA, Span};
use crate::error::CatalogueError;
use crate::estimate::{Computed, Moment, compute};
use crate::frame::{Frame, NEVER};
use crate::header::{Estimator, Figure, Metric, PeriodKind};
use crate::line_tables;
use crate::reasons;
use crate::session::Session;
use crate::settings::{Shown, midnight};

/// What is asked of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Dimensions to slice by, all at once.
    pub by: Vec<String>,
    /// Kind of period.
    pub period: PeriodKind,
    /// First day; the window's by default.
    pub from: Option<Date>,
    /// The day after the last one; the window's by default.
    pub to: Option<Date>,
}

impl Question {
    /// The whole window, all units together.
    #[must_use]
    pub fn overall() -> Self {
        Self { by: Vec::new(), period: PeriodKind::Overall, from: None, to: None }
    }

    /// The same by these dimensions.
    #[must_use]
    pub fn by(dimensions: &[&str]) -> Self {
        Self { by: dimensions.iter().map(|dimension| (*dimension).to_owned()).collect(), ..Self::overall() }
    }

    /// All units together, by period.
    #[must_use]
    pub fn every(period: PeriodKind) -> Self {
        Self { period, ..Self::overall() }
    }

    /// Whether a metric can be sliced like this.
    pub(crate) fn check(&self, metric: &Metric) -> Result<(), CatalogueError> {
        for dimension in &self.by {
            let own = metric.slices.iter().chain(&metric.per).any(|name| name == dimension);
            // A person's own page asks for the person.
            if !own && dimension != "person" {
                let have = metric.slices.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                let have = if have.is_empty() { "no dimension".to_owned() } else { have };
                return Err(CatalogueError::UnknownDimension { id: metric.id.clone(), dimension: dimension.clone(), have });
            }
        }
        if self.by.len() > 8 {
            return Err(CatalogueError::Question("a figure can be sliced by up to 8 dimensions at once".to_owned()));
        }
        Ok(())
    }
}

/// The observations of a metric: its SELECT, run once. Any number of questions can be asked of them.
pub struct Observed<'a> {
    session: &'a Session,
    metric: &'a Metric,
    /// Rows inside the window.
    frame: Frame,
    /// The reason why there is no figure at all.
    missing: Option<&'static str>,
    /// Whether all of it is one person's, for that person.
    own: bool,
}

/// Observations by group and period.
pub(crate) struct Layout<'a> {
    pub(crate) periods: Vec<Period>,
    pub(crate) frame: Cow<'a, Frame>,
    pub(crate) groups: Vec<Group>,
}

/// Runs the SELECT of a metric.
///
/// # Errors
/// [`CatalogueError::File`] when the file is wrong, [`CatalogueError::Engine`].
pub fn observe<'a>(session: &'a Session, metric: &'a Metric) -> Result<Observed<'a>, CatalogueError> {
    observe_with(session, metric, &Columns::Read)
}

/// Which columns of a SELECT are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns<'a> {
    /// Those that figures and slices read.
    Read,
    /// Those and these, such as `unit`; what the SELECT does not have is left out.
    With(&'a [&'a str]),
    /// All.
    All,
}

/// [`observe`], with these columns.
///
/// # Errors
/// As [`observe`].
pub fn observe_with<'a>(session: &'a Session, metric: &'a Metric, columns: &Columns<'_>) -> Result<Observed<'a>, CatalogueError> {
    let plan = plan(session, metric)?;
    let missing = missing(session, &metric.needs)?;
    let partly = metric.figures.iter().any(|figure| figure.needs.is_some());
    for needs in metric.figures.iter().filter_map(|figure| figure.needs.as_ref()) {
        self::missing(session, needs)?;
    }
    if missing.is_some() && !partly {
        return Ok(Observed { session, metric, frame: Frame::default(), missing, own: false });
    }
    let columns = self::columns(metric, columns, plan.schema().fields().iter().map(|field| field.name().as_str()));
    let columns: Vec<String> = columns.into_iter().map(str::to_owned).collect();
    let mut frame = session.frame(&metric.id, plan, &columns.iter().map(String::as_str).collect::<Vec<_>>())?.in_order();
    if !metric.all_time {
        let (from, until) = session.calendar().window();
        let inside = |at: i64| at == NEVER || (at >= from && at < until);
        if frame.at.iter().any(|at| !inside(*at)) {
            frame = frame.filter(|row| frame.at.get(row).is_some_and(|at| inside(*at)));
        }
    }
    Ok(Observed { session, metric, frame, missing, own: false })
}

/// The observations of one person, for that person alone; `None` where the metric says nothing of persons.
///
/// Observations stand for themselves, or for the unit that they are parts of: of one person nothing else can vary.
///
/// # Errors
/// As [`observe`].
pub fn observe_person<'a>(
    session: &'a Session,
    metric: &'a Metric,
    person: &str,
) -> Result<Option<Observed<'a>>, CatalogueError> {
    let mut observed = observe_with(session, metric, &Columns::With(&["unit"]))?;
    observed.own = true;
    if observed.frame.rows == 0 && observed.missing.is_some() {
        return Ok(Some(observed));
    }
    let Some(people) = observed.frame.names.get("person") else { return Ok(None) };
    if people.codes.iter().all(|code| *code == crate::frame::NONE) {
        return Ok((observed.frame.rows == 0).then_some(observed));
    }
    let frame = &observed.frame;
    let is_shared = |row: usize| frame.is_true("is_exposure", row) || frame.name("gap", row).is_some();
    let mut own = frame.filter(|row| frame.name("person", row).map_or_else(|| is_shared(row), |name| name == person));
    match own.names.remove("unit") {
        Some(units) => own.names.insert("cluster".to_owned(), units),
        None => own.names.remove("cluster"),
    };
    observed.frame = own;
    Ok(Some(observed))
}

/// Why a metric cannot have any figure: a table that it needs is empty.
fn missing(session: &Session, needs: &[String]) -> Result<Option<&'static str>, CatalogueError> {
    let mut empty = Vec::new();
    for table in needs {
        session.facts().check(table)?;
        if !session.is_view(table) && session.facts().rows(table) == 0 {
            empty.push(table);
        }
    }
    if empty.iter().any(|table| line_tables::names().any(|name| name == table.as_str())) {
        return Ok(Some(reasons::NEEDS_LINE_DATA));
    }
    Ok((!empty.is_empty()).then_some(reasons::NO_DATA))
}

/// The columns of the SELECT that figures and slices read; a composed metric reads all.
fn columns<'a>(metric: &Metric, wanted: &Columns<'_>, all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let more = match wanted {
        Columns::All => return all.collect(),
        Columns::With(more) => *more,
        Columns::Read => &[],
    };
    let composed = metric.figures.iter().any(|figure| figure.estimator == Estimator::Composed);
    let standard = ["at", "cluster", "person", "source", "gap", "gap_wins", "is_exposure"];
    let wanted = |name: &str| {
        composed
            || standard.contains(&name)
            || more.contains(&name)
            || metric.slices.iter().chain(&metric.per).any(|dimension| dimension == name)
            || metric.figures.iter().any(|figure| {
                figure.estimator.columns().iter().any(|(_, column)| *column == name)
                    || figure.estimator.names().iter().any(|column| column == name)
                    || figure.only.as_deref() == Some(name)
            })
    };
    all.filter(|name| wanted(name)).collect()
}

impl Observed<'_> {
    /// The observations inside the window.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Which observations belong to which group and period of a question.
    pub(crate) fn layout(&self, question: &Question) -> Result<Layout<'_>, CatalogueError> {
        let metric = self.metric;
        question.check(metric)?;
        let mut periods = self.periods(question)?;
        if self.session.settings().window_from_facts
            && question.from.is_none()
            && question.period != PeriodKind::Overall
            && let Some(first) = self.first_observation()
        {
            // Older facts of other tables say nothing of this metric.
            periods.retain(|period| period.until > first);
        }
        let range = question.from.is_some() || question.to.is_some();
        let (first, last) = (periods.first().map_or(0, |period| period.from), periods.last().map_or(0, |period| period.until));
        let frame = if range && question.period == PeriodKind::Overall {
            Cow::Owned(self.frame.filter(|row| self.frame.at.get(row).is_some_and(|at| *at >= first && *at < last)))
        } else {
            Cow::Borrowed(&self.frame)
        };
        if let (true, false, [overall]) = (metric.all_time, range, periods.as_mut_slice())
            && overall.kind == PeriodKind::Overall
        {
            // History before the window counts in full.
            overall.from = NEVER + 1;
        }
        let groups = if self.missing.is_some() && frame.rows == 0 {
            groups(&frame, &[], &[], &periods)
        } else {
            groups(&frame, &metric.per, &question.by, &periods)
        };
        Ok(Layout { periods, frame, groups })
    }

    /// When the first observation was made; rows that only add exposure are none.
    fn first_observation(&self) -> Option<i64> {
        let is_observation = |row: &usize| !self.frame.is_true("is_exposure", *row);
        let at = (0..self.frame.rows).filter(is_observation).filter_map(|row| self.frame.at.get(row)).copied();
        at.filter(|at| *at != NEVER).min()
    }

    /// Answers a question with every figure of the metric.
    ///
    /// # Errors
    /// [`CatalogueError::UnknownDimension`], [`CatalogueError::Question`], [`CatalogueError::Statistic`].
    pub fn answer(&self, question: &Question) -> Result<MetricResult, CatalogueError> {
        self.answer_with(question, None)
    }

    /// Answers a question with one figure of the metric, by its name below the metric's; none where it has no such figure.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn figure(&self, name: &str, question: &Question) -> Result<Option<FigureResult>, CatalogueError> {
        Ok(self.answer_with(question, Some(name))?.figures.into_iter().find(|own| {
            own.figure == if name.is_empty() { self.metric.id.clone() } else { format!("{}.{name}", self.metric.id) }
        }))
    }

    fn answer_with(&self, question: &Question, only: Option<&str>) -> Result<MetricResult, CatalogueError> {
        let metric = self.metric;
        let Layout { periods, frame, groups: cells } = self.layout(question)?;
        let frame = frame.as_ref();
        let mut figures = Vec::with_capacity(metric.figures.len());
        let wanted = |figure: &&Figure| figure.estimator != Estimator::Composed && only.is_none_or(|only| figure.name == only);
        for figure in metric.figures.iter().filter(wanted) {
            let name = metric.key(figure);
            let of = |group: &Group| self.computed(figure, frame, group, &periods, question);
            let cells = cells
                .iter()
                .map(|group| Ok(cell(group, &periods, figure, of(group)?)))
                .collect::<Result<Vec<_>, candor_stats::StatsError>>()
                .map_err(|source| CatalogueError::Statistic { figure: name.clone(), source })?;
            figures.push(FigureResult {
                figure: name,
                unit: figure.unit.clone(),
                direction: figure.direction,
                estimator: figure.estimator.name().to_owned(),
                scale: figure.scale,
                cells,
            });
        }
        if metric.figures.iter().any(|figure| figure.estimator == Estimator::Composed) {
            figures.extend(composed::answer(self, frame, &cells, &periods, self.session.settings())?);
        }
        Ok(MetricResult {
            id: metric.id.clone(),
            version: metric.version,
            tier: metric.tier,
            cadence: metric.cadence,
            question: metric.question.clone(),
            caveats: metric.caveats.clone(),
            own: metric.own,
            figures,
        })
    }

    /// Whether all of it is one person's, for that person.
    pub(crate) fn is_own(&self) -> bool {
        self.own
    }

    pub(crate) fn session(&self) -> &Session {
        self.session
    }

    /// The metric.
    #[must_use]
    pub fn metric(&self) -> &Metric {
        self.metric
    }

    /// The reason for which a group has no figure whatever its rows are.
    pub(crate) fn barred(&self, figure: &Figure, group: &Group, periods: &[Period]) -> Option<&'static str> {
        let as_of = self.session.calendar().window().1;
        let period = periods.get(group.period)?;
        // Tables that cannot be read were an error when the metric was observed.
        let missing = figure.needs.as_ref().map_or(self.missing, |needs| missing(self.session, needs).unwrap_or_default());
        if missing.is_some() {
            return missing;
        }
        if group.mixed {
            return Some(reasons::DEFINITIONS_DIFFER);
        }
        if !period.whole {
            return Some(reasons::PARTIAL_PERIOD);
        }
        let open = |days: u32| period.kind != PeriodKind::Overall && period.closes_at(days) > as_of;
        figure.follow_up_days.is_some_and(open).then_some(reasons::WINDOW_OPEN)
    }

    /// The reason where a figure has no meaning for parts of a dimension of the group.
    pub(crate) fn not_split(&self, figure: &Figure, group: &Group) -> Option<&'static str> {
        let slices = figure.slices.as_ref()?;
        let is_split = group.by.keys().all(|dimension| slices.contains(dimension) || self.metric.per.contains(dimension));
        (!is_split).then_some(reasons::NOT_SPLIT)
    }

    fn computed(
        &self,
        figure: &Figure,
        frame: &Frame,
        group: &Group,
        periods: &[Period],
        question: &Question,
    ) -> Result<Computed, candor_stats::StatsError> {
        if let Some(code) = self.barred(figure, group, periods) {
            return Ok(Computed::because(code));
        }
        if let Some(code) = self.not_split(figure, group) {
            return Ok(Computed::because(code));
        }
        let moment = Moment { kind: question.period, as_of: self.session.calendar().window().1 };
        // A person sees the own figure: that one asks for no group.
        let own;
        let figure = if self.own || question.by.iter().any(|dimension| dimension == "person") {
            own = Figure { min_people: None, ..figure.clone() };
            &own
        } else {
            figure
        };
        let mut computed = compute(figure, frame, &group.rows, &moment, self.session.settings())?;
        if group.rows.is_empty() {
            computed.left_out_share = None;
        }
        Ok(computed)
    }

    /// The periods of the question, in order.
    fn periods(&self, question: &Question) -> Result<Vec<Period>, CatalogueError> {
        let calendar = self.session.calendar();
        let mut periods = calendar.periods(question.period);
        if question.from.is_none() && question.to.is_none() {
            return Ok(periods);
        }
        let settings = self.session.settings();
        let from = question.from.unwrap_or(settings.window_start).max(settings.window_start);
        let to = question.to.unwrap_or(settings.as_of).min(settings.as_of);
        if from >= to {
            let problem = format!(
                "no day lies both between {from} and {to} and in the window {} to {}",
                settings.window_start, settings.as_of
            );
            return Err(CatalogueError::Question(problem));
        }
        if question.period == PeriodKind::Overall {
            let zone = settings.zone()?;
            for period in &mut periods {
                (period.first, period.end) = (from, to);
                (period.from, period.until) = (midnight(from, &zone)?.as_microsecond(), midnight(to, &zone)?.as_microsecond());
            }
        } else {
            periods.retain(|period| period.first < to && period.end > from);
        }
        Ok(periods)
    }
}

/// A cell of the result.
pub(crate) fn cell(group: &Group, periods: &[Period], figure: &Figure, computed: Computed) -> Cell {
    let period = periods.get(group.period);
    let span = period.map_or_else(
        || Span { kind: PeriodKind::Overall, name: String::new(), from: String::new(), until: String::new() },
        |period| Span {
            kind: period.kind,
            name: period.name.clone(),
            from: period.first.to_string(),
            until: period.end.to_string(),
        },
    );
    let closes_on = match (computed.answer.code(), figure.follow_up_days, period) {
        (Some(reasons::WINDOW_OPEN), Some(days), Some(period)) => {
            Some(period.end.saturating_add(jiff::Span::new().days(i64::from(days))).to_string())
        }
        _ => None,
    };
    Cell {
        by: group.by.clone(),
        period: span,
        answer: computed.answer,
        numerator: computed.numerator,
        denominator: computed.denominator,
        units: computed.units,
        people: computed.people,
        left_out_share: computed.left_out_share,
        closes_on,
    }
}

/// Computes metrics: each with every figure.
///
/// # Errors
/// [`CatalogueError`] of the first metric that fails; nothing is answered in part.
pub fn run(session: &Session, catalogue: &Catalogue, ids: &[String], question: &Question) -> Result<Results, CatalogueError> {
    let asked = ids.iter().map(|id| catalogue.get(id)).collect::<Result<Vec<_>, _>>()?;
    // Before anything is read, which may take a while.
    asked.iter().try_for_each(|metric| question.check(metric))?;
    let metrics = asked
        .iter()
        .map(|metric| Ok(observe(session, metric)?.answer(question)?.suppressed()))
        .collect::<Result<Vec<_>, CatalogueError>>()?;
    let settings = session.settings();
    let from = question.from.unwrap_or(settings.window_start).max(settings.window_start);
    let until = question.to.unwrap_or(settings.as_of).min(settings.as_of);
    Ok(Results {
        schema: SCHEMA.to_owned(),
        snapshot: session.facts().snapshot(),
        settings: Shown::from(session.settings()),
        metrics,
        breaks: breaks(session, &asked, from, until)?,
    })
}
