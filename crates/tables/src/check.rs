//! Checks between rows, files and the lake: references, keys, overlaps, circles. Persons are resolved to their keys on the way.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::cell::{identity, pull_request};
use crate::contract::{Target, Type};
use crate::days::day_text;
use crate::fault::{FaultKind, Finding, nearest, quoted};
use crate::held::{Held, Parent, PersonKey, Spell, folded};
use crate::read::{File, person_columns, set_text};
use crate::rows::Cells;

/// Ids among which a nearest one is looked for; beyond that a hint is not worth the time.
const LOOKED_AT: usize = 20_000;

/// Checks the files of an import against each other and against what the lake holds, adds what is wrong to their faults, and replaces
/// persons by their keys. `held` becomes what the lake will hold.
pub fn check(files: &mut [File], held: &mut Held, key: PersonKey<'_>) {
    let unknown: FxHashSet<&'static str> =
        files.iter().filter(|file| file.keys_unknown).map(|file| file.rows.table.name).collect();
    let mut check = Check { files, held, key, unknown, found: Vec::new() };
    check.take_people();
    check.take_identities();
    check.resolve_people();
    check.take_rest();
    check.references();
    check.keys();
    check.overlaps();
    check.managers();
    check.parents();
    let found = std::mem::take(&mut check.found);
    for (file, row, column, finding) in found {
        if let Some(file) = files.get_mut(file) {
            file.fault(row, column, finding);
        }
    }
    for file in files {
        file.sort();
    }
}

struct Check<'a> {
    files: &'a mut [File],
    held: &'a mut Held,
    key: PersonKey<'a>,
    /// Tables of which some keys could not be read.
    unknown: FxHashSet<&'static str>,
    found: Vec<(usize, usize, usize, Finding)>,
}

/// What a reference came to.
enum Person {
    Key(String),
    Unknown,
    CannotTell,
}

impl Check<'_> {
    /// Places of the files of a table.
    fn of(&self, table: &str) -> Vec<usize> {
        self.files.iter().enumerate().filter(|(_, file)| file.rows.table.name == table).map(|(index, _)| index).collect()
    }

    fn position(&self, file: usize, column: &str) -> usize {
        self.files.get(file).and_then(|file| file.rows.table.position(column)).unwrap_or(usize::MAX)
    }

    fn text(&self, file: usize, row: usize, column: usize) -> Option<&str> {
        self.files.get(file).and_then(|file| file.rows.text(row, column).value())
    }

    fn rows(&self, file: usize) -> usize {
        self.files.get(file).map_or(0, |file| file.rows.len())
    }

    fn take_people(&mut self) {
        for file in self.of("people") {
            let person = self.position(file, "person");
            for row in 0..self.rows(file) {
                let Some(id) = self.text(file, row, person).map(str::to_owned) else { continue };
                let key = (self.key)(&id);
                self.held.people.entry(key).or_insert(None);
                if self.held.people_spelt.len() < LOOKED_AT {
                    self.held.people_spelt.push(id);
                }
            }
        }
    }

    fn take_identities(&mut self) {
        for file in self.of("identities") {
            let [kind, value, person] = ["kind", "value", "person"].map(|column| self.position(file, column));
            for row in 0..self.rows(file) {
                let (Some(kind), Some(value), Some(id)) =
                    (self.text(file, row, kind), self.text(file, row, value), self.text(file, row, person))
                else {
                    continue;
                };
                let place = (kind.to_owned(), folded(kind, value));
                let key = (self.key)(id);
                self.held.identities.insert(place, key);
            }
        }
    }

    fn person(&self, text: &str) -> Person {
        let key = (self.key)(text);
        if self.held.people.contains_key(&key) {
            return Person::Key(key);
        }
        if let Some((kind, value)) = identity(text) {
            if let Some(key) = self.held.identities.get(&(kind.to_owned(), folded(kind, value))) {
                return Person::Key(key.clone());
            }
            if self.unknown.contains("identities") {
                return Person::CannotTell;
            }
        } else if self.unknown.contains("people") {
            return Person::CannotTell;
        }
        Person::Unknown
    }

    fn unknown_person(&self, text: &str) -> Finding {
        let (near, file) = match identity(text) {
            Some((kind, value)) => {
                let of_kind = self.held.identities.keys().filter(|(other, _)| other == kind).map(|(_, value)| value.as_str());
                (nearest(value, of_kind.take(LOOKED_AT)).map(|value| format!("{kind}:{value}")), "identities.csv")
            }
            None => (nearest(text, self.held.people_spelt.iter().map(String::as_str)).map(str::to_owned), "people.csv"),
        };
        let hint = match near {
            Some(near) => format!("is it {near}? or add it to {file}"),
            None => format!("add it to {file}"),
        };
        Finding::new(FaultKind::UnknownPerson, "a person of people.csv", quoted(text), hint)
    }

    /// Replaces persons by their keys, in all cells that hold some.
    fn resolve_people(&mut self) {
        for file in 0..self.files.len() {
            let Some(table) = self.files.get(file).map(|file| file.rows.table) else { continue };
            for (column, kind) in person_columns(table) {
                for row in 0..self.rows(file) {
                    let Some(text) = self.text(file, row, column).map(str::to_owned) else { continue };
                    self.resolve_cell(file, row, column, kind, &text);
                }
            }
            match table.name {
                "people" => {
                    let column = self.position(file, "person");
                    for row in 0..self.rows(file) {
                        if let Some(key) = self.text(file, row, column).map(self.key) {
                            self.set(file, row, column, key);
                        }
                    }
                }
                "assignments" => self.resolve_units(file),
                _ => {}
            }
        }
    }

    fn set(&mut self, file: usize, row: usize, column: usize, value: String) {
        if let Some(file) = self.files.get_mut(file) {
            set_text(&mut file.rows, row, column, value);
        }
    }

    fn resolve_cell(&mut self, file: usize, row: usize, column: usize, kind: Type, text: &str) {
        let mut resolved: Vec<String> = Vec::new();
        let items: Vec<&str> = if kind.is_list() { text.split(';').collect() } else { vec![text] };
        for item in items {
            let is_actor = matches!(kind, Type::Actor | Type::Actors);
            if is_actor && item.starts_with("bot:") {
                resolved.push(item.to_owned());
                continue;
            }
            if let Some(name) = item.strip_prefix("external:").filter(|_| is_actor) {
                resolved.push(format!("external:{}", (self.key)(name)));
                continue;
            }
            let found = match (kind, self.person(item)) {
                // Where identities are told, only an id of people.csv helps.
                (Type::Reference(Target::People), Person::Key(key)) if key != (self.key)(item) => Person::Unknown,
                (_, found) => found,
            };
            match found {
                Person::Key(key) => resolved.push(key),
                Person::CannotTell => resolved.push((self.key)(item)),
                Person::Unknown => {
                    let finding = self.unknown_person(item);
                    self.found.push((file, row, column, finding));
                    resolved.push((self.key)(item));
                }
            }
        }
        self.set(file, row, column, resolved.join(";"));
    }

    /// Persons that are units of an experiment.
    fn resolve_units(&mut self, file: usize) {
        let [kind, unit] = ["unit_kind", "unit"].map(|column| self.position(file, column));
        for row in 0..self.rows(file) {
            if self.text(file, row, kind) == Some("person")
                && let Some(text) = self.text(file, row, unit).map(str::to_owned)
            {
                self.resolve_cell(file, row, unit, Type::Person, &text);
            }
        }
    }

    /// Takes the keys of all other tables to which something refers.
    fn take_rest(&mut self) {
        for file in 0..self.files.len() {
            let Some(File { rows, .. }) = self.files.get(file) else { continue };
            let column = |name: &str| rows.table.position(name).unwrap_or(usize::MAX);
            match rows.table.name {
                "people" => {
                    let (person, manager) = (column("person"), column("manager"));
                    for row in 0..rows.len() {
                        let Some(key) = rows.text(row, person).value() else { continue };
                        self.held.people.insert(key.to_owned(), rows.text(row, manager).value().map(str::to_owned));
                        self.held.people_places.entry(key.to_owned()).or_insert((file, row));
                    }
                }
                "employment" => {
                    let (person, from, until) = (column("person"), column("valid_from"), column("valid_until"));
                    for row in 0..rows.len() {
                        let (Some(key), Some(begin)) = (rows.text(row, person).value(), rows.date(row, from).value()) else {
                            continue;
                        };
                        let spells = self.held.employment.entry(key.to_owned()).or_default();
                        spells.retain(|spell| spell.from != begin || spell.place.is_some());
                        if rows.is_faulty(row, until) {
                            continue;
                        }
                        let until = rows.date(row, until).value();
                        if until.is_none_or(|until| until > begin) {
                            spells.push(Spell { from: begin, until, place: Some((file, row)) });
                        }
                    }
                }
                "teams" => {
                    let (team, from, parent) = (column("team"), column("valid_from"), column("parent"));
                    for row in 0..rows.len() {
                        let Some(name) = rows.text(row, team).value() else { continue };
                        let from = rows.date(row, from).value();
                        let parents = self.held.teams.entry(name.to_owned()).or_default();
                        parents.retain(|parent| parent.from != from || parent.place.is_some());
                        let parent = rows.text(row, parent).value().map(str::to_owned);
                        parents.push(Parent { from, parent, place: Some((file, row)) });
                    }
                }
                "repositories" => {
                    let repo = column("repo");
                    self.held
                        .repositories
                        .extend((0..rows.len()).filter_map(|row| rows.text(row, repo).value()).map(str::to_owned));
                }
                "pull_requests" => {
                    let (repo, number) = (column("repo"), column("number"));
                    for row in 0..rows.len() {
                        let (Some(repo), Some(number)) = (rows.text(row, repo).value(), rows.int(row, number).value()) else {
                            continue;
                        };
                        match self.held.pull_requests.get_mut(repo) {
                            Some(numbers) => numbers.insert(number),
                            None => self.held.pull_requests.entry(repo.to_owned()).or_default().insert(number),
                        };
                    }
                }
                "work_items" => {
                    let (tracker, key) = (column("tracker"), column("key"));
                    for row in 0..rows.len() {
                        let (Some(tracker), Some(key)) = (rows.text(row, tracker).value(), rows.text(row, key).value()) else {
                            continue;
                        };
                        self.held.work_items.entry(tracker.to_owned()).or_default().insert(key.to_owned());
                    }
                }
                "deployments" => {
                    let (id, started) = (column("id"), column("started_at"));
                    for row in 0..rows.len() {
                        let Some(id) = rows.text(row, id).value() else { continue };
                        self.held.deployments.insert(id.to_owned(), rows.time(row, started).value());
                    }
                }
                "surveys" => {
                    let survey = column("survey");
                    self.held.surveys.extend((0..rows.len()).filter_map(|row| rows.text(row, survey).value()).map(str::to_owned));
                }
                "review_comments" => {
                    let id = column("id");
                    self.held
                        .review_comments
                        .extend((0..rows.len()).filter_map(|row| rows.text(row, id).value()).map(str::to_owned));
                }
                "tasks" => {
                    let (experiment, task, forecast) = (column("experiment"), column("task"), column("forecast_at"));
                    for row in 0..rows.len() {
                        let (Some(experiment), Some(task)) = (rows.text(row, experiment).value(), rows.text(row, task).value())
                        else {
                            continue;
                        };
                        let forecast = rows.time(row, forecast).value();
                        self.held.tasks.entry(experiment.to_owned()).or_default().insert(task.to_owned(), forecast);
                    }
                }
                _ => {}
            }
        }
    }

    fn references(&mut self) {
        // A pull request of a repository that is misspelt is told where it stands, and not wherever it is meant.
        for file in self.of("pull_requests") {
            let repo = self.position(file, "repo");
            let is_lost = |row| self.text(file, row, repo).is_some_and(|repo| !self.held.repositories.contains(repo));
            if (0..self.rows(file)).any(is_lost) {
                self.unknown.insert("pull_requests");
            }
        }
        let mut found = Vec::new();
        for (file, File { rows, .. }) in self.files.iter().enumerate() {
            let table = rows.table;
            for (index, column) in table.columns.iter().enumerate() {
                for row in 0..rows.len() {
                    let Some(text) = rows.text(row, index).value() else { continue };
                    let finding = match column.kind {
                        Type::Reference(target) => self.reference(target, text),
                        Type::PullRequests => text.split(';').find_map(|item| self.pull_request(item)),
                        Type::Causes => text.split(';').find_map(|item| match item.strip_prefix("deployment:") {
                            Some(id) => self.reference(Target::Deployments, id),
                            None => self.pull_request(item),
                        }),
                        _ => None,
                    };
                    found.extend(finding.map(|finding| (file, row, index, finding)));
                }
            }
            let column = |name: &str| table.position(name).unwrap_or(usize::MAX);
            for row in 0..rows.len() {
                let repo = rows.text(row, column("repo")).value();
                let number = |name: &str| rows.int(row, column(name)).value();
                match table.name {
                    "reviews" | "review_comments" => {
                        if let (Some(repo), Some(own)) = (repo, number("number"))
                            && let Some(finding) = self.number(repo, own)
                        {
                            found.push((file, row, column("number"), finding));
                        }
                    }
                    "findings" => {
                        if let (Some(repo), Some(own)) = (repo, number("pull_request"))
                            && let Some(finding) = self.number(repo, own)
                        {
                            found.push((file, row, column("pull_request"), finding));
                        }
                    }
                    "pull_requests" => {
                        if let (Some(repo), Some(reverts)) = (repo, rows.text(row, column("reverts")).value()) {
                            let numbers = reverts.split(';').filter_map(|number| number.parse().ok());
                            if let Some(finding) = numbers.into_iter().find_map(|number| self.number(repo, number)) {
                                found.push((file, row, column("reverts"), finding));
                            }
                        }
                    }
                    "work_item_transitions" => {
                        let (tracker, key) = (rows.text(row, column("tracker")).value(), rows.text(row, column("key")).value());
                        if let (Some(tracker), Some(key)) = (tracker, key)
                            && let Some(finding) = self.work_item(tracker, key)
                        {
                            found.push((file, row, column("key"), finding));
                        }
                    }
                    "deployments" => {
                        found.extend(self.remediates(file, row).map(|finding| (file, row, column("remediates"), finding)))
                    }
                    "assignments" => found.extend(self.unit(file, row)),
                    _ => {}
                }
            }
        }
        self.found.extend(found);
    }

    fn is_unknown(&self, table: &str) -> bool {
        self.unknown.contains(table)
    }

    fn reference(&self, target: Target, text: &str) -> Option<Finding> {
        fn near<'a, T: 'a>(text: &str, keys: impl Iterator<Item = (&'a String, T)>) -> Option<String> {
            nearest(text, keys.map(|(key, _)| key.as_str()).take(LOOKED_AT)).map(str::to_owned)
        }
        let held = &*self.held;
        let (kind, is_known, near): (_, bool, Box<dyn Fn() -> Option<String> + '_>) = match target {
            Target::People => return None,
            Target::Teams => {
                (FaultKind::UnknownTeam, held.teams.contains_key(text), Box::new(move || near(text, held.teams.iter())))
            }
            Target::Repositories => (
                FaultKind::UnknownRepository,
                held.repositories.contains(text),
                Box::new(move || near(text, held.repositories.iter().map(|key| (key, ())))),
            ),
            Target::ReviewComments => (
                FaultKind::UnknownComment,
                held.review_comments.contains(text),
                Box::new(move || near(text, held.review_comments.iter().map(|key| (key, ())))),
            ),
            Target::Deployments => (
                FaultKind::UnknownDeployment,
                held.deployments.contains_key(text),
                Box::new(move || near(text, held.deployments.iter())),
            ),
            Target::Surveys => (
                FaultKind::UnknownSurvey,
                held.surveys.contains(text),
                Box::new(move || near(text, held.surveys.iter().map(|key| (key, ())))),
            ),
        };
        if is_known || self.is_unknown(target.table()) {
            return None;
        }
        let file = target.table();
        Some(unknown(kind, file, text, near()))
    }

    fn pull_request(&self, item: &str) -> Option<Finding> {
        let (repo, number) = pull_request(item)?;
        let is_known = self.held.pull_requests.get(repo).is_some_and(|numbers| numbers.contains(&number));
        if is_known || self.is_unknown("pull_requests") {
            return None;
        }
        let near = if self.held.pull_requests.contains_key(repo) {
            None
        } else {
            nearest(repo, self.held.pull_requests.keys().map(String::as_str)).map(|repo| format!("{repo}#{number}"))
        };
        Some(unknown(FaultKind::UnknownPullRequest, "pull_requests", item, near))
    }

    /// A number in a repository that exists; where it does not, that is the fault.
    fn number(&self, repo: &str, number: i64) -> Option<Finding> {
        if !self.held.repositories.contains(repo) {
            return None;
        }
        self.pull_request(&format!("{repo}#{number}"))
    }

    fn work_item(&self, tracker: &str, key: &str) -> Option<Finding> {
        let keys = self.held.work_items.get(tracker);
        if keys.is_some_and(|keys| keys.contains(key)) || self.is_unknown("work_items") {
            return None;
        }
        let near = keys.and_then(|keys| nearest(key, keys.iter().map(String::as_str).take(LOOKED_AT))).map(str::to_owned);
        Some(unknown(FaultKind::UnknownWorkItem, "work_items", &format!("{tracker} {key}"), near))
    }

    fn remediates(&self, file: usize, row: usize) -> Option<Finding> {
        let file = self.files.get(file)?;
        let rows = &file.rows;
        let [id, started, remediates] =
            ["id", "started_at", "remediates"].map(|name| rows.table.position(name).unwrap_or(usize::MAX));
        let target = rows.text(row, remediates).value()?;
        let inconsistent = |hint: String| {
            Some(Finding::new(FaultKind::Inconsistent, "an earlier deployment in remediates", quoted(target), hint))
        };
        if rows.text(row, id).value() == Some(target) {
            return inconsistent(format!("id and remediates are both {target}"));
        }
        let own = rows.time(row, started).value()?;
        let other = self.held.deployments.get(target).copied().flatten()?;
        if other >= own {
            let hint = format!("{target} did not start before this one: started_at is {}", file.raw(row, started));
            return inconsistent(hint);
        }
        None
    }

    fn unit(&self, file: usize, row: usize) -> Option<(usize, usize, usize, Finding)> {
        let rows = &self.files.get(file)?.rows;
        let column = |name: &str| rows.table.position(name).unwrap_or(usize::MAX);
        let unit = rows.text(row, column("unit")).value()?;
        match rows.text(row, column("unit_kind")).value()? {
            "team" => self.reference(Target::Teams, unit).map(|finding| (file, row, column("unit"), finding)),
            "task" => {
                let experiment = rows.text(row, column("experiment")).value()?;
                let tasks = self.held.tasks.get(experiment);
                match tasks.and_then(|tasks| tasks.get(unit)) {
                    None if self.is_unknown("tasks") => None,
                    None => {
                        let near = tasks.and_then(|tasks| nearest(unit, tasks.keys().map(String::as_str))).map(str::to_owned);
                        let finding = unknown(FaultKind::UnknownTask, "tasks", &format!("{experiment} {unit}"), near);
                        Some((file, row, column("unit"), finding))
                    }
                    Some(forecast) => {
                        let assigned = rows.time(row, column("assigned_at")).value()?;
                        let forecast = (*forecast)?;
                        (assigned < forecast).then(|| {
                            let own = self.files.get(file).map(|file| file.raw(row, column("assigned_at"))).unwrap_or_default();
                            let forecast = jiff::Timestamp::from_microsecond(forecast).unwrap_or_default();
                            let hint = format!("assigned_at is before forecast_at ({forecast}) of the task: the forecast must be made before the draw is known");
                            let expected = "a time not before forecast_at of the task";
                            (file, row, column("assigned_at"), Finding::new(FaultKind::Inconsistent, expected, quoted(&own), hint))
                        })
                    }
                }
            }
            _ => None,
        }
    }

    /// Keys that a file holds twice.
    fn keys(&mut self) {
        let mut found = Vec::new();
        for (index, file) in self.files.iter().enumerate() {
            let rows = &file.rows;
            let columns: Vec<usize> = rows.table.key.iter().filter_map(|name| rows.table.position(name)).collect();
            let folds = rows.table.name == "identities";
            let mut seen: FxHashMap<Vec<u8>, usize> = FxHashMap::default();
            for row in 0..rows.len() {
                if columns.iter().any(|column| rows.is_faulty(row, *column)) {
                    continue;
                }
                let mut key = Vec::with_capacity(32);
                for column in &columns {
                    match rows.columns.get(*column) {
                        Some(Cells::Text(cells)) => {
                            let text = cells.get(row).and_then(Option::as_deref).unwrap_or_default();
                            let kind = if folds { rows.text(row, 0).value().unwrap_or_default() } else { "" };
                            if folds && *column != 0 {
                                key.extend_from_slice(folded(kind, text).as_bytes());
                            } else {
                                key.extend_from_slice(text.as_bytes());
                            }
                            key.push(0);
                        }
                        Some(Cells::Int(cells)) => key.extend_from_slice(&number(cells.get(row).copied().flatten())),
                        Some(Cells::Time(cells)) => key.extend_from_slice(&number(cells.get(row).copied().flatten())),
                        Some(Cells::Date(cells)) => {
                            key.extend_from_slice(&number(cells.get(row).copied().flatten().map(i64::from)));
                        }
                        _ => {}
                    }
                }
                if let Some(first) = seen.insert(key, row) {
                    let column = columns.first().copied().unwrap_or(0);
                    let said: Vec<String> = columns.iter().map(|column| file.raw(row, *column)).collect();
                    let expected = format!("every {} once", rows.table.key.join(", "));
                    let line = rows.lines.get(first).copied().unwrap_or(0);
                    let hint = format!("line {line} has the same key; take one of the two rows out");
                    found.push((
                        index,
                        row,
                        column,
                        Finding::new(FaultKind::DuplicateKey, expected, quoted(&said.join(", ")), hint),
                    ));
                }
            }
        }
        self.found.extend(found);
    }

    fn overlaps(&mut self) {
        let mut found: Vec<(usize, usize, usize, Finding)> = Vec::new();
        let mut told: FxHashSet<(usize, usize)> = FxHashSet::default();
        for spells in self.held.employment.values() {
            let mut sorted: Vec<&Spell> = spells.iter().collect();
            sorted.sort_by_key(|spell| (spell.from, spell.place));
            for (at, spell) in sorted.iter().enumerate() {
                for later in sorted.iter().skip(at + 1) {
                    if spell.until.is_some_and(|until| until <= later.from) {
                        break;
                    }
                    // The same first day twice in a file is a duplicate key, told there.
                    let is_duplicate =
                        spell.from == later.from && spell.place.map(|place| place.0) == later.place.map(|place| place.0);
                    let Some(place) = spell.place.max(later.place).filter(|place| !is_duplicate && !told.contains(place)) else {
                        continue;
                    };
                    let other = if Some(place) == spell.place { later } else { spell };
                    told.insert(place);
                    found.push(self.overlap(place, other));
                }
            }
        }
        self.found.extend(found);
    }

    fn overlap(&self, place: (usize, usize), other: &Spell) -> (usize, usize, usize, Finding) {
        let column = self.position(place.0, "valid_from");
        let person = self.position(place.0, "person");
        let file = self.files.get(place.0);
        let raw = |column: usize| file.map(|file| file.raw(place.1, column)).unwrap_or_default();
        let line = other.place.and_then(|(file, row)| self.files.get(file).and_then(|file| file.rows.lines.get(row)).copied());
        let who = line.map_or_else(|| "a row in the lake".to_owned(), |line| format!("line {line}"));
        let until = other.until.map_or_else(|| "and still holds".to_owned(), |until| format!("until {}", day_text(until)));
        let hint = format!(
            "{who} of {} holds from {} {until}; valid_until is the first day on which a row no longer holds",
            raw(person),
            day_text(other.from)
        );
        let expected = format!("a day on which no other row of {} holds", raw(person));
        (place.0, place.1, column, Finding::new(FaultKind::Overlap, expected, quoted(&raw(column)), hint))
    }

    /// Circles of managers, each told once, at its first row in this import.
    fn managers(&mut self) {
        let mut found = Vec::new();
        let next = |person: &str| self.held.people.get(person).and_then(Option::as_deref);
        let mut done: FxHashSet<&str> = FxHashSet::default();
        let mut starts: Vec<(&(usize, usize), &str)> =
            self.held.people_places.iter().map(|(person, place)| (place, person.as_str())).collect();
        starts.sort_unstable();
        for (_, start) in &starts {
            if let Some(circle) = circle(start, &mut done, next) {
                let place = |person: &&str| self.held.people_places.get(*person).copied();
                let Some((file, row)) = circle.iter().filter_map(place).min() else { continue };
                let person = self.position(file, "person");
                let spelt = |(file, row): (usize, usize)| self.files.get(file).map(|file| file.raw(row, person));
                let names: Vec<String> = circle
                    .iter()
                    .map(|key| place(key).and_then(spelt).unwrap_or_else(|| "somebody in the lake".to_owned()))
                    .collect();
                let column = self.position(file, "manager");
                let own = self.files.get(file).map(|file| file.raw(row, column)).unwrap_or_default();
                let hint = format!("the circle: {}", round(&names));
                let expected = "a manager who does not report, through others, to this person";
                found.push((file, row, column, Finding::new(FaultKind::Cycle, expected, quoted(&own), hint)));
            }
        }
        self.found.extend(found);
    }

    /// Circles of parent teams on any day on which something changes.
    fn parents(&mut self) {
        let mut days: Vec<Option<i32>> = self.held.teams.values().flatten().map(|parent| parent.from).collect();
        days.sort_unstable();
        days.dedup();
        let mut told: FxHashSet<(usize, usize)> = FxHashSet::default();
        let mut found = Vec::new();
        if !self.files.iter().any(|file| file.rows.table.name == "teams") {
            return;
        }
        for day in days {
            let in_force: FxHashMap<&str, &Parent> = self
                .held
                .teams
                .iter()
                .filter_map(|(team, parents)| {
                    let row = parents.iter().filter(|parent| parent.from <= day).max_by_key(|parent| parent.from)?;
                    Some((team.as_str(), row))
                })
                .collect();
            let next = |team: &str| in_force.get(team).and_then(|row| row.parent.as_deref());
            let mut teams: Vec<&str> = in_force.keys().copied().collect();
            teams.sort_unstable();
            let mut done = FxHashSet::default();
            for team in teams {
                let Some(circle) = circle(team, &mut done, next) else { continue };
                let places = circle.iter().filter_map(|team| in_force.get(team).and_then(|row| row.place));
                let Some((file, row)) = places.min().filter(|place| told.insert(*place)) else { continue };
                let column = self.position(file, "parent");
                let own = self.files.get(file).map(|file| file.raw(row, column)).unwrap_or_default();
                let names: Vec<String> = circle.iter().map(|team| (*team).to_owned()).collect();
                let hint = format!("the circle: {}", round(&names));
                found.push((
                    file,
                    row,
                    column,
                    Finding::new(FaultKind::Cycle, "a parent that is not below this team", quoted(&own), hint),
                ));
            }
        }
        self.found.extend(found);
    }
}

/// The circle into which the chain from `start` runs, unless it was met before.
fn circle<'a>(start: &'a str, done: &mut FxHashSet<&'a str>, next: impl Fn(&str) -> Option<&'a str>) -> Option<Vec<&'a str>> {
    let mut chain: Vec<&str> = Vec::new();
    let mut on_chain: FxHashSet<&str> = FxHashSet::default();
    let mut at = Some(start);
    while let Some(here) = at {
        if on_chain.contains(here) {
            let from = chain.iter().position(|other| *other == here).unwrap_or(0);
            done.extend(chain.iter().copied());
            return Some(chain.split_off(from));
        }
        if done.contains(here) {
            break;
        }
        chain.push(here);
        on_chain.insert(here);
        at = next(here);
    }
    done.extend(chain);
    None
}

fn round(names: &[String]) -> String {
    let first = names.first().cloned().unwrap_or_default();
    names.iter().cloned().chain([first]).collect::<Vec<_>>().join(" -> ")
}

fn number(value: Option<i64>) -> [u8; 9] {
    let mut bytes = [0; 9];
    if let Some(value) = value {
        bytes = [1; 9];
        for (to, from) in bytes.iter_mut().zip(value.to_le_bytes()) {
            *to = from;
        }
    }
    bytes
}

fn unknown(kind: FaultKind, file: &str, text: &str, near: Option<String>) -> Finding {
    let hint = match near {
        Some(near) => format!("is it {near}? or add it to {file}.csv"),
        None => format!("add it to {file}.csv"),
    };
    Finding::new(kind, format!("one of {file}.csv"), quoted(text), hint)
}
