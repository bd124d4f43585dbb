//! `candor import` and `candor validate`: CSV files of the contract, checked as one import and taken whole or not at all; reports of tools.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use candor_git::added::AddedReader;
use candor_git::{ObjectId, Repository};
use candor_lake::{Holder, Lake, Wait};
use candor_model::text::visible_lines;
use candor_sources::csv::{self, FileOutcome, Imported, Input, Options};
use candor_sources::reports::{self, About, Brought, Format, Paths};
use candor_tables::{DayOrder, Dialect, Fault, Settings, TABLES, TOLD, Table, Told};
use clap::ValueEnum;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::init::Organisation;
use super::template;
use crate::failure::Failure;
use crate::{Done, output, progress, store};

/// How files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DialectName {
    /// As the contract says: UTF-8, comma, decimal point, ISO dates.
    Plain,
    /// As spreadsheets save them: `;`, decimal comma, UTF-16, local dates.
    Spreadsheet,
}

/// Decimal signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Decimal {
    /// 7,25
    Comma,
    /// 7.25
    Point,
}

/// Orders of local dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Dates {
    /// 31.12.2024
    DayFirst,
    /// 12/31/2024
    MonthFirst,
}

/// How the files are to be read.
#[derive(clap::Args)]
pub struct Reading {
    /// Table of the files, where their names do not say it.
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
    /// How the files are written.
    #[arg(long, value_enum, default_value = "plain")]
    dialect: DialectName,
    /// Decimal sign of a spreadsheet, where the file does not show it.
    #[arg(long, value_enum)]
    decimal: Option<Decimal>,
    /// Order of local dates of a spreadsheet, where the file does not show it.
    #[arg(long, value_enum)]
    dates: Option<Dates>,
    /// Zone (IANA) of times that do not say their offset.
    #[arg(long, value_name = "ZONE")]
    assume_timezone: Option<String>,
    /// One JSON document on standard output.
    #[arg(long)]
    json: bool,
}

/// Arguments of `candor validate`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor validate exports/
  candor validate people.csv employment.csv --json")]
pub struct ValidateArgs {
    /// Files TABLE.csv, or folders of them.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

/// Arguments of `candor import`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor import exports/
  candor import finance.csv --dialect spreadsheet
  candor import tickets.csv --table support_tickets --assume-timezone Europe/Berlin
  candor import identities.csv --replace
  candor import scan.sarif lcov.info junit.xml --repo acme/checkout --commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904

Reports of tools (SARIF 2.1.0, LCOV, Cobertura, JUnit) are known by what they hold; each becomes a snapshot of its own.")]
pub struct Args {
    /// Files TABLE.csv, folders of them, or reports of tools.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// The files are the whole of their tables: rows that they do not hold go.
    #[arg(long, conflicts_with = "keep_going")]
    replace: bool,
    /// Take the good rows, and list the others.
    #[arg(long)]
    keep_going: bool,
    /// Repository that reports of tools are about, by its id in candor.toml.
    #[arg(long, value_name = "REPO")]
    repo: Option<String>,
    /// Commit that reports of tools are about, in full.
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
    /// When the reports were made, RFC 3339 [default: the time of the commit].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    reading: Reading,
}

/// Runs `candor validate`.
pub fn validate(args: &ValidateArgs) -> Done {
    let organisation = Organisation::current()?;
    let options = options(organisation.as_ref(), &args.reading, false, false)?;
    let (inputs, refused) = inputs(&args.paths, &args.reading)?;
    let lake = organisation.as_ref().map(Organisation::lake).filter(|folder| folder.join(candor_lake::JOURNAL_FILE).exists());
    let lake = lake.map(|folder| Lake::open(&folder)).transpose()?;
    let mut files = csv::validate(lake.as_ref(), &inputs, &options)?;
    files.extend(refused);
    if args.reading.json {
        output::print(format!("{:#}\n", json!({ "schema": "candor-validate/1", "files": documents(&files) })).as_bytes())?;
    }
    tell(&files, args.reading.json);
    let faults: usize = files.iter().map(|file| file.faults.len()).sum();
    if faults > 0 {
        return Err(Failure::user(format!("{} in {}", count(faults, "fault"), count(files.len(), "file"))));
    }
    if !args.reading.json {
        let rows: usize = files.iter().map(|file| file.rows).sum();
        output::print(format!("legal: {} with {}\n", count(files.len(), "file"), count(rows, "row")).as_bytes())?;
    }
    Ok(())
}

/// Runs `candor import`.
pub fn run(args: &Args) -> Done {
    let organisation = Organisation::here()?;
    let options = options(Some(&organisation), &args.reading, args.replace, args.keep_going)?;
    let mut tables = Vec::new();
    let mut documents = Vec::new();
    let lake = || Lake::open_or_create(organisation.lake());
    for path in &args.paths {
        let format = if path.is_file() && args.reading.table.is_none() && table_of(path).is_none() {
            Format::of(&std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?)
        } else {
            None
        };
        match format {
            Some(format) => {
                let (document, said) = report(&lake()?, &organisation, args, path, format, &options)?;
                if !args.reading.json {
                    output::print(visible_lines(&said).as_bytes())?;
                }
                documents.push(document);
            }
            None => tables.push(path.clone()),
        }
    }
    if documents.is_empty() {
        let about = [("--repo", &args.repo), ("--commit", &args.commit), ("--at", &args.at)];
        if let Some((flag, _)) = about.iter().find(|(_, given)| given.is_some()) {
            return Err(Failure::user(format!("{flag} is about reports of tools, and none of the files is one"))
                .hint("leave it out: rows of tables say themselves what they are about; reports are SARIF 2.1.0, LCOV, Cobertura, JUnit"));
        }
    }
    let mut faults = 0;
    if !tables.is_empty() {
        let (inputs, refused) = inputs(&tables, &args.reading)?;
        let imported = if refused.is_empty() {
            csv::import(&lake()?, &inputs, &options, waiting(&mut say_waiting))?
        } else {
            Imported { files: refused, tables: std::collections::BTreeMap::new(), snapshot: None, created: false }
        };
        tell(&imported.files, args.reading.json);
        if !args.reading.json {
            output::print(summary(&imported).as_bytes())?;
        }
        faults = imported.files.iter().map(|file| file.faults.len()).sum();
        documents.insert(0, document(&imported));
    }
    if args.reading.json {
        let whole = match documents.as_slice() {
            [only] => only.clone(),
            several => json!({ "schema": "candor-import/1", "imports": several }),
        };
        output::print(format!("{whole:#}\n").as_bytes())?;
    }
    if faults > 0 {
        let what = if args.keep_going { "the rows named above were left out" } else { "nothing was imported" };
        let failure = Failure::user(format!("{}; {what}", count(faults, "fault")));
        return Err(if args.keep_going {
            failure
        } else {
            failure.hint("mend the files, or take the good rows with --keep-going")
        });
    }
    Ok(())
}

fn say_waiting(holder: &Holder) -> bool {
    output::say(&format!("waiting: {holder} is writing"));
    !progress::is_stopped()
}

fn waiting(say: &mut dyn FnMut(&Holder) -> bool) -> Wait<'_> {
    Wait::While(say)
}

/// When a commit was made.
fn commit_time(repository: &Repository, id: ObjectId) -> Option<Timestamp> {
    let repository = repository.inner().to_thread_local();
    let seconds = repository.find_commit(id).ok()?.time().ok()?.seconds;
    Timestamp::from_second(seconds).ok()
}

/// Imports a report of a tool; answers what it brought as a document and in words.
fn report(
    lake: &Lake,
    organisation: &Organisation,
    args: &Args,
    path: &Path,
    format: Format,
    options: &Options,
) -> Result<(Value, String), Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    let name = path.display().to_string();
    let missing = |flag: &str| {
        Failure::user(format!("{name}: a {} report does not say what it is about: {flag} is missing", format.word()))
            .hint("--repo REPO --commit SHA, with the repository's id in candor.toml")
    };
    let repo = args.repo.as_deref().ok_or_else(|| missing("--repo"))?;
    let commit = args.commit.as_deref().ok_or_else(|| missing("--commit"))?;
    let id = ObjectId::from_hex(commit.as_bytes()).map_err(|_| {
        Failure::user(format!("--commit: expected a commit id of 40 or 64 hex digits, found `{commit}`"))
            .hint("`git rev-parse HEAD` prints it in full")
    })?;
    let described =
        organisation.description().repositories.iter().find(|one| one.repo.as_deref() == Some(repo)).ok_or_else(|| {
            Failure::user(format!("candor.toml describes no repository `{repo}`"))
                .hint("add a table `[[repository]]` with `path` and `repo`: paths of a report are looked up in it")
        })?;
    let repository = Repository::open(&organisation.folder().join(&described.path))?;
    let mut reader = AddedReader::new(&repository);
    reader.file_at(id, b".candor").map_err(|_| {
        Failure::user(format!("--commit: the repository `{repo}` has no commit `{commit}`"))
            .hint("`git fetch` there, or name another commit")
    })?;
    let at = match &args.at {
        Some(text) => text.parse().map_err(|_| {
            Failure::user(format!("--at: expected a time with offset, found `{text}`")).hint("such as 2025-03-31T14:05:00+02:00")
        })?,
        // Nothing better is known, and the same report twice must say the same twice.
        None => commit_time(&repository, id).unwrap_or(options.settings.now).min(options.settings.now),
    };
    let mut paths = Paths::new(|path: &str| reader.file_at(id, path.as_bytes()).is_ok_and(|found| found.is_some()));
    let about = About { repo, commit, at, now: options.settings.now };
    let wrong = |error: reports::ReportError| Failure::user(error.to_string()).hint(error.hint);
    let wait = &mut say_waiting;
    let (brought, what) = match format {
        Format::Sarif => {
            let findings = reports::findings(&name, &bytes, &about, &mut paths).map_err(wrong)?;
            if findings.without_place > 0 {
                output::say(&format!("note: {name}: {} without a place in a file", count(findings.without_place, "result")));
            }
            let table = template::table("findings")?;
            let input = Input { name: name.clone(), table, bytes, text: Some((findings.csv, Dialect::PLAIN)), source: "sarif" };
            let imported =
                csv::import(lake, &[input], &Options { replace: false, keep_going: false, ..options.clone() }, waiting(wait))?;
            tell(&imported.files, false);
            if imported.has_faults() {
                return Err(
                    Failure::user(format!("{name}: nothing was imported")).hint("the lines are those of the findings as a table")
                );
            }
            let (snapshot, created) = (imported.snapshot, imported.created);
            (Brought { rows: findings.rows, unmapped: Vec::new(), snapshot, created }, "finding")
        }
        Format::Lcov | Format::Cobertura => {
            let lines = reports::coverage(&name, format, &bytes, &mut paths).map_err(wrong)?;
            (reports::keep_coverage(lake, format, &bytes, &about, lines, waiting(wait))?, "file")
        }
        Format::Junit => {
            let tests = reports::tests(&name, &bytes).map_err(wrong)?;
            (reports::keep_tests(lake, &bytes, &about, tests, waiting(wait))?, "test")
        }
    };
    let unmapped = paths.unmapped();
    if !unmapped.is_empty() {
        let shown: Vec<&str> = unmapped.iter().take(5).map(String::as_str).collect();
        let some = if unmapped.len() > shown.len() { ", ..." } else { "" };
        output::say(&format!(
            "warning: {name}: {} fit no file of {repo} at {commit}, and are kept as they are written: {}{some}",
            count(unmapped.len(), "path"),
            shown.join(", ")
        ));
    }
    let snapshot = brought.snapshot.map(|snapshot| snapshot.0);
    let news = if brought.created { "" } else { ", nothing of it new" };
    let said = format!("{name}: {}, {}{news}\n", format.word(), count(brought.rows, what));
    let document = json!({
        "schema": "candor-import/1", "file": name, "format": format.word(), "repo": repo, "commit": commit, "rows": brought.rows,
        "unmapped": unmapped, "snapshot": snapshot, "changed": brought.created,
    });
    Ok((document, said))
}

fn options(organisation: Option<&Organisation>, reading: &Reading, replace: bool, keep_going: bool) -> Result<Options, Failure> {
    let fallback = candor_tables::Organisation::default();
    let description = organisation.map_or(&fallback, Organisation::description);
    let assumed_zone = reading
        .assume_timezone
        .as_deref()
        .map(|name| {
            TimeZone::get(name).map_err(|_| {
                Failure::user(format!("--assume-timezone: there is no time zone `{name}`"))
                    .hint("write its IANA name, such as Europe/Berlin")
            })
        })
        .transpose()?;
    let settings = Settings { currency: description.currency.clone(), zone: description.zone(), now: store::now(), assumed_zone };
    Ok(Options { settings, replace, keep_going, keep_titles: description.keep_titles })
}

/// The table that a file's name says: `people.csv`, `people.2025.csv`, `people-2025.csv`.
fn table_of(path: &Path) -> Option<&'static Table> {
    if !path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
        return None;
    }
    let stem = path.file_stem()?.to_str()?;
    TABLES.iter().find(|table| stem.strip_prefix(table.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-'])))
}

/// Reads the files; those that cannot be read as spreadsheets come back as refused.
fn inputs(paths: &[PathBuf], reading: &Reading) -> Result<(Vec<Input>, Vec<FileOutcome>), Failure> {
    let told = reading.table.as_deref().map(template::table).transpose()?;
    let asks = [("--decimal", reading.decimal.is_some()), ("--dates", reading.dates.is_some())];
    if let Some((flag, _)) = asks.iter().find(|(_, given)| *given && reading.dialect == DialectName::Plain) {
        return Err(Failure::user(format!("{flag} says how a spreadsheet is written, and the files are read as plain ones"))
            .hint("add `--dialect spreadsheet`, or leave it out"));
    }
    let mut found: Vec<(PathBuf, &'static Table)> = Vec::new();
    for path in paths {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(|error| Failure::file("read", path, &error))?;
            let mut files: Vec<PathBuf> =
                entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_file()).collect();
            files.sort();
            let before = found.len();
            for file in files {
                match table_of(&file) {
                    Some(table) => found.push((file, table)),
                    None if file.extension().is_some_and(|extension| extension == "csv") => {
                        output::say(&format!("note: `{}` is named after no table and is left alone", file.display()));
                    }
                    None => {}
                }
            }
            if found.len() == before {
                return Err(Failure::user(format!("`{}` holds no file that is named after a table", path.display()))
                    .hint("`candor template` lists the tables; a file is called TABLE.csv"));
            }
            continue;
        }
        if !path.exists() {
            return Err(Failure::user(format!("there is no file or folder `{}`", path.display()))
                .hint("name files TABLE.csv, or folders of them; `candor template` lists the tables"));
        }
        let table = match told.or_else(|| table_of(path)) {
            Some(table) => table,
            None => {
                return Err(Failure::user(format!("`{}` is named after no table, and is no report of a tool", path.display()))
                    .hint("call it TABLE.csv, or say --table TABLE; `candor template` lists the tables")
                    .hint("`candor import` knows reports by what they hold: SARIF 2.1.0, LCOV, Cobertura, JUnit"));
            }
        };
        found.push((path.clone(), table));
    }
    let (mut inputs, mut refused) = (Vec::new(), Vec::new());
    for (path, table) in found {
        let bytes = std::fs::read(&path).map_err(|error| Failure::file("read", &path, &error))?;
        let name = path.display().to_string();
        let mut spreadsheet = None;
        if reading.dialect == DialectName::Spreadsheet {
            let told = Told {
                decimal_comma: reading.decimal.map(|decimal| decimal == Decimal::Comma),
                dates: reading.dates.map(|dates| match dates {
                    Dates::DayFirst => DayOrder::DayFirst,
                    Dates::MonthFirst => DayOrder::MonthFirst,
                }),
            };
            match candor_tables::spreadsheet(&name, table, &bytes, told) {
                Ok(sheet) => {
                    // The rows are shown as they are understood, before anything is said of their faults.
                    let zone = reading.assume_timezone.as_deref().and_then(|zone| TimeZone::get(zone).ok());
                    let settings =
                        Settings { currency: String::new(), zone: TimeZone::UTC, now: store::now(), assumed_zone: zone };
                    let file = candor_tables::read_text(&name, table, sheet.text.clone(), sheet.dialect, &settings);
                    output::say(&format!(
                        "{name}: read as {}\n{}",
                        sheet.words(),
                        candor_tables::first_rows(&file, 3).trim_end()
                    ));
                    spreadsheet = Some((sheet.text, sheet.dialect));
                }
                Err(fault) => {
                    refused.push(FileOutcome { name, table: table.name, rows: 0, faults: vec![*fault] });
                    continue;
                }
            }
        }
        inputs.push(Input { name, table, bytes, text: spreadsheet, source: "csv" });
    }
    Ok((inputs, refused))
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// Lists what is wrong, on standard error.
fn tell(files: &[FileOutcome], is_json: bool) {
    if is_json {
        return;
    }
    for file in files {
        let mut text = String::new();
        for fault in file.faults.iter().take(TOLD) {
            let _ = writeln!(text, "{fault}");
        }
        if let Some(more) = file.faults.len().checked_sub(TOLD).filter(|more| *more > 0) {
            let _ = writeln!(text, "{}: and {}", file.name, count(more, "more fault"));
        }
        if !text.is_empty() {
            output::say(text.trim_end());
        }
    }
}

fn documents(files: &[FileOutcome]) -> Vec<Value> {
    files
        .iter()
        .map(|file| {
            let told: Vec<&Fault> = file.faults.iter().take(TOLD).collect();
            json!({
                "file": file.name, "table": file.table, "rows": file.rows, "faults": told,
                "more_faults": file.faults.len().saturating_sub(TOLD),
            })
        })
        .collect()
}

fn document(imported: &Imported) -> Value {
    let tables: serde_json::Map<String, Value> = imported
        .tables
        .iter()
        .map(|(table, counts)| {
            let counts = json!({
                "added": counts.added, "changed": counts.changed, "unchanged": counts.unchanged, "removed": counts.removed,
            });
            ((*table).to_owned(), counts)
        })
        .collect();
    json!({
        "schema": "candor-import/1", "files": documents(&imported.files), "tables": tables,
        "snapshot": imported.snapshot.map(|snapshot| snapshot.0), "changed": imported.created,
    })
}

fn summary(imported: &Imported) -> String {
    let mut text = String::new();
    for (table, counts) in &imported.tables {
        let _ = writeln!(
            text,
            "{table:<22} {:>8} new {:>8} changed {:>8} as before {:>8} gone",
            counts.added, counts.changed, counts.unchanged, counts.removed
        );
    }
    if imported.tables.values().any(|counts| counts.removed > 0) {
        text.push_str("note: rows of other tables that refer to what is gone stay as they are\n");
    }
    match imported.snapshot {
        Some(snapshot) if imported.created => {
            let _ = writeln!(text, "snapshot {}", snapshot.0);
        }
        Some(snapshot) => {
            let _ = writeln!(text, "nothing is new: snapshot {} stays the latest", snapshot.0);
        }
        None => {}
    }
    text
}
