//! Which repositories are meant, and where their facts are kept: in the organisation's folder when there is one, else in the user's
//! cache, one lake for each repository, branch and set of rules.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Date32Type;

use candor_attribution::{Identities, KnownPerson, LabelPolicy, Mailmap, Rules, Scope};
use candor_git::added::AddedReader;
use candor_git::{LineRules, Mainline, ObjectId, Repository};
use candor_lake::{Lake, Snapshot};
use candor_metrics::facts::LineFacts;
use candor_metrics::load::{self, Contexts, Input, LoadOptions, RecordSummary};
use candor_sources::git::{Head, Store, Wanted};
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::commands::init::Organisation;
use crate::failure::Failure;
use crate::output;
use crate::progress::{self, Bar};

/// One repository, its mainline, and where its facts are.
pub struct Selected {
    /// The repository.
    pub repo: Repository,
    /// What is mined.
    pub mainline: Mainline,
    /// Where its facts are kept.
    pub store: Store,
}

/// Facts of one repository, up to date.
pub struct Fresh {
    /// The repository.
    pub selected: Selected,
    /// What to read.
    pub snapshot: Snapshot,
    /// What the run said.
    pub head: Head,
}

/// The repositories that `paths` mean: each a repository, or a folder of them.
///
/// `unread` takes the folders that could not be looked into.
pub fn find(paths: &[PathBuf], unread: &mut Vec<Failure>) -> Vec<PathBuf> {
    let (mut found, mut met) = (Vec::new(), std::collections::BTreeSet::new());
    for path in paths {
        if is_repository(path) {
            found.push(path.clone());
            continue;
        }
        let mut inside = Vec::new();
        repositories_below(path, FOLDERS_DEEP, &mut inside, unread);
        inside.sort();
        if inside.is_empty() {
            // Perhaps a folder inside of a work tree: the repository itself says so, or refuses.
            found.push(path.clone());
        }
        // Two ways to one repository, by a link: it is read once.
        inside.retain(|path| met.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
        found.extend(inside);
    }
    found
}

/// How many folders may lie between a folder that is named and a repository in it: a host, an owner, a name.
const FOLDERS_DEEP: usize = 3;

/// Adds the repositories below a folder; what lies inside of one is not looked at.
fn repositories_below(folder: &Path, deep: usize, found: &mut Vec<PathBuf>, unread: &mut Vec<Failure>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        // A file, or nothing at all: the repository itself says so.
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotADirectory | std::io::ErrorKind::NotFound) => return,
        Err(error) => return unread.push(Failure::file("look for repositories in", folder, &error)),
    };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if is_repository(&path) {
            found.push(path);
        } else if deep > 1 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            repositories_below(&path, deep - 1, found, unread);
        }
    }
}

fn is_repository(path: &Path) -> bool {
    path.join(".git").exists() || (path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir())
}

/// The one reading of the wall clock: when facts were fetched or entries written. No figure sees it.
pub fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the one reading of the wall clock, which no figure sees")]
    Timestamp::now()
}

/// The folder of the user's cache.
fn cache_folder() -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(own) = set("CANDOR_CACHE_DIR") {
        return Ok(own);
    }
    let base = set("XDG_CACHE_HOME").or_else(|| set("LOCALAPPDATA")).or_else(|| {
        let home = set("HOME")?;
        Some(if cfg!(target_os = "macos") { home.join("Library").join("Caches") } else { home.join(".cache") })
    });
    base.map(|base| base.join("candor")).ok_or_else(|| {
        Failure::user("there is no folder to keep facts in: neither CANDOR_CACHE_DIR nor XDG_CACHE_HOME nor HOME is set")
            .hint("set CANDOR_CACHE_DIR to a folder that can be written")
    })
}

/// Takes facts out of the way that are damaged and can be made anew: those of the user's cache, which hold nothing but what git says. `true` =
/// the same command can be tried again. An organisation's folder holds more than that, and is left as it is.
pub fn set_aside(failure: &Failure) -> bool {
    let Some(damaged) = failure.damaged() else { return false };
    let (Ok(cache), Ok(None)) = (cache_folder(), Organisation::current()) else { return false };
    let inside = cache.join(damaged);
    let Some(name) = inside.strip_prefix(&cache).ok().and_then(|inside| inside.components().next()) else { return false };
    match Lake::set_aside(&cache.join(name), "candor setting damaged facts aside", now()) {
        Ok(aside) => {
            output::say(&format!(
                "warning: {failure}\nwarning: it was set aside as `{}`, and all is read anew from git; delete it when you do not want to look into it",
                aside.display()
            ));
            true
        }
        Err(_) => false,
    }
}

/// Opens a repository for mining under `rules`, for the organisation in whose folder this is.
pub fn select(path: &Path, branch: Option<&str>, rules: LineRules) -> Result<Selected, Failure> {
    select_for(Organisation::current()?, path, branch, rules)
}

/// Opens a repository for mining under `rules`, for an organisation or for nobody.
pub fn select_for(
    organisation: Option<Organisation>,
    path: &Path,
    branch: Option<&str>,
    rules: LineRules,
) -> Result<Selected, Failure> {
    let repo = Repository::open(path)?;
    let mainline = repo.mainline(branch)?;
    let common = repo.common_dir();
    let name = name_of(&common);
    let id = |parts: &[&[u8]]| -> String {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    };
    let key = id(&[common.as_os_str().as_encoded_bytes(), mainline.branch.as_bytes(), rules.describe().as_bytes()]);
    let repo_id = format!("{name}-{key}");
    // By the id that the organisation gives it, facts of other sources find the repository.
    let name = organisation.as_ref().and_then(|organisation| organisation.id_of(&common)).unwrap_or(name);
    let folder = match organisation {
        Some(organisation) => organisation.lake(),
        None => cache_folder()?.join(&repo_id),
    };
    let lake = Lake::open_or_create(&folder).map_err(|error| {
        let hint = format!("facts are kept in `{}`; set CANDOR_CACHE_DIR to a folder that can be written", folder.display());
        Failure::from(error).hint(hint)
    })?;
    Ok(Selected { repo, mainline, store: Store { lake, repo: repo_id, name } })
}

/// The name of a repository for people: that of its folder.
fn name_of(common: &Path) -> String {
    let own = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = own(common).unwrap_or_default();
    let named =
        if name == ".git" { common.parent().and_then(own) } else { Some(name.strip_suffix(".git").unwrap_or(&name).to_owned()) };
    let clean: String = named
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' })
        .collect();
    if clean.is_empty() { "repository".to_owned() } else { clean }
}

/// Brings the facts of a repository up to date and says what the reader must know.
pub fn refresh(selected: Selected, rules: LineRules, signs: &Rules, bulk: &[ObjectId]) -> Result<Fresh, Failure> {
    brought_up(selected, &Wanted { lines: rules, signs, bulk, functions: false }, now())
}

/// As [`refresh`], with the functions that landings touch, at a time that is given.
pub fn refresh_whole(
    selected: Selected,
    rules: LineRules,
    signs: &Rules,
    bulk: &[ObjectId],
    now: Timestamp,
) -> Result<Fresh, Failure> {
    brought_up(selected, &Wanted { lines: rules, signs, bulk, functions: true }, now)
}

fn brought_up(selected: Selected, wanted: &Wanted<'_>, now: Timestamp) -> Result<Fresh, Failure> {
    progress::stop_on_request();
    let refreshed = {
        let mut bar = Bar::new(&selected.store.name);
        selected.store.refresh(&selected.repo, &selected.mainline, wanted, &mut bar, now)?
    };
    if refreshed.stopped {
        return Err(Failure::stopped());
    }
    let snapshot = selected.store.lake.snapshot(refreshed.snapshot)?;
    let head = selected.store.head(&snapshot)?.ok_or_else(|| Failure::machine("the facts just written cannot be read back"))?;
    if let Some(note) = &selected.mainline.note {
        output::say(&format!("note: {}: {note}", selected.store.name));
    }
    for warning in &head.warnings {
        output::say(&format!("warning: {}: {warning}", selected.store.name));
    }
    Ok(Fresh { selected, snapshot, head })
}

/// The signs of tools: the embedded ones, and the user's own on top.
pub fn signs(file: Option<&Path>) -> Result<Rules, Failure> {
    let loaded = match file {
        Some(path) => Rules::with_file(&path.display().to_string(), &read_option("--signs", path, "signs of tools (TOML)")?),
        None => Rules::embedded(),
    };
    loaded.map_err(|error| {
        Failure::user(error.to_string())
            .hint("a rules file holds `[[rule]]` tables with id, tool, where, pattern, valid_from; see `docs/attribution.md`")
    })
}

/// The file that an option names; `what` it should hold, for those who named another thing.
pub fn read_option(flag: &str, path: &Path, what: &str) -> Result<String, Failure> {
    if path.is_dir() {
        return Err(Failure::user(format!("{flag}: `{}` is a folder", path.display())).hint(format!("name a file with {what}")));
    }
    if !path.exists() {
        return Err(
            Failure::user(format!("{flag}: there is no file `{}`", path.display())).hint(format!("name a file with {what}"))
        );
    }
    read_text(path)
}

/// A text file of the user's.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        Failure::user(format!("`{}`, line {line}: the text is no UTF-8", path.display())).hint("save the file as UTF-8")
    })
}

/// Who is who in a repository: its `.mailmap` at the tip, and the people file or the organisation's people on top.
pub fn identities(fresh: &Fresh, people: Option<&Path>) -> Result<Identities, Failure> {
    let selected = &fresh.selected;
    let mut reader = AddedReader::new(&selected.repo);
    let text = reader.file_at(selected.mainline.tip, b".mailmap").unwrap_or_default().unwrap_or_default();
    with_people(Identities::with_mailmap(Mailmap::parse(&text)), &fresh.snapshot, people)
}

/// Identities with a people file on top, or else with the people that a snapshot knows.
pub fn with_people(identities: Identities, snapshot: &Snapshot, people: Option<&Path>) -> Result<Identities, Failure> {
    match people {
        Some(path) => identities
            .with_people(&path.display().to_string(), &read_option("--people", path, "people (TOML or CSV)")?)
            .map_err(|error| Failure::user(error.to_string()).hint("a people file is TOML with `[[person]]` tables (id, name, emails, team) or CSV with the columns person, email, name, team")),
        // In an organisation's folder those that its files join are one person.
        None => match known_people(snapshot)? {
            Some(text) => Ok(identities
                .with_people("identities in the lake", &text)
                .map_err(|error| Failure::user(error.to_string()).hint("mend identities.csv and import it again"))?
                .with_teams(teams(snapshot)?)),
            None => Ok(identities),
        },
    }
}

/// The contexts of code: a file that is named, that of the organisation's folder, or the built-in ones.
pub fn contexts(file: Option<&Path>) -> Result<Contexts, Failure> {
    let own = match file {
        Some(file) => Some((file.to_path_buf(), read_option("--contexts", file, "contexts of code (TOML)")?)),
        None => {
            let own = Organisation::current()?.map(|own| own.folder().join("contexts.toml")).filter(|file| file.is_file());
            own.map(|file| Ok::<_, Failure>((file.clone(), read_text(&file)?))).transpose()?
        }
    };
    let contexts = match own {
        Some((file, text)) => Contexts::parse(&file.display().to_string(), &text),
        None => Contexts::built_in(),
    };
    contexts.map_err(|error| {
        Failure::user(error.to_string())
            .hint("a contexts file holds `[[context]]` tables with `name` and `paths`, the first match decides")
    })
}

/// By person: second since 1970 and team from then on.
type Spells = HashMap<String, Vec<(i64, Option<String>)>>;

/// Since when each person of an organisation was in which team, by the days of its time zone.
fn teams(snapshot: &Snapshot) -> Result<Spells, Failure> {
    let zone = match Organisation::current()? {
        Some(own) => own.description().zone(),
        None => jiff::tz::TimeZone::UTC,
    };
    let mut spells = Spells::new();
    for batch in snapshot.read("employment", &["person", "team", "valid_from"])? {
        let (person, team) = (batch.column(0).as_string_opt::<i32>(), batch.column(1).as_string_opt::<i32>());
        let (Some(person), Some(team), Some(from)) = (person, team, batch.column(2).as_primitive_opt::<Date32Type>()) else {
            continue;
        };
        for row in (0..batch.num_rows()).filter(|row| person.is_valid(*row) && from.is_valid(*row)) {
            let day = Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(from.value(row)));
            let begun = day.to_zoned(zone.clone()).map_or(i64::MIN, |midnight| midnight.timestamp().as_second());
            let team = team.is_valid(row).then(|| team.value(row).to_owned());
            spells.entry(person.value(row).to_owned()).or_default().push((begun, team));
        }
    }
    Ok(spells)
}

/// The people of an organisation as a people file: person, address, name and last team; `None` where no file was imported.
fn known_people(snapshot: &Snapshot) -> Result<Option<String>, Failure> {
    let rows = |table: &str, columns: &[&str]| -> Result<Vec<Vec<String>>, Failure> {
        let mut rows = Vec::new();
        for batch in snapshot.read(table, columns)? {
            let columns: Vec<_> = batch.columns().iter().filter_map(|array| array.as_string_opt::<i32>()).collect();
            rows.extend((0..batch.num_rows()).map(|row| {
                columns
                    .iter()
                    .map(|column| if column.is_null(row) { String::new() } else { column.value(row).to_owned() })
                    .collect()
            }));
        }
        Ok(rows)
    };
    let pairs = |rows: Vec<Vec<String>>| -> BTreeMap<String, String> {
        rows.into_iter()
            .filter_map(|row| match <[String; 2]>::try_from(row) {
                Ok([key, value]) if !value.is_empty() => Some((key, value)),
                _ => None,
            })
            .collect()
    };
    let names = pairs(rows("people", &["person", "name"])?);
    // Rows of a person are in the order of their days: the last one is in force, or was last.
    let teams = pairs(rows("employment", &["person", "team"])?);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| Failure::machine(error.to_string());
    writer.write_record(["person", "email", "name", "team"]).map_err(failed)?;
    let mut found = false;
    for row in rows("identities", &["kind", "value", "person"])? {
        let [kind, email, person] = row.as_slice() else { continue };
        if kind != "email" {
            continue;
        }
        found = true;
        let text = |of: &BTreeMap<String, String>| of.get(person).cloned().unwrap_or_default();
        writer.write_record([person, email, &text(&names), &text(&teams)]).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| Failure::machine(error.to_string()))?;
    Ok(found.then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Refuses a declaration for a team that nobody belongs to: it would change nothing, and say that it did.
fn teams_are_known(policy: &LabelPolicy, who: &[Identities]) -> Result<(), Failure> {
    let known: std::collections::BTreeSet<&str> = who.iter().flat_map(Identities::people).flat_map(KnownPerson::teams).collect();
    for declared in &policy.complete {
        let Scope::Team(team) = &declared.scope else { continue };
        if known.contains(team.as_str()) {
            continue;
        }
        let failure = Failure::user(format!("--attribution-complete: nobody belongs to the team `{team}`"));
        let some: Vec<&str> = known.iter().take(20).copied().collect();
        return Err(match (some.as_slice(), candor_tables::nearest(team, some.iter().copied())) {
            ([], _) => failure.hint(
                "a team is what the column `team` of --people FILE says, or employment.csv in an organisation's folder; \
                 without one write ALL=FROM..UNTIL",
            ),
            (_, Some(meant)) => failure.hint(format!("did you mean `{meant}`? There are people of: {}", some.join(", "))),
            (some, None) => failure.hint(format!("there are people of: {}; ALL stands for everybody", some.join(", "))),
        });
    }
    Ok(())
}

/// Names of repositories for the reader: where two have one name, the folder above stands before it.
fn names(fresh: &[Fresh]) -> Vec<String> {
    let own = |one: &Fresh| one.selected.store.name.clone();
    let is_alone = |name: &String| fresh.iter().filter(|other| own(other) == *name).count() == 1;
    fresh
        .iter()
        .map(|one| {
            let name = own(one);
            let common = one.selected.repo.common_dir();
            let folder = if common.ends_with(".git") { common.parent().unwrap_or(&common) } else { &common };
            match folder.parent().and_then(Path::file_name) {
                Some(above) if !is_alone(&name) => format!("{}/{name}", above.to_string_lossy()),
                _ => name,
            }
        })
        .collect()
}

/// Loads the facts of some repositories, labelled under one policy.
pub fn load_facts(
    fresh: &[Fresh],
    people: Option<&Path>,
    contexts: &Contexts,
    policy: &LabelPolicy,
) -> Result<LineFacts, Failure> {
    let who = fresh.iter().map(|one| with_people(Identities::default(), &one.snapshot, people)).collect::<Result<Vec<_>, _>>()?;
    teams_are_known(policy, &who)?;
    let names = names(fresh);
    let mut inputs = Vec::with_capacity(fresh.len());
    for ((one, who), name) in fresh.iter().zip(&who).zip(&names) {
        let store = &one.selected.store;
        let records = store.notes(&one.snapshot)?;
        inputs.push(Input {
            snapshot: &one.snapshot,
            repo: &store.repo,
            name,
            branch: &one.selected.mainline.branch,
            definition: one.head.definition().to_owned(),
            warnings: one.head.warnings.clone(),
            records: records
                .into_iter()
                .map(|record| RecordSummary {
                    commit: record.commit,
                    matched: record.matched,
                    added: record.added,
                    ai: record.ai,
                    claimed: record.claimed,
                    rejected: record.rejected,
                })
                .collect(),
            identities: who,
            complete: Vec::new(),
        });
    }
    Ok(load::load(&inputs, &LoadOptions { policy, contexts, functions: false })?)
}
