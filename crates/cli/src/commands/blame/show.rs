//! Blamed lines as columns, in git's porcelain form, and as JSON.

use bstr::{BStr, ByteSlice};
use candor_model::Mode;
use candor_model::text::visible;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::lines::{Blamed, Line, Source, Writer};
use super::revision::Shown;
use crate::dates;
use crate::failure::Failure;

/// Digits of an abbreviated commit id.
const SHORT: usize = 8;

/// Forms of a day or time; all are UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DateForm {
    /// 2025-01-31
    Short,
    /// 2025-01-31 12:00:00 +0000
    Iso,
    /// 2025-01-31T12:00:00Z
    IsoStrict,
    /// Seconds since 1970 and zone.
    Raw,
    /// Seconds since 1970.
    Unix,
}

impl DateForm {
    fn spell(self, seconds: i64) -> String {
        let whole = dates::rfc3339(seconds);
        match self {
            Self::Short => whole.split('T').next().unwrap_or_default().to_owned(),
            Self::Iso => format!("{} +0000", whole.replace('T', " ").trim_end_matches('Z')),
            Self::IsoStrict => whole,
            Self::Raw => format!("{seconds} +0000"),
            Self::Unix => seconds.to_string(),
        }
    }
}

/// What the columns show.
pub struct Columns {
    /// Whole commit ids.
    pub long: bool,
    /// Author, day and age.
    pub people: bool,
    /// The address instead of the name.
    pub email: bool,
    /// Form of the day.
    pub date: DateForm,
}

/// Ages are told at the revision; lines of a commit that claims to be younger have none.
fn age_days(blamed: &Blamed, line: &Line) -> i64 {
    (blamed.as_of - line.landed_at).max(0) / 86_400
}

fn parts<'a>(blamed: &'a Blamed, line: &Line) -> Option<(&'a Writer, &'a Source)> {
    Some((blamed.writers.get(line.writer)?, blamed.sources.get(line.source)?))
}

/// Lines as aligned columns.
pub fn columns(blamed: &Blamed, what: &Columns) -> Vec<u8> {
    let rows: Vec<(Vec<String>, &Line)> = blamed.lines.iter().filter_map(|line| Some((row(blamed, line, what)?, line))).collect();
    let mut widths: Vec<usize> = Vec::new();
    for (cells, _) in &rows {
        widths.resize(cells.len().max(widths.len()), 0);
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.width());
        }
    }
    let number_width = rows.last().map_or(1, |(_, line)| line.number.to_string().len());
    let mut out = Vec::new();
    for (cells, line) in rows {
        let mut head = String::new();
        for (at, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            // A column that is empty in all rows takes no place; ages stand right, all else left.
            let pad = " ".repeat(width - cell.width());
            let is_age = what.people && at + 1 == cells.len();
            head.push_str(&if is_age { format!("{pad}{cell} ") } else { format!("{cell}{pad}") });
            if !is_age && *width > 0 {
                head.push(' ');
            }
        }
        out.extend(format!("{head}{:>number_width$}) ", line.number).bytes());
        out.extend(line.text.iter());
        out.push(b'\n');
    }
    out
}

fn row(blamed: &Blamed, line: &Line, what: &Columns) -> Option<Vec<String>> {
    let (writer, source) = parts(blamed, line)?;
    let id = |id: candor_git::ObjectId| if what.long { id.to_string() } else { id.to_hex_with_len(SHORT).to_string() };
    let mark = if line.before_observation { "^" } else { "" };
    let mut evidence = source.words();
    if let Some(reason) = line.left_out {
        evidence.push_str(&format!(", left out: {}", reason.name()));
    }
    let origin = if writer.id == line.landing { String::new() } else { id(writer.id) };
    let conflict = if source.label.conflict { "!" } else { "" };
    let opening = |text: String| if what.people { text } else { format!("{text} (") };
    let mut cells = vec![
        format!("{mark}{}", id(line.landing)),
        origin,
        format!("{}{conflict}", source.label.origin.name()),
        visible(&source.label.tools.join("+")).into_owned(),
        opening(evidence),
    ];
    if what.people {
        let who = if what.email { format!("<{}>", shown(writer.author.email.as_ref())) } else { shown(writer.author.name()) };
        cells.extend([format!("({who}"), what.date.spell(line.landed_at), format!("{}d", age_days(blamed, line))]);
    }
    Some(cells)
}

/// A name without what could move a terminal's cursor.
fn shown(name: &BStr) -> String {
    visible(&name.to_str_lossy()).into_owned()
}

/// `git blame --porcelain`, by origin, with headers of our own on each group of lines.
pub fn porcelain(blamed: &Blamed) -> Vec<u8> {
    let mut out = Vec::new();
    let mut told = std::collections::HashSet::new();
    let mut rest = blamed.lines.as_slice();
    while let Some(first) = rest.first() {
        let together = |(before, line): (&Line, &Line)| {
            (line.writer, line.source, line.landing, line.left_out, &line.origin_path, line.origin_line, line.number)
                == (
                    before.writer,
                    before.source,
                    before.landing,
                    before.left_out,
                    &before.origin_path,
                    before.origin_line + 1,
                    before.number + 1,
                )
        };
        let count = 1 + rest.iter().zip(rest.iter().skip(1)).take_while(|pair| together(*pair)).count();
        let (group, others) = rest.split_at(count.min(rest.len()));
        rest = others;
        let Some((writer, source)) = parts(blamed, first) else { continue };
        for (at, line) in group.iter().enumerate() {
            let count = if at == 0 { format!(" {count}") } else { String::new() };
            out.extend(format!("{} {} {}{count}\n", writer.id, line.origin_line, line.number).bytes());
            if at == 0 {
                if told.insert(line.writer) {
                    commit_headers(&mut out, writer);
                    if line.before_observation {
                        out.extend(b"boundary\n");
                    }
                }
                own_headers(&mut out, line, source);
                out.extend(format!("filename {}\n", line.origin_path).bytes());
            }
            out.push(b'\t');
            out.extend(line.text.iter());
            out.push(b'\n');
        }
    }
    out
}

fn commit_headers(out: &mut Vec<u8>, writer: &Writer) {
    let people = [("author", &writer.author, writer.authored_at), ("committer", &writer.committer, writer.committed_at)];
    for (role, person, at) in people {
        let (name, email) = (person.name.to_str_lossy(), person.email.to_str_lossy());
        out.extend(format!("{role} {name}\n{role}-mail <{email}>\n{role}-time {}\n{role}-tz +0000\n", at.unwrap_or(0)).bytes());
    }
    out.extend(b"summary ");
    out.extend(writer.subject.iter());
    out.push(b'\n');
}

fn own_headers(out: &mut Vec<u8>, line: &Line, source: &Source) {
    let mut header = |name: &str, value: &str| {
        if !value.is_empty() {
            out.extend(format!("candor-{name} {value}\n").bytes());
        }
    };
    header("landing", &line.landing.to_string());
    header("landed-at", &line.landed_at.to_string());
    header("source", source.label.origin.name());
    header("tools", &source.label.tools.join(","));
    header("evidence", &source.words());
    header("conflict", if source.label.conflict { "yes" } else { "" });
    header("left-out", line.left_out.map_or("", |reason| reason.name()));
}

/// Everything as one document.
pub fn json(blamed: &Blamed, shown: &Shown) -> Result<Vec<u8>, Failure> {
    let time = |seconds: Option<i64>| seconds.map(dates::rfc3339);
    let line = |line: &Line| -> Option<Value> {
        let (writer, source) = parts(blamed, line)?;
        let label = &source.label;
        Some(json!({
            "line": line.number,
            "text": line.text.to_str_lossy(),
            "landing": line.landing.to_string(),
            "landed_at": dates::rfc3339(line.landed_at),
            "age_days": age_days(blamed, line),
            "origin": writer.id.to_string(),
            "origin_path": line.origin_path,
            "origin_line": line.origin_line,
            "author": { "name": writer.author.name.to_str_lossy(), "email": writer.author.email.to_str_lossy() },
            "authored_at": time(writer.authored_at),
            "source": label.origin.name(),
            "tools": label.tools,
            "models": label.models,
            "mode": (label.mode != Mode::Unknown).then(|| label.mode.name()),
            "strength": label.strength.map(|strength| strength.name()),
            "evidence": source.kinds,
            "why": source.words(),
            "conflict": label.conflict,
            "left_out": line.left_out.map(|reason| reason.name()),
            "resumed": line.resumed,
            "before_observation": line.before_observation,
        }))
    };
    let document = json!({
        "schema": "candor-blame/1",
        "repository": shown.fresh.selected.store.name,
        "branch": shown.fresh.selected.mainline.branch,
        "revision": shown.tip.to_string(),
        "as_of": dates::rfc3339(blamed.as_of),
        "definition": shown.state.rules.describe(),
        "path": blamed.path,
        "lines": blamed.lines.iter().filter_map(line).collect::<Vec<_>>(),
    });
    let mut text = serde_json::to_vec_pretty(&document).map_err(|error| Failure::machine(error.to_string()))?;
    text.push(b'\n');
    Ok(text)
}
