//! Who is who: ids and identities, and persons replaced by their keys.

use super::*;

impl Check<'_> {
    pub(super) fn take_people(&mut self) {
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

    pub(super) fn take_identities(&mut self) {
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

    pub(super) fn person(&self, text: &str) -> Person {
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

    pub(super) fn unknown_person(&self, text: &str) -> Finding {
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
    pub(super) fn resolve_people(&mut self) {
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

    pub(super) fn set(&mut self, file: usize, row: usize, column: usize, value: String) {
        if let Some(file) = self.files.get_mut(file) {
            set_text(&mut file.rows, row, column, value);
        }
    }

    pub(super) fn resolve_cell(&mut self, file: usize, row: usize, column: usize, kind: Type, text: &str) {
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
    pub(super) fn resolve_units(&mut self, file: usize) {
        let [kind, unit] = ["unit_kind", "unit"].map(|column| self.position(file, column));
        for row in 0..self.rows(file) {
            if self.text(file, row, kind) == Some("person")
                && let Some(text) = self.text(file, row, unit).map(str::to_owned)
            {
                self.resolve_cell(file, row, unit, Type::Person, &text);
            }
        }
    }
}
