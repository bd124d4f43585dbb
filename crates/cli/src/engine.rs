//! The engine of the catalogue over an organisation's folder: which snapshot, under which settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::Date32Type;
use arrow_array::{Array, RecordBatch};
use candor_attribution::{CompleteDeclaration, Identities, LabelPolicy, Scope};
use candor_catalogue::{Catalogue, CatalogueError, Facts, Session, Settings, line_tables};
use candor_lake::{Lake, Snapshot, SnapshotId};
use candor_metrics::ReportOptions;
use candor_metrics::load::{self, Contexts, Input, LoadOptions};
use jiff::civil::Date;

use crate::commands::init::Organisation;
use crate::commands::status;
use crate::failure::Failure;
use crate::{output, store};

/// Columns whose earliest value is the first day with facts, where the description names no window.
const BEGINNINGS: &[(&str, &str)] = &[
    ("pull_requests", "created_at"),
    ("work_items", "created_at"),
    ("deployments", "started_at"),
    ("incidents", "triggered_at"),
    ("support_tickets", "created_at"),
    ("satisfaction", "responded_at"),
    ("survey_answers", "answered_at"),
    ("changes", "landed_at"),
];

impl From<CatalogueError> for Failure {
    fn from(error: CatalogueError) -> Self {
        match error {
            CatalogueError::Lake(error) => error.into(),
            CatalogueError::Engine { .. } | CatalogueError::Statistic { .. } => Self::machine(error.to_string()),
            CatalogueError::UnknownMetric { .. } => Self::user(error.to_string()).hint("`candor metrics` lists them"),
            other => Self::user(other.to_string()),
        }
    }
}

/// The folder of own metrics.
pub fn own(organisation: &Organisation) -> PathBuf {
    organisation.folder().join("metrics")
}

/// The catalogue of an organisation: the built-in metrics and its own.
pub fn catalogue(organisation: &Organisation) -> Result<Catalogue, Failure> {
    Ok(Catalogue::with_own(&own(organisation))?)
}

/// Of which snapshot, and until which day.
#[derive(clap::Args)]
pub struct Pin {
    /// Know nothing from this day on; without it, the day of the snapshot.
    #[arg(long, value_name = "DAY")]
    as_of: Option<Date>,
    /// Take this snapshot instead of the newest one.
    #[arg(long, value_name = "NUMBER")]
    snapshot: Option<i64>,
}

impl Pin {
    /// A snapshot, the newest unless one is named, before a day.
    pub fn of(snapshot: Option<i64>, as_of: Date) -> Self {
        Self { as_of: Some(as_of), snapshot }
    }

    /// The snapshot of an organisation, and the engine over it.
    pub fn open(&self, organisation: &Organisation) -> Result<(Snapshot, Session), Failure> {
        let snapshot = pinned(organisation, self.snapshot)?;
        let session = session(organisation, &snapshot, self.as_of)?;
        Ok((snapshot, session))
    }
}

/// The engine over a pinned snapshot.
fn session(organisation: &Organisation, snapshot: &Snapshot, as_of: Option<Date>) -> Result<Session, Failure> {
    let settings = settings(organisation, snapshot, as_of)?;
    let mut facts = Facts::of_snapshot(snapshot)?;
    let lives = Lives::new(organisation, snapshot.clone(), &settings)?;
    facts.derive_lives(move || lives.tables());
    Ok(Session::new(facts, settings)?)
}

/// A snapshot of the organisation's lake: the newest one, or the one of this number.
fn pinned(organisation: &Organisation, snapshot: Option<i64>) -> Result<Snapshot, Failure> {
    let nothing = || Failure::user("there are no facts yet").hint("`candor import FILE` or `candor mine` brings some");
    let folder = organisation.lake();
    if !folder.exists() {
        return Err(nothing());
    }
    let lake = Lake::open(&folder)?;
    match snapshot {
        Some(id) => lake
            .snapshot(SnapshotId(id))
            .map_err(|error| Failure::user(error.to_string()).hint("leave --snapshot out for the newest one")),
        None => lake.latest()?.ok_or_else(nothing),
    }
}

/// What it takes to read the lives of lines from a snapshot.
struct Lives {
    snapshot: Snapshot,
    contexts: Contexts,
    identities: Identities,
    policy: LabelPolicy,
    /// By name of a repository: since when its attribution is declared complete.
    complete: BTreeMap<String, i64>,
    as_of: i64,
}

impl Lives {
    fn new(organisation: &Organisation, snapshot: Snapshot, settings: &Settings) -> Result<Self, Failure> {
        let zone = settings.zone()?;
        let seconds = |day: Date| day.to_zoned(zone.clone()).map_or(i64::MIN, |midnight| midnight.timestamp().as_second());
        let mut complete = BTreeMap::new();
        for repository in &organisation.description().repositories {
            let folder = || repository.path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = repository.repo.clone().or_else(folder);
            complete.extend(name.zip(repository.attribution_complete_from.map(seconds)));
        }
        let mut declared = Vec::new();
        for batch in snapshot.read("attribution_coverage", &["team", "complete", "valid_from", "valid_until"])? {
            let (team, is_complete) = (batch.column(0).as_string_opt::<i32>(), batch.column(1).as_boolean_opt());
            let [from, until] = [2, 3].map(|column| batch.column(column).as_primitive_opt::<Date32Type>());
            let (Some(team), Some(is_complete), Some(from), Some(until)) = (team, is_complete, from, until) else { continue };
            for row in (0..batch.num_rows()).filter(|row| is_complete.is_valid(*row) && is_complete.value(*row)) {
                let day = |days: i32| seconds(Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(days)));
                declared.push(CompleteDeclaration {
                    scope: Scope::Team(team.value(row).to_owned()),
                    from: day(from.value(row)),
                    until: if until.is_valid(row) { day(until.value(row)) } else { i64::MAX },
                });
            }
        }
        let policy = LabelPolicy {
            human_before: Some(seconds(settings.human_before)),
            complete: declared,
            ai_heavy: settings.ai_heavy_above,
        };
        // Knowledge ends as the day begins.
        let as_of = seconds(settings.as_of).saturating_sub(1);
        let identities = store::with_people(Identities::default(), &snapshot, None)?;
        Ok(Self { contexts: contexts(organisation.folder())?, snapshot, identities, policy, complete, as_of })
    }

    /// The tables of line lives.
    fn tables(&self) -> Result<Vec<(&'static str, RecordBatch)>, CatalogueError> {
        let failed = |problem: String| CatalogueError::Engine { what: "the lives of lines".to_owned(), problem };
        let mut mined = Vec::new();
        for batch in self.snapshot.read("mined_repositories", &["repo", "name", "default_branch"])? {
            let texts: Vec<_> = batch.columns().iter().filter_map(|array| array.as_string_opt::<i32>()).collect();
            mined.extend((0..batch.num_rows()).filter_map(|row| {
                let text = |at: usize| texts.get(at).map(|array| array.value(row).to_owned());
                Some((text(0)?, text(1)?, text(2)?))
            }));
        }
        let inputs: Vec<Input<'_>> = mined
            .iter()
            .map(|(repo, name, branch)| Input {
                snapshot: &self.snapshot,
                repo,
                name,
                branch,
                definition: String::new(),
                warnings: Vec::new(),
                records: Vec::new(),
                identities: &self.identities,
                complete: self
                    .complete
                    .get(name)
                    .map(|from| CompleteDeclaration { scope: Scope::All, from: *from, until: i64::MAX })
                    .into_iter()
                    .collect(),
            })
            .collect();
        let mut functions = true;
        for (repo, name, _) in &mined {
            if !candor_sources::git::functions_are_measured(&self.snapshot, repo).map_err(|error| failed(error.to_string()))? {
                functions = false;
                output::say(&format!(
                    "warning: the functions of `{name}` are not all measured, so nothing is said of complexity and duplication; `candor mine` goes on there"
                ));
            }
        }
        let facts = load::load(&inputs, &LoadOptions { policy: &self.policy, contexts: &self.contexts, functions })?;
        let options = ReportOptions { as_of: Some(self.as_of), ai_heavy: self.policy.ai_heavy, ..ReportOptions::default() };
        let observed = candor_metrics::observe(&facts, &options).map_err(|error| failed(error.to_string()))?;
        line_tables::of_lives(&facts, &observed).map_err(|error| failed(error.to_string()))
    }
}

/// What the description says, with the window of this run.
fn settings(organisation: &Organisation, snapshot: &Snapshot, as_of: Option<Date>) -> Result<Settings, Failure> {
    let described = organisation.description();
    let zone = described.zone();
    let local = |at: jiff::Timestamp| at.to_zoned(zone.clone()).date();
    let as_of = as_of.unwrap_or_else(|| local(snapshot.at()));
    let window_start = match described.window_start {
        Some(day) => day,
        None => first_fact(snapshot)?.map(local).ok_or_else(|| {
            Failure::user("no fact has a time, so there is no window")
                .hint("set window_start in candor.toml, or import what has times")
        })?,
    };
    if window_start >= as_of {
        return Err(Failure::user(format!("the window would begin on {window_start} and knowledge ends with {as_of}"))
            .hint("set another window_start in candor.toml, or a later --as-of"));
    }
    let mut settings = Settings::new(&described.timezone, &described.currency, window_start, as_of);
    settings.window_from_facts = described.window_start.is_none();
    settings.ai_heavy_above = described.ai_heavy_above;
    settings.human_before = described.human_before;
    settings.min_group = described.min_group;
    settings.level = described.level;
    settings.practice_limit_minutes = described.practice_limit_minutes;
    settings.failed_hire_cost = described.failed_hire_cost;
    settings.stuck_junior_cost_per_month = described.stuck_junior_cost_per_month;
    settings.severity_weights.clone_from(&described.severity_weights);
    settings.ai_reviewers.clone_from(&described.ai_reviewers);
    settings.encouraged_contexts = encouraged(organisation.folder())?;
    Ok(settings)
}

/// The contexts of the organisation's file, or the built-in ones.
fn contexts(folder: &Path) -> Result<Contexts, Failure> {
    let file = folder.join("contexts.toml");
    store::contexts(file.is_file().then_some(file.as_path()))
}

/// Contexts in which AI is encouraged.
fn encouraged(folder: &Path) -> Result<Vec<String>, Failure> {
    let contexts = contexts(folder)?;
    Ok(contexts.names().filter(|name| contexts.zone(name) == Some("encouraged")).map(str::to_owned).collect())
}

fn first_fact(snapshot: &Snapshot) -> Result<Option<jiff::Timestamp>, Failure> {
    let mut first = None;
    for (table, column) in BEGINNINGS {
        let bounds = status::bounds(snapshot, table, column)?;
        first = first.into_iter().chain(bounds.map(|(first, _)| first)).min();
    }
    Ok(first)
}
