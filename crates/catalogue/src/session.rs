//! The engine: facts of one pinned snapshot, context tables and views, registered when a query needs them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use candor_lake::{LakeError, Snapshot};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::TableReference;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::datasource::{MemTable, TableProvider, ViewTable};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use tokio::runtime::Runtime;

use crate::calendar::Calendar;
use crate::context;
use crate::error::{CatalogueError, Fault, nearest};
use crate::frame::Frame;
use crate::line_tables;
use crate::settings::Settings;
use crate::views::{View, built_in};

/// Stack of the threads that plan and run: plans of views over views are deep, and the planner walks them recursively.
const STACK: usize = 64 << 20;

/// The tables of facts by name.
#[derive(Clone, Default)]
pub struct Facts {
    tables: BTreeMap<String, Table>,
    snapshot: Option<i64>,
    lives: Option<Lives>,
}

/// Makes the tables of `line_tables` from the same snapshot, when one is asked for.
type Loader = Arc<dyn Fn() -> Result<Vec<(&'static str, RecordBatch)>, CatalogueError> + Send + Sync>;

/// The tables of line lives, made at most once.
#[derive(Clone)]
struct Lives {
    load: Loader,
    made: Arc<OnceLock<Result<BTreeMap<String, Table>, String>>>,
}

#[derive(Debug, Clone)]
enum Table {
    /// Exactly these files, which exist and have the size that was pinned.
    Files { schema: SchemaRef, files: Vec<PathBuf>, rows: u64 },
    /// Rows in memory.
    Rows { schema: SchemaRef, batches: Vec<RecordBatch> },
}

impl Table {
    fn of_files(schema: SchemaRef, files: Vec<PathBuf>, rows: u64) -> Self {
        if files.is_empty() { Self::Rows { schema, batches: Vec::new() } } else { Self::Files { schema, files, rows } }
    }
}

impl Facts {
    /// The tables of a snapshot; a table that never had rows is there, without any.
    ///
    /// # Errors
    /// [`CatalogueError::Lake`] when a file that the snapshot pinned is gone or was changed.
    pub fn of_snapshot(snapshot: &Snapshot) -> Result<Self, CatalogueError> {
        let mut tables = BTreeMap::new();
        for table in candor_lake::TABLES.iter() {
            let files = snapshot.files(table.name)?;
            let rows = snapshot.units(table.name).map(|(_, rows)| rows).sum();
            tables.insert(table.name.to_owned(), Table::of_files(table.arrow_schema(), files, rows));
        }
        Ok(Self { tables, snapshot: Some(snapshot.id().0), lives: None })
    }

    /// Adds or replaces a table by Parquet files with these columns, which hold `rows` rows.
    pub fn insert_files(&mut self, name: &str, schema: SchemaRef, files: Vec<PathBuf>, rows: u64) {
        self.tables.insert(name.to_owned(), Table::of_files(schema, files, rows));
    }

    /// How the tables of `line_tables` come about: `load` runs when the first metric needs one of them.
    pub fn derive_lives(
        &mut self,
        load: impl Fn() -> Result<Vec<(&'static str, RecordBatch)>, CatalogueError> + Send + Sync + 'static,
    ) {
        self.lives = Some(Lives { load: Arc::new(load), made: Arc::default() });
    }

    fn table(&self, name: &str) -> Result<Option<&Table>, CatalogueError> {
        if let Some(table) = self.tables.get(name) {
            return Ok(Some(table));
        }
        if !line_tables::names().any(|own| own == name) {
            return Ok(None);
        }
        let Some(lives) = &self.lives else { return Ok(None) };
        let made = lives.made.get_or_init(|| {
            let tables = (lives.load)().map_err(|error| error.to_string())?;
            let rows = |(name, batch): (&str, RecordBatch)| {
                (name.to_owned(), Table::Rows { schema: batch.schema(), batches: vec![batch] })
            };
            Ok(tables.into_iter().map(rows).collect())
        });
        match made {
            Ok(tables) => Ok(tables.get(name)),
            Err(problem) => Err(CatalogueError::Engine { what: "the lives of lines".to_owned(), problem: problem.clone() }),
        }
    }

    /// The tables of a lake in which nothing is yet.
    #[must_use]
    pub fn none() -> Self {
        let empty = |table: &candor_lake::TableSpec| {
            (table.name.to_owned(), Table::Rows { schema: table.arrow_schema(), batches: Vec::new() })
        };
        Self { tables: candor_lake::TABLES.iter().map(empty).collect(), snapshot: None, lives: None }
    }

    /// Adds or replaces a table by rows in memory.
    pub fn insert(&mut self, name: &str, schema: SchemaRef, batches: Vec<RecordBatch>) {
        self.tables.insert(name.to_owned(), Table::Rows { schema, batches });
    }

    /// Number of rows of a table; 0 for one that cannot be read, which [`Facts::check`] tells.
    #[must_use]
    pub fn rows(&self, name: &str) -> u64 {
        match self.table(name) {
            Ok(Some(Table::Files { rows, .. })) => *rows,
            Ok(Some(Table::Rows { batches, .. })) => batches.iter().map(|batch| batch.num_rows() as u64).sum(),
            _ => 0,
        }
    }

    /// Whether a table can be read.
    ///
    /// # Errors
    /// Why the lives of lines cannot be made.
    pub fn check(&self, name: &str) -> Result<(), CatalogueError> {
        self.table(name).map(|_| ())
    }

    /// Whether a table is in files that a snapshot pinned.
    #[must_use]
    pub fn is_pinned(&self, name: &str) -> bool {
        matches!(self.tables.get(name), Some(Table::Files { .. }))
    }

    /// The files of a table, as the snapshot pinned them.
    #[must_use]
    pub fn files(&self, name: &str) -> Vec<String> {
        match self.tables.get(name) {
            Some(Table::Files { files, .. }) => files.iter().map(|file| file.display().to_string()).collect(),
            _ => Vec::new(),
        }
    }

    /// Number of the snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Option<i64> {
        self.snapshot
    }
}

/// An engine with the tables of one organisation.
pub struct Session {
    runtime: Runtime,
    context: SessionContext,
    facts: Facts,
    views: BTreeMap<&'static str, View>,
    settings: Settings,
    calendar: Calendar,
    /// Names that the engine knows already.
    registered: Mutex<BTreeSet<String>>,
}

/// What a query reads, those of its views included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Views, each after those that it reads.
    pub views: Vec<View>,
    /// Tables of facts.
    pub tables: Vec<String>,
    /// Tables of settings and the calendar.
    pub settings: Vec<String>,
}

impl Reads {
    /// Whether it reads a table or a view of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.views.iter().any(|view| view.name == name) || self.tables.iter().chain(&self.settings).any(|table| table == name)
    }
}

/// What stands in the way of a query: a fault in the text, or the engine.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// At this line of the text (0 = not known).
    Text {
        line: usize,
        problem: String,
        hint: String,
    },
    Other(CatalogueError),
}

impl Session {
    /// Opens an engine. No table is read before a query needs it.
    ///
    /// # Errors
    /// [`CatalogueError::Setting`], [`CatalogueError::Engine`].
    pub fn new(facts: Facts, settings: Settings) -> Result<Self, CatalogueError> {
        let calendar = Calendar::new(&settings)?;
        let engine = |problem: String| CatalogueError::Engine { what: "the session".to_owned(), problem };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_stack_size(STACK)
            .build()
            .map_err(|error| engine(error.to_string()))?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut config = SessionConfig::new().with_target_partitions(cores).with_collect_statistics(true);
        // So that a fault of a text can be shown at its line.
        config.options_mut().sql_parser.collect_spans = true;
        let state = SessionStateBuilder::new().with_config(config).with_default_features().build();
        let context = SessionContext::new_with_state(state);
        let mut registered = BTreeSet::new();
        for (name, batch) in context::tables(&settings, &calendar).map_err(|error| engine(error.to_string()))? {
            let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).map_err(|error| engine(error.to_string()))?;
            context.register_table(name, Arc::new(table)).map_err(|error| engine(error.to_string()))?;
            registered.insert(name.to_owned());
        }
        Ok(Self { runtime, context, facts, views: built_in(), settings, calendar, registered: Mutex::new(registered) })
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The calendar.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The facts.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whether there is a table or a view of that name.
    #[must_use]
    pub fn has_table(&self, name: &str) -> bool {
        self.facts.tables.contains_key(name)
            || line_tables::names().any(|own| own == name)
            || self.views.contains_key(name)
            || self.known().contains(name)
    }

    pub(crate) fn is_view(&self, name: &str) -> bool {
        self.views.contains_key(name)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Plans a query of the catalogue, registering what it reads.
    pub(crate) fn plan(&self, sql: &str) -> Result<LogicalPlan, Trouble> {
        for name in self.references(sql)? {
            self.register(&name, &mut Vec::new())?;
        }
        let plan = self.logical_plan(sql).map_err(|error| trouble(&error))?;
        // The types of a plan are those of its columns only after analysis: a UNION shows those of its first part before.
        let state = self.context.state();
        self.wait(async move { state.analyzer().execute_and_check(plan, state.config_options(), |_, _| {}) })
            .map_err(|error| trouble(&error))
    }

    fn logical_plan(&self, sql: &str) -> Result<LogicalPlan, DataFusionError> {
        let (state, sql) = (self.context.state(), sql.to_owned());
        self.wait(async move { state.create_logical_plan(&sql).await })
    }

    /// Waits for work on a thread of the engine, which has the stack for it.
    fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, DataFusionError>> + Send + 'static,
    ) -> Result<T, DataFusionError> {
        let done = self.runtime.block_on(self.runtime.spawn(work));
        done.unwrap_or_else(|failed| Err(DataFusionError::External(Box::new(failed))))
    }

    /// Runs a plan for these of its columns.
    pub(crate) fn frame(&self, what: &str, plan: LogicalPlan, columns: &[&str]) -> Result<Frame, CatalogueError> {
        let engine = |problem: String| CatalogueError::Engine { what: what.to_owned(), problem };
        let (context, columns) = (self.context.clone(), columns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        let batches = self.wait(async move {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            context.execute_logical_plan(plan).await?.select_columns(&columns)?.collect().await
        });
        let batches = batches.map_err(|error| engine(error.strip_backtrace()))?;
        Frame::from_batches(&batches).map_err(|error| engine(error.to_string()))
    }

    /// Runs any query over the tables and views: for readers who want to look at what stands behind a figure.
    ///
    /// # Errors
    /// [`CatalogueError::Engine`] with what the engine says of the query.
    pub fn query(&self, sql: &str) -> Result<Vec<RecordBatch>, CatalogueError> {
        let what = || sql.lines().next().unwrap_or_default().to_owned();
        let plan = self.plan(sql).map_err(|trouble| match trouble {
            Trouble::Text { problem, .. } => CatalogueError::Engine { what: what(), problem },
            Trouble::Other(error) => error,
        })?;
        let context = self.context.clone();
        self.wait(async move { context.execute_logical_plan(plan).await?.collect().await })
            .map_err(|error| CatalogueError::Engine { what: what(), problem: error.strip_backtrace() })
    }

    /// All columns of a query over tables and views; `what` is its name in a message.
    ///
    /// # Errors
    /// [`CatalogueError::Engine`] with what the engine says of the query.
    pub fn rows(&self, what: &str, sql: &str) -> Result<Frame, CatalogueError> {
        let plan = self.plan(sql).map_err(|trouble| match trouble {
            Trouble::Text { problem, .. } => CatalogueError::Engine { what: what.to_owned(), problem },
            Trouble::Other(error) => error,
        })?;
        let columns: Vec<String> = plan.schema().fields().iter().map(|field| field.name().clone()).collect();
        self.frame(what, plan, &columns.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The views and tables that a query reads, those included that its views read.
    ///
    /// # Errors
    /// [`CatalogueError::Engine`] for a text that is no query.
    pub fn reads(&self, sql: &str) -> Result<Reads, CatalogueError> {
        let mut reads = Reads::default();
        self.read_into(sql, &mut reads)?;
        Ok(reads)
    }

    fn read_into(&self, sql: &str, reads: &mut Reads) -> Result<(), CatalogueError> {
        let names = self.references(sql).map_err(|trouble| match trouble {
            Trouble::Text { problem, .. } => CatalogueError::Engine { what: "what a query reads".to_owned(), problem },
            Trouble::Other(error) => error,
        })?;
        for name in names {
            if reads.has(&name) {
                continue;
            }
            if let Some(view) = self.views.get(name.as_str()) {
                // What a view reads comes before it.
                self.read_into(view.sql, reads)?;
                if !reads.has(&name) {
                    reads.views.push(*view);
                }
            } else if self.facts.tables.contains_key(&name) {
                reads.tables.push(name);
            } else {
                reads.settings.push(name);
            }
        }
        Ok(())
    }

    /// The tables and views that a query names.
    fn references(&self, sql: &str) -> Result<Vec<String>, Trouble> {
        let state = self.context.state();
        let dialect = state.config().options().sql_parser.dialect;
        let statement = state.sql_to_statement(sql, &dialect).map_err(|error| trouble(&error))?;
        let found = state.resolve_table_references(&statement).map_err(|error| trouble(&error))?;
        Ok(found.iter().map(|reference| TableReference::table(reference).to_owned()).collect())
    }

    /// Makes a table or a view, and before it all that it reads, known to the engine. `path` are the views that led here.
    fn register(&self, name: &str, path: &mut Vec<String>) -> Result<(), Trouble> {
        if self.known().contains(name) {
            return Ok(());
        }
        let provider: Arc<dyn TableProvider> = if let Some(view) = self.views.get(name) {
            if path.iter().any(|above| above == name) {
                return Err(Trouble::Other(
                    Fault {
                        file: view.file.to_owned(),
                        line: 1,
                        key: String::new(),
                        problem: format!("expected a view that does not read itself, found {} -> {name}", path.join(" -> ")),
                        hint: "take one of them out of the circle".to_owned(),
                    }
                    .into(),
                ));
            }
            path.push(name.to_owned());
            let in_view = |trouble: Trouble| match trouble {
                Trouble::Text { line, problem, hint } => {
                    let (file, key) = (view.file.to_owned(), String::new());
                    Trouble::Other(Fault { file, line, key, problem, hint }.into())
                }
                other => other,
            };
            for reference in self.references(view.sql).map_err(in_view)? {
                self.register(&reference, path).map_err(in_view)?;
            }
            path.pop();
            let plan = self.logical_plan(view.sql).map_err(|error| in_view(trouble(&error)))?;
            Arc::new(ViewTable::new(plan, Some(view.sql.to_owned())))
        } else {
            match self.facts.table(name).map_err(Trouble::Other)? {
                Some(Table::Files { schema, files, .. }) => {
                    self.listing(schema, files).map_err(|error| Trouble::Other(engine(name, &error)))?
                }
                Some(Table::Rows { schema, batches }) => {
                    let table = MemTable::try_new(Arc::clone(schema), vec![batches.clone()]);
                    Arc::new(table.map_err(|error| Trouble::Other(engine(name, &error)))?)
                }
                None if line_tables::names().any(|own| own == name) => {
                    let schema = line_tables::schema(name).unwrap_or_else(|| Arc::new(Schema::empty()));
                    let table = MemTable::try_new(schema, vec![Vec::new()]);
                    Arc::new(table.map_err(|error| Trouble::Other(engine(name, &error)))?)
                }
                None => {
                    let known = self.known().clone();
                    let all = self.facts.tables.keys().map(String::as_str).chain(self.views.keys().copied());
                    let near = nearest(name, all.chain(known.iter().map(String::as_str)));
                    let hint = near.map_or_else(
                        || "`candor template` lists the tables; `candor metrics show NAME` prints a view".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    let problem = format!("expected a table or a view, found `{name}`, which is neither");
                    return Err(Trouble::Text { line: 0, problem, hint });
                }
            }
        };
        self.context
            .register_table(TableReference::bare(name), provider)
            .map_err(|error| Trouble::Other(engine(name, &error)))?;
        self.known().insert(name.to_owned());
        Ok(())
    }

    fn listing(&self, schema: &SchemaRef, files: &[PathBuf]) -> Result<Arc<dyn TableProvider>, DataFusionError> {
        let urls = files
            .iter()
            .map(|file| {
                let absolute = std::path::absolute(file).map_err(DataFusionError::IoError)?;
                ListingTableUrl::parse(absolute.to_string_lossy())
            })
            .collect::<Result<Vec<_>, _>>()?;
        let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
        let config = ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(Arc::clone(schema));
        Ok(Arc::new(ListingTable::try_new(config)?))
    }
}

fn engine(what: &str, error: &DataFusionError) -> CatalogueError {
    CatalogueError::Engine { what: what.to_owned(), problem: error.strip_backtrace() }
}

/// What the engine says of a text, with the line where it says one.
fn trouble(error: &DataFusionError) -> Trouble {
    let mut message = error.strip_backtrace();
    let mut line = 0;
    let mut hint = String::new();
    if let Some(diagnostic) = error.diagnostic() {
        line = diagnostic.span.map_or(0, |span| span.start.line as usize);
        hint = diagnostic.helps.iter().chain(&[]).map(|help| help.message.clone()).collect::<Vec<_>>().join("; ");
        if hint.is_empty() {
            hint = diagnostic.notes.iter().map(|note| note.message.clone()).collect::<Vec<_>>().join("; ");
        }
    }
    // The parser writes `... at Line: 3, Column: 5`.
    if let Some((before, place)) = message.clone().rsplit_once(" at Line: ") {
        let digits: String = place.chars().take_while(char::is_ascii_digit).collect();
        if let Ok(found) = digits.parse() {
            line = found;
            before.clone_into(&mut message);
        }
    }
    for prefix in [
        "SQL error: ",
        "Error during planning: ",
        "Schema error: ",
        "ParserError(\"",
        "sql parser error: ",
        "type_coercion\ncaused by\nError during planning: ",
    ] {
        if let Some(rest) = message.strip_prefix(prefix) {
            message = rest.to_owned();
        }
    }
    let mut message = message.trim_end_matches("\")").replace('\n', " ");
    // The list of all fields is long, and the nearest one says enough.
    if let Some((before, _)) = message.split_once(" Valid fields are ") {
        before.to_owned().clone_into(&mut message);
    }
    if let Some((before, near)) = message.clone().split_once(" Did you mean ") {
        before.clone_into(&mut message);
        hint = format!("did you mean {near}");
    }
    Trouble::Text { line, problem: message, hint }
}

impl From<LakeError> for Trouble {
    fn from(error: LakeError) -> Self {
        Self::Other(error.into())
    }
}
