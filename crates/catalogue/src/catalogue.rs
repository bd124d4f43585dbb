//! All metrics of an organisation: the built-in ones and its own, which are the same thing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use datafusion::logical_expr::LogicalPlan;

use crate::composed;
use crate::embedded;
use crate::error::{CatalogueError, Fault, nearest};
use crate::frame::Kind;
use crate::header::{Estimator, Metric};
use crate::session::{Session, Trouble};

/// The metrics by id.
#[derive(Debug, Clone)]
pub struct Catalogue {
    metrics: BTreeMap<String, Metric>,
}

impl Catalogue {
    /// The built-in metrics.
    ///
    /// # Errors
    /// [`CatalogueError::File`] when a built-in file is wrong, which a test rules out.
    pub fn built_in() -> Result<Self, CatalogueError> {
        let mut metrics = BTreeMap::new();
        for (file, text) in embedded::METRICS {
            let metric = Metric::parse(file, text, false)?;
            metrics.insert(metric.id.clone(), metric);
        }
        Ok(Self { metrics })
    }

    /// The built-in metrics and those in a folder of the organisation and the folders below it; without such a folder the built-in ones.
    ///
    /// # Errors
    /// [`CatalogueError::Files`] with every file that is wrong, [`CatalogueError::Read`].
    pub fn with_own(folder: &Path) -> Result<Self, CatalogueError> {
        let mut catalogue = Self::built_in()?;
        let mut files = Vec::new();
        if folder.is_dir() {
            sql_files(folder, &mut files)?;
        }
        let mut faults = Vec::new();
        for path in files {
            let text = match std::fs::read(&path) {
                Ok(bytes) => String::from_utf8(bytes),
                Err(source) => return Err(CatalogueError::Read { path, source }),
            };
            let file = path.display().to_string();
            let fault = |line, key: &str, problem: String, hint: &str| Fault {
                file: file.clone(),
                line,
                key: key.to_owned(),
                problem,
                hint: hint.to_owned(),
            };
            let Ok(text) = text else {
                faults.push(fault(1, "", "expected UTF-8, found other bytes".to_owned(), "save the file as UTF-8"));
                continue;
            };
            match Metric::parse(&file, &text, true) {
                Err(fault) => faults.push(fault),
                Ok(metric) => match catalogue.metrics.get(&metric.id) {
                    Some(other) => {
                        let place = if other.own { other.file.as_str() } else { "the built-in catalogue" };
                        let line = text.lines().position(|line| line.trim_start().starts_with("id")).map_or(1, |line| line + 1);
                        let problem = format!("expected an id of its own, found `{}`, which {place} has", metric.id);
                        faults.push(fault(line, "id", problem, "one id means one definition: take another id and file name"));
                    }
                    None => {
                        catalogue.metrics.insert(metric.id.clone(), metric);
                    }
                },
            }
        }
        if faults.is_empty() { Ok(catalogue) } else { Err(CatalogueError::Files(faults)) }
    }

    /// All metrics, by tier and id.
    #[must_use]
    pub fn metrics(&self) -> Vec<&Metric> {
        let mut all: Vec<&Metric> = self.metrics.values().collect();
        all.sort_by_key(|metric| metric.tier);
        all
    }

    /// The metric of that id.
    ///
    /// # Errors
    /// [`CatalogueError::UnknownMetric`] with the nearest id.
    pub fn get(&self, id: &str) -> Result<&Metric, CatalogueError> {
        self.metrics.get(id).ok_or_else(|| {
            let near = nearest(id, self.metrics.keys().map(String::as_str)).map(str::to_owned);
            CatalogueError::UnknownMetric { id: id.to_owned(), nearest: near }
        })
    }

    /// Plans the organisation's own metrics, so that a wrong one is refused before it is asked for.
    ///
    /// # Errors
    /// [`CatalogueError::Files`] with every file that is wrong.
    pub fn check_own(&self, session: &Session) -> Result<(), CatalogueError> {
        let mut faults = Vec::new();
        for metric in self.metrics.values().filter(|metric| metric.own) {
            match plan(session, metric) {
                Ok(_) => {}
                Err(CatalogueError::File(fault)) => faults.push(*fault),
                Err(other) => return Err(other),
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(CatalogueError::Files(faults)) }
    }
}

fn sql_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), CatalogueError> {
    let failed = |source| CatalogueError::Read { path: folder.to_path_buf(), source };
    let mut entries = std::fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            sql_files(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "sql") {
            found.push(path);
        }
    }
    Ok(())
}

/// Plans a metric and holds its columns against its head.
pub(crate) fn plan(session: &Session, metric: &Metric) -> Result<LogicalPlan, CatalogueError> {
    let line_of = |key: &str| {
        let starts = |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
        metric.text.lines().position(starts).map_or(1, |line| line + 1)
    };
    let line_in = |figure: usize, key: &str| {
        let own = metric.text.lines().enumerate().skip(figure).take_while(|(_, line)| !line.starts_with("[["));
        let starts = |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
        own.into_iter().find(|(_, line)| starts(line)).map_or(figure, |(at, _)| at + 1)
    };
    let select = metric.text.find("*/").map_or(1, |end| metric.text.get(..end).map_or(1, |head| head.matches('\n').count() + 1));
    let fault = |line: usize, key: &str, problem: String, hint: &str| {
        let (file, key, hint) = (metric.file.clone(), key.to_owned(), hint.to_owned());
        CatalogueError::from(Fault { file, line, key, problem, hint })
    };
    let plan = session.plan(&metric.text).map_err(|trouble| match trouble {
        Trouble::Other(error) => error,
        Trouble::Text { line, problem, hint } => {
            let hint = if hint.is_empty() {
                "the SQL is that of DataFusion; `candor metrics show ID` prints one that works"
            } else {
                &hint
            };
            // Where the engine names no line, the first one of the SELECT that names what it complains of.
            let named = problem.split('`').nth(1).unwrap_or_default().to_owned();
            let lines = metric.text.lines().enumerate().skip(select);
            let found = lines.into_iter().find(|(_, text)| !named.is_empty() && text.contains(&named)).map(|(at, _)| at + 1);
            fault(if line == 0 { found.unwrap_or(select + 1) } else { line }, "", problem, hint)
        }
    })?;
    let columns: BTreeMap<&str, Kind> =
        plan.schema().fields().iter().map(|field| (field.name().as_str(), Kind::of(field.data_type()))).collect();
    let has = |name: &str, line: usize, key: &str, kinds: &[Kind], why: &str| {
        let expected = kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" or ");
        match columns.get(name) {
            Some(kind) if *kind == Kind::Empty || kinds.contains(kind) => Ok(()),
            Some(kind) => {
                let problem = format!("expected {expected} in the column `{name}`, found {}", kind.word());
                Err(fault(line, key, problem, &format!("CAST it in the SELECT; {why}")))
            }
            None => {
                let hint = nearest(name, columns.keys().copied())
                    .map_or_else(|| why.to_owned(), |near| format!("did you mean `{near}`? {why}"));
                Err(fault(line, key, format!("expected a column `{name}` of the SELECT, found none"), &hint))
            }
        }
    };
    has("unit", select, "", &[Kind::Name], "`unit` names what was observed, for example acme/checkout#12")?;
    has(
        "cluster",
        select,
        "",
        &[Kind::Name],
        "`cluster` says which observations belong together, as a rule the author; select the unit itself where they do not",
    )?;
    has("at", select, "", &[Kind::Instant], "`at` is the instant that decides the period")?;
    let people = metric.figures.iter().any(|figure| figure.min_people.is_some());
    if people {
        let why = "`person` names the contributing person, for min_people";
        has("person", select, "", &[Kind::Name], why)?;
    }
    for (key, dimensions) in [("slices", &metric.slices), ("per", &metric.per)] {
        for dimension in dimensions {
            has(dimension, line_of(key), key, &[Kind::Name], "every dimension is a column of names")?;
        }
    }
    for figure in &metric.figures {
        for (key, column) in figure.estimator.columns() {
            has(column, line_in(figure.line, key), key, &[Kind::Number, Kind::Truth], "the estimator reads it")?;
        }
        for column in figure.estimator.names() {
            has(column, line_in(figure.line, "mean_by"), "mean_by", &[Kind::Name], "means are taken by names")?;
        }
        if let Some(column) = &figure.only {
            has(column, line_in(figure.line, "where"), "where", &[Kind::Truth], "it says which observations count")?;
        }
        if figure.estimator == Estimator::Composed && !composed::exists(&metric.id) {
            let hint = "own metrics take one of the other estimators: what they cannot say needs a file of Rust";
            return Err(fault(
                figure.line,
                "estimator",
                "expected an estimator of SQL metrics, found `composed`".to_owned(),
                hint,
            ));
        }
    }
    for table in metric.needs.iter().chain(metric.figures.iter().filter_map(|figure| figure.needs.as_ref()).flatten()) {
        if !session.has_table(table) {
            return Err(fault(
                line_of("needs"),
                "needs",
                format!("expected a table, found `{table}`"),
                "`candor template` lists the tables",
            ));
        }
    }
    Ok(plan)
}
