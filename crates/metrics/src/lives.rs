//! Puts the document together: parts are independent and run on all cores, each sorted row read in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use candor_stats::Outcome;

use crate::calendar::rfc3339;
use crate::contrast::{Names, Side};
use crate::coverage::{self, beside};
use crate::document::{
    Adjusted, Bounds, Comparison, Coverage, Durability, Fixes, LandingRates, LeftOut, Level, LifeReport, Reading, Repository,
    Rework, SCHEMA, Settings, Slice, Statements,
};
use crate::durability::{self, Fitted, Frame};
use crate::error::MetricsError;
use crate::facts::LineFacts;
use crate::landings::Landings;
use crate::options::{MINIMUM_AUTHORS, MINIMUM_LINES_DRAWN, ReportOptions};
use crate::rows::{Rows, SOURCES};
use crate::window::Window;
use crate::{bounds, correction, fixes, rework, statements, strata};

/// Computes the report document from line facts.
///
/// # Input
/// Facts as the loader labels them; indices are checked. Times are seconds since 1970-01-01 UTC.
///
/// # Output
/// [`LifeReport`]. Figures that cannot be given are outcomes inside it.
///
/// # Errors
/// [`MetricsError`] for options out of range and for facts whose columns or indices do not fit together.
pub fn lives(facts: &LineFacts, options: &ReportOptions) -> Result<LifeReport, MetricsError> {
    let window = Window::new(facts, options)?;
    let (rows, before) = std::thread::scope(|scope| {
        let history = scope.spawn(|| history(&window));
        let rows = Rows::new(&window, durability::split(options));
        (rows, history.join())
    });
    let History { coverage, reverts, defects, fixes, landings } = match before {
        Ok(history) => history?,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    let frame = Frame { window: &window, rows: &rows };
    let (durability, rework) = Parts::compute(frame)?.assemble(frame)?;
    let mut report = LifeReport {
        schema: SCHEMA.to_string(),
        settings: settings(options),
        read: reading(&window, &rows, &coverage, landings),
        coverage,
        durability,
        rework,
        reverts,
        defects,
        fixes,
        statements: Statements::default(),
    };
    report.statements = statements::compute(&report);
    Ok(report)
}

/// What needs no sorted rows.
struct History {
    coverage: Coverage,
    reverts: LandingRates,
    defects: LandingRates,
    fixes: Fixes,
    landings: u64,
}

fn history(window: &Window<'_>) -> Result<History, MetricsError> {
    let landings = Landings::new(window);
    Ok(History {
        coverage: coverage::compute(window)?,
        reverts: landings.reverts()?,
        defects: landings.defects()?,
        fixes: fixes::compute(window),
        landings: landings.counted(),
    })
}

/// One piece of work.
#[derive(Debug, Clone, Copy)]
enum Task {
    Source(usize),
    All,
    Changes(usize),
    NoHubs(usize),
    Else,
    Language,
    Context,
    Year,
    Classes,
    Strata,
    Bounds,
    Rework,
}

/// Long pieces first, so that the cores finish together.
const TASKS: [Task; 21] = [
    Task::All,
    Task::Source(2),
    Task::Language,
    Task::Context,
    Task::Year,
    Task::Strata,
    Task::Rework,
    Task::Else,
    Task::Classes,
    Task::Bounds,
    Task::Source(1),
    Task::Source(0),
    Task::Source(3),
    Task::Changes(0),
    Task::Changes(1),
    Task::Changes(2),
    Task::NoHubs(0),
    Task::NoHubs(1),
    Task::NoHubs(2),
    Task::Changes(3),
    Task::NoHubs(3),
];

type Weighted = (Vec<Outcome>, Vec<Option<Side>>);

/// What the pieces found.
#[derive(Default)]
struct Parts {
    sources: [Option<(Fitted, Vec<Option<Side>>)>; 4],
    all: Option<Fitted>,
    changes: [Option<Weighted>; 4],
    no_hubs: [Option<Weighted>; 4],
    others: Option<(Vec<Option<Side>>, f64)>,
    by_language: Vec<Slice>,
    by_context: Vec<Slice>,
    by_year: Vec<Slice>,
    classes: Vec<Level>,
    adjusted: Option<[Vec<Adjusted>; 2]>,
    bounds: Vec<Bounds>,
    rework: Option<Rework>,
}

impl Parts {
    fn compute(frame: Frame<'_>) -> Result<Self, MetricsError> {
        let parts = Mutex::new(Ok(Self::default()));
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(task) = TASKS.get(next.fetch_add(1, Ordering::Relaxed)) {
                let store = run(frame, *task);
                if let Ok(mut parts) = parts.lock() {
                    match (store, parts.as_mut()) {
                        (Ok(store), Ok(parts)) => store(parts),
                        (Err(error), Ok(_)) => *parts = Err(error),
                        (_, Err(_)) => {}
                    }
                }
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from).min(TASKS.len());
        std::thread::scope(|scope| {
            for _ in 1..cores {
                scope.spawn(work);
            }
            work();
        });
        parts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn assemble(mut self, frame: Frame<'_>) -> Result<(Durability, Rework), MetricsError> {
        let options = frame.window.options;
        let unknown = frame.unknown_share();
        let days = &options.horizons_days;
        let empty: Vec<Option<Side>> = vec![None; days.len()];
        let sides = |weighted: &Option<Weighted>| weighted.as_ref().map_or(empty.clone(), |(_, sides)| sides.clone());
        let lines_of: Vec<Vec<Option<Side>>> =
            self.sources.iter().map(|source| source.as_ref().map_or(empty.clone(), |(_, sides)| sides.clone())).collect();
        let changes: Vec<_> = self.changes.iter().map(&sides).collect();
        let no_hubs: Vec<_> = self.no_hubs.iter().map(&sides).collect();
        let lines_in: Vec<u64> =
            self.sources.iter().map(|source| source.as_ref().map_or(0, |(fitted, _)| fitted.level.lines)).collect();
        let ai_lines = lines_in[1];
        let hubs = frame.rows.apart.hub_files > 0;
        let mut adjusted = self.adjusted.take().map(|[human, unknown]| [Some(human), Some(unknown)]).unwrap_or_default();
        let mut against = |id: &str, label: &str, other: usize, name: &'static str| -> Comparison {
            let names = Names { one: "AI", other: name, empty: (lines_in[1] == 0, lines_in[other] == 0) };
            let mut found =
                durability::comparison(id, label, days, frame.differences(&lines_of[1], &lines_of[other], names, unknown));
            let weighted = frame.differences(&changes[1], &changes[other], names, unknown);
            let bare = frame.differences(&no_hubs[1], &no_hubs[other], names, unknown);
            let strata = adjusted[usize::from(other == 2)].take().unwrap_or_default();
            let mut strata = strata.into_iter();
            for (figure, (weighted, bare)) in found.figures.iter_mut().zip(weighted.into_iter().zip(bare)) {
                figure.change_weighted = Some(weighted);
                figure.without_hubs = hubs.then_some(bare);
                figure.adjusted = strata.next();
            }
            found
        };
        let mut comparisons = vec![
            against("ai_minus_human", "AI minus human, a comparison in history and no effect", 0, "human"),
            against("ai_minus_unknown", "AI minus unknown, a comparison in history and no effect", 2, "unknown"),
        ];
        let (others, other_lines) = self.others.take().unwrap_or((empty.clone(), 0.0));
        comparisons.push(durability::comparison(
            "ai_minus_everything_else",
            "AI minus everything without evidence of AI, as peers count it, a comparison in history and no effect",
            days,
            frame.differences(
                &lines_of[1],
                &others,
                Names { one: "AI", other: "everything else", empty: (ai_lines == 0, other_lines <= 0.0) },
                unknown,
            ),
        ));
        let corrected = correction::compute(frame, &lines_of[1], &others, (ai_lines, other_lines as u64))?;
        let mut levels = Vec::with_capacity(SOURCES.len());
        for (at, source) in self.sources.into_iter().enumerate() {
            let Some((fitted, _)) = source else { continue };
            let mut level = fitted.level;
            let mut weighted = self.changes[at].take().map(|(outcomes, _)| outcomes).unwrap_or_default().into_iter();
            let mut bare = self.no_hubs[at].take().map(|(outcomes, _)| outcomes).unwrap_or_default().into_iter();
            for figure in &mut level.figures {
                figure.line_weighted = beside(figure.line_weighted.clone(), unknown);
                figure.change_weighted = weighted.next().map(|outcome| beside(outcome, unknown));
                figure.without_hubs = bare.next().filter(|_| hubs).map(|outcome| beside(outcome, unknown));
            }
            levels.push(level);
        }
        let all = match self.all {
            Some(fitted) => fitted.level,
            None => durability::all(frame)?.level,
        };
        let rework = match self.rework {
            Some(rework) => rework,
            None => rework::compute(frame)?,
        };
        let durability = Durability {
            lines: all.lines,
            unknown_share: unknown,
            sources: levels,
            all,
            landing_classes: self.classes,
            comparisons,
            bounds: self.bounds,
            corrected,
            by_language: self.by_language,
            by_context: self.by_context,
            by_year: self.by_year,
        };
        Ok((durability, rework))
    }
}

type Store = Box<dyn FnOnce(&mut Parts)>;

fn run(frame: Frame<'_>, task: Task) -> Result<Store, MetricsError> {
    let (window, facts) = (frame.window, frame.window.facts);
    Ok(match task {
        Task::Source(at) => {
            let fitted = durability::by_source(frame, SOURCES[at])?;
            let sides = frame.sides(&fitted.table)?;
            Box::new(move |parts| parts.sources[at] = Some((fitted, sides)))
        }
        Task::All => {
            let fitted = durability::all(frame)?;
            Box::new(move |parts| parts.all = Some(fitted))
        }
        Task::Changes(at) => {
            let found = durability::change_weighted(frame, SOURCES[at])?;
            Box::new(move |parts| parts.changes[at] = Some(found))
        }
        Task::NoHubs(at) => {
            let found = if frame.rows.apart.hub_files == 0 { None } else { Some(durability::without_hubs(frame, SOURCES[at])?) };
            Box::new(move |parts| parts.no_hubs[at] = found)
        }
        Task::Else => {
            let (table, sides) = durability::everything_else(frame)?;
            let lines = table.units();
            Box::new(move |parts| parts.others = Some((sides, lines)))
        }
        Task::Language => {
            let found = durability::slices(frame, &facts.languages, |row| row.language.into())?;
            Box::new(move |parts| parts.by_language = most_lines_first(found))
        }
        Task::Context => {
            let found = durability::slices(frame, &facts.contexts, |row| row.context.into())?;
            Box::new(move |parts| parts.by_context = most_lines_first(found))
        }
        Task::Year => {
            let names: Vec<String> = window.years.iter().map(i16::to_string).collect();
            let found = durability::slices(frame, &names, |row| window.year[row.landing as usize] as usize)?;
            Box::new(move |parts| parts.by_year = found)
        }
        Task::Classes => {
            let found = durability::landing_classes(frame)?;
            Box::new(move |parts| parts.classes = found)
        }
        Task::Strata => {
            let found = strata::compute(frame)?;
            Box::new(move |parts| parts.adjusted = Some(found))
        }
        Task::Bounds => {
            let found = bounds::compute(frame);
            Box::new(move |parts| parts.bounds = found)
        }
        Task::Rework => {
            let found = rework::compute(frame)?;
            Box::new(move |parts| parts.rework = Some(found))
        }
    })
}

fn most_lines_first(mut slices: Vec<Slice>) -> Vec<Slice> {
    slices.sort_by(|one, other| other.lines.cmp(&one.lines).then_with(|| one.name.cmp(&other.name)));
    slices
}

fn settings(options: &ReportOptions) -> Settings {
    Settings {
        horizons_days: options.horizons_days.clone(),
        level: options.level,
        ai_heavy: options.ai_heavy,
        since: options.since.map(rfc3339),
        as_of: options.as_of.map(rfc3339),
        sensitivity: options.se_sp.map(|(sensitivity, _)| sensitivity),
        specificity: options.se_sp.map(|(_, specificity)| specificity),
        complete: options.complete.clone(),
        human_before: options.human_before.clone(),
        minimum_lines_drawn: MINIMUM_LINES_DRAWN,
        minimum_authors: MINIMUM_AUTHORS,
    }
}

/// What is in no figure. Paths of which no line was read are known of the whole history only, and say so where it is not all told.
fn left_out(window: &Window<'_>, repository: &crate::facts::RepositoryFact) -> Vec<LeftOut> {
    let mut by_reason: BTreeMap<&str, (BTreeSet<u32>, u64)> = BTreeMap::new();
    for lines in &repository.apart {
        if window.counts.get(lines.landing as usize).copied().unwrap_or_else(|| window.is_whole()) {
            let entry = by_reason.entry(&lines.reason).or_default();
            entry.0.insert(lines.path);
            entry.1 += u64::from(lines.lines);
        }
    }
    let lines = by_reason.into_iter().map(|(reason, (paths, lines))| LeftOut {
        reason: reason.to_owned(),
        paths: paths.len() as u64,
        lines,
    });
    let whole = |reason: &str| if window.is_whole() { reason.to_owned() } else { format!("{reason}, in the whole history") };
    let paths = repository.left_out.iter().map(|(reason, paths)| LeftOut { reason: whole(reason), paths: *paths, lines: 0 });
    lines.chain(paths).collect()
}

fn reading(window: &Window<'_>, rows: &Rows, coverage: &Coverage, landings: u64) -> Reading {
    let facts = window.facts;
    let mut wrote = vec![false; facts.people as usize];
    for (origin, landing) in facts.cohorts.origin.iter().zip(&facts.cohorts.landing) {
        let author = facts.commits[*origin as usize].author as usize;
        if let Some(wrote) = wrote.get_mut(author).filter(|_| window.counts[*landing as usize]) {
            *wrote = true;
        }
    }
    let known = |repository: &&crate::facts::RepositoryFact| repository.mainline > 0;
    let mut alive = vec![0_u64; facts.repositories.len()];
    for (row, landing) in facts.cohorts.landing.iter().enumerate().filter(|(_, landing)| window.counts[**landing as usize]) {
        let left =
            facts.cohorts.censored_at.get(&(row as u32)).is_some_and(|at| window.options.as_of.is_none_or(|as_of| *at <= as_of));
        let repository = facts.landings[*landing as usize].repository as usize;
        if let Some(alive) = alive.get_mut(repository).filter(|_| !left && window.died_at(row).is_none()) {
            *alive += u64::from(facts.cohorts.lines[row]);
        }
    }
    let from = |repository: &crate::facts::RepositoryFact| {
        window.options.since.map_or(repository.from, |since| since.max(repository.from))
    };
    let ends = || facts.repositories.iter().zip(&window.ends);
    // By repository: landings of these days, commits that they bring, and the last one.
    let mut landed = vec![(0_u32, 0_u64, None); facts.repositories.len()];
    for landing in facts.landings.iter().zip(&window.counts).filter_map(|(landing, counts)| counts.then_some(landing)) {
        let (mainline, commits, last) = &mut landed[landing.repository as usize];
        (*mainline, *commits, *last) = (*mainline + 1, *commits + 1 + landing.brought, Some(landing.commit));
    }
    let repositories = ends().zip(alive.iter().zip(&landed)).map(|((repository, end), (alive, (mainline, commits, last)))| {
        let known = repository.mainline > 0;
        Repository {
            name: repository.name.clone(),
            branch: repository.branch.clone(),
            tip: last.map_or_else(String::new, |commit| facts.commits[commit as usize].id.clone()),
            from: known.then(|| rfc3339(from(repository))),
            as_of: known.then(|| rfc3339(*end)),
            mainline: *mainline,
            commits: u32::try_from(*commits).unwrap_or(u32::MAX),
            alive_lines: *alive,
            settings: repository.settings.clone(),
            left_out: left_out(window, repository),
            warnings: repository.warnings.clone(),
        }
    });
    Reading {
        repositories: repositories.collect(),
        mainline: landed.iter().map(|(mainline, ..)| u64::from(*mainline)).sum(),
        commits: landed.iter().map(|(_, commits, _)| *commits).sum(),
        from: facts.repositories.iter().filter(known).map(from).min().map(rfc3339),
        as_of: ends().filter(|(repository, _)| known(repository)).map(|(_, end)| *end).max().map(rfc3339),
        landings,
        landed_lines: coverage.lines,
        alive_lines: alive.iter().sum(),
        authors: wrote.iter().filter(|wrote| **wrote).count() as u64,
        apart: rows.apart.clone(),
    }
}
