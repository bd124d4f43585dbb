//! References to rows of other tables.

use super::*;

impl Check<'_> {
    /// Takes the keys of all other tables to which something refers.
    pub(super) fn take_rest(&mut self) {
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

    pub(super) fn references(&mut self) {
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

    pub(super) fn is_unknown(&self, table: &str) -> bool {
        self.unknown.contains(table)
    }

    pub(super) fn reference(&self, target: Target, text: &str) -> Option<Finding> {
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

    pub(super) fn pull_request(&self, item: &str) -> Option<Finding> {
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
    pub(super) fn number(&self, repo: &str, number: i64) -> Option<Finding> {
        if !self.held.repositories.contains(repo) {
            return None;
        }
        self.pull_request(&format!("{repo}#{number}"))
    }

    pub(super) fn work_item(&self, tracker: &str, key: &str) -> Option<Finding> {
        let keys = self.held.work_items.get(tracker);
        if keys.is_some_and(|keys| keys.contains(key)) || self.is_unknown("work_items") {
            return None;
        }
        let near = keys.and_then(|keys| nearest(key, keys.iter().map(String::as_str).take(LOOKED_AT))).map(str::to_owned);
        Some(unknown(FaultKind::UnknownWorkItem, "work_items", &format!("{tracker} {key}"), near))
    }

    pub(super) fn remediates(&self, file: usize, row: usize) -> Option<Finding> {
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

    pub(super) fn unit(&self, file: usize, row: usize) -> Option<(usize, usize, usize, Finding)> {
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
}
