//! Reading a people file, TOML or CSV, with messages that name file, line and column.

use super::KnownPerson;
use serde::Deserialize;
use std::collections::HashMap;
use toml::Spanned;

/// Why a people file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// It has another shape.
    #[error("people file `{file}`, line {line}: {message}")]
    Shape {
        /// File as the user named it.
        file: String,
        /// Line, from 1.
        line: u64,
        /// What is wrong, and what was expected.
        message: String,
    },
    /// A value is none, or contradicts another one.
    #[error("people file `{file}`, line {line}, column `{column}`: {message}")]
    Value {
        /// File as the user named it.
        file: String,
        /// Line, from 1.
        line: u64,
        /// Column or key.
        column: &'static str,
        /// What is wrong, and what was expected.
        message: String,
    },
}

/// One statement of the file: a person, with addresses.
struct Row {
    line: u64,
    id: String,
    name: Option<String>,
    emails: Vec<String>,
    team: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    #[serde(default)]
    person: Vec<PersonText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonText {
    id: Option<String>,
    name: Option<String>,
    emails: Spanned<Vec<String>>,
    team: Option<String>,
}

pub(super) fn parse(file: &str, text: &str) -> Result<Vec<KnownPerson>, PeopleError> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let rows = if file.ends_with(".toml") { toml_rows(file, text)? } else { csv_rows(file, text)? };
    let mut people: Vec<KnownPerson> = Vec::new();
    let mut by_id: HashMap<String, usize> = HashMap::new();
    let mut owner: HashMap<String, (usize, u64)> = HashMap::new();
    for row in rows {
        let value = |column, message| PeopleError::Value { file: file.to_owned(), line: row.line, column, message };
        let index = *by_id.entry(row.id.clone()).or_insert_with(|| {
            people.push(KnownPerson { id: row.id.clone(), name: None, emails: Vec::new(), team: None, spells: Vec::new() });
            people.len() - 1
        });
        for email in row.emails {
            if !email.contains('@') {
                return Err(value("email", format!("`{email}` is no e-mail address; write it as `kim@example.com`")));
            }
            match owner.get(&email.to_ascii_lowercase()) {
                Some((other, line)) if *other != index => {
                    let other = people.get(*other).map(|p| p.id.as_str()).unwrap_or_default();
                    let message = format!("`{email}` belongs to `{other}` already (line {line}); an address has one owner");
                    return Err(value("email", message));
                }
                Some(_) => {}
                None => {
                    owner.insert(email.to_ascii_lowercase(), (index, row.line));
                    if let Some(person) = people.get_mut(index) {
                        person.emails.push(email);
                    }
                }
            }
        }
        if let Some(person) = people.get_mut(index) {
            person.name = person.name.take().or(row.name);
            person.team = row.team.or(person.team.take());
        }
    }
    Ok(people)
}

fn toml_rows(file: &str, text: &str) -> Result<Vec<Row>, PeopleError> {
    let line = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() as u64 + 1);
    let parsed: FileText = toml::from_str(text).map_err(|error| PeopleError::Shape {
        file: file.to_owned(),
        line: line(error.span().map_or(0, |span| span.start)),
        message: format!("{}; a person is `[[person]]` with `emails`, and `id` or `name`", error.message()),
    })?;
    let rows = parsed.person.into_iter().map(|person| {
        let line = line(person.emails.span().start);
        let id = person.id.or_else(|| person.name.clone()).filter(|id| !id.trim().is_empty());
        let missing = || PeopleError::Value {
            file: file.to_owned(),
            line,
            column: "id",
            message: "the person has neither `id` nor `name`; give one".to_owned(),
        };
        let emails = person.emails.into_inner().iter().map(|email| email.trim().to_owned()).collect();
        Ok(Row { line, id: id.ok_or_else(missing)?, name: person.name, emails, team: person.team })
    });
    rows.collect()
}

fn csv_rows(file: &str, text: &str) -> Result<Vec<Row>, PeopleError> {
    let shape = |line, message| PeopleError::Shape { file: file.to_owned(), line, message };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let fault = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        let message = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("{len} cells where the header has {expected_len}; is a comma not in quotes?")
            }
            _ => "it is no CSV".to_owned(),
        };
        shape(line, message)
    };
    let header = reader.headers().map_err(&fault)?.clone();
    let column = |name: &str| header.iter().position(|cell| cell == name);
    let known = ["person", "email", "emails", "name", "team", "kind", "value"];
    if let Some(odd) = header.iter().find(|cell| !known.contains(cell) && !cell.starts_with("x_")) {
        return Err(shape(1, format!("unknown column `{odd}`; known are {}", known.join(", "))));
    }
    let (person, email) = (column("person"), column("email").or_else(|| column("emails")));
    let (kind, value) = (column("kind"), column("value"));
    let Some(person) = person.filter(|_| email.is_some() || (kind.is_some() && value.is_some())) else {
        return Err(shape(1, "the header needs `person` and either `email`, or `kind` and `value`".to_owned()));
    };
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(&fault)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).filter(|text| !text.is_empty());
        let Some(id) = cell(Some(person)) else {
            let message = "it is empty; every row names a person".to_owned();
            return Err(PeopleError::Value { file: file.to_owned(), line, column: "person", message });
        };
        let addresses = if email.is_some() { cell(email) } else { cell(value).filter(|_| cell(kind) == Some("email")) };
        let emails = addresses.unwrap_or_default().split(';').map(str::trim).filter(|email| !email.is_empty()).map(str::to_owned);
        let text = |name| cell(column(name)).map(str::to_owned);
        rows.push(Row { line, id: id.to_owned(), name: text("name"), emails: emails.collect(), team: text("team") });
    }
    Ok(rows)
}
