//! Times of a person that overlap; managers and parent teams that lead back to where they began.

use super::*;

impl Check<'_> {
    pub(super) fn overlaps(&mut self) {
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

    pub(super) fn overlap(&self, place: (usize, usize), other: &Spell) -> (usize, usize, usize, Finding) {
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
    pub(super) fn managers(&mut self) {
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
    pub(super) fn parents(&mut self) {
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
