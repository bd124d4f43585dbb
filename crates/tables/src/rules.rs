//! Rules over the cells of one row.

use crate::contract::Range;
use crate::fault::{FaultKind, Finding, quoted};
use crate::list::ENGINEERING_ROLES;
use crate::read::File;
use crate::rows::{Rows, Seen};
use crate::settings::Settings;

/// Faults of rows, gathered while the rows are looked at.
struct Check<'a> {
    file: &'a File,
    found: Vec<(usize, usize, Finding)>,
}

/// Applies the rules of the file's table to every row.
pub(crate) fn check(file: &mut File, settings: &Settings) {
    let mut check = Check { file, found: Vec::new() };
    match file.rows.table.name {
        "identities" => check.each(identities),
        "employment" => check.each(employment),
        "attribution_coverage" => check.each(|check, row| check.order(row, "valid_from", "valid_until", true)),
        "finance" | "ai_spend" => check.each(|check, row| fx_rate(check, row, settings)),
        "ai_usage" => check.each(ai_usage),
        "work_items" => check.each(work_items),
        "pull_requests" => check.each(pull_requests),
        "deployments" => check.each(deployments),
        "incidents" => check.each(|check, row| {
            check.order(row, "triggered_at", "acknowledged_at", false);
            check.order(row, "triggered_at", "resolved_at", false);
        }),
        "findings" => check.each(|check, row| check.order(row, "first_seen_at", "fixed_at", false)),
        "support_tickets" => check.each(|check, row| check.order(row, "created_at", "resolved_at", false)),
        "satisfaction" => check.each(satisfaction),
        "surveys" => check.each(|check, row| check.order(row, "opens_on", "closes_on", false)),
        "survey_answers" => check.each(survey_answers),
        "assessments" => check.each(assessments),
        "tasks" => check.each(tasks),
        _ => {}
    }
    let found = check.found;
    for (row, column, finding) in found {
        file.fault(row, column, finding);
    }
}

impl Check<'_> {
    fn each(&mut self, rule: impl Fn(&mut Self, usize)) {
        for row in 0..self.file.rows.len() {
            rule(self, row);
        }
    }

    fn rows(&self) -> &Rows {
        &self.file.rows
    }

    fn column(&self, name: &str) -> usize {
        self.rows().table.position(name).unwrap_or(usize::MAX)
    }

    fn add(&mut self, row: usize, column: &str, finding: Finding) {
        let column = self.column(column);
        self.found.push((row, column, finding));
    }

    fn raw(&self, row: usize, column: &str) -> String {
        self.file.raw(row, self.column(column))
    }

    fn word(&self, row: usize, column: &str) -> Seen<&str> {
        self.rows().text(row, self.column(column))
    }

    fn int(&self, row: usize, column: &str) -> Seen<i64> {
        self.rows().int(row, self.column(column))
    }

    fn bool(&self, row: usize, column: &str) -> Seen<bool> {
        self.rows().bool(row, self.column(column))
    }

    /// A day or an instant, for comparison with another of its kind.
    fn moment(&self, row: usize, column: &str) -> Seen<i64> {
        let column = self.column(column);
        match self.rows().time(row, column) {
            Seen::Empty => match self.rows().date(row, column) {
                Seen::Is(day) => Seen::Is(i64::from(day)),
                Seen::Empty => Seen::Empty,
                Seen::Unreadable => Seen::Unreadable,
            },
            other => other,
        }
    }

    fn is_filled(&self, row: usize, column: &str) -> bool {
        self.rows().is_filled(row, self.column(column))
    }

    /// Whether the cell is filled and readable.
    fn has_value(&self, row: usize, column: &str) -> bool {
        let column = self.column(column);
        !self.rows().is_faulty(row, column) && self.rows().is_filled(row, column)
    }

    /// `end` must not be before `start`, nor equal to it where `strict`.
    fn order(&mut self, row: usize, start: &str, end: &str, strict: bool) {
        let (Some(from), Some(until)) = (self.moment(row, start).value(), self.moment(row, end).value()) else { return };
        if until < from || (strict && until == from) {
            let relation = if strict { "later than" } else { "not before" };
            let (other, own) = (self.raw(row, start), self.raw(row, end));
            let expected = format!("{} {relation} {start}", article(end));
            let hint = format!("{start} is {other}");
            self.add(row, end, Finding::new(FaultKind::EndBeforeStart, expected, quoted(&own), hint));
        }
    }

    /// `small` must not be above `great`.
    fn at_most(&mut self, row: usize, small: &str, great: &str) {
        let (Some(low), Some(high)) = (self.int(row, small).value(), self.int(row, great).value()) else { return };
        if low > high {
            let hint = format!("{small} is {low} and {great} is {high}");
            self.add(
                row,
                small,
                Finding::new(FaultKind::Inconsistent, format!("at most {great}"), quoted(&low.to_string()), hint),
            );
        }
    }

    /// `column` must be filled, and why.
    fn need(&mut self, row: usize, column: &str, why: String) {
        if !self.is_filled(row, column) {
            let words = self.rows().table.column(column).map_or_else(String::new, |column| column.kind.words());
            self.add(row, column, Finding::new(FaultKind::MissingValue, format!("{column}: {words}"), "an empty cell", why));
        }
    }

    fn inconsistent(&mut self, row: usize, column: &str, expected: &str, hint: String) {
        let own = self.raw(row, column);
        self.add(row, column, Finding::new(FaultKind::Inconsistent, expected, quoted(&own), hint));
    }
}

fn article(column: &str) -> String {
    format!("a {column}")
}

/// Whether a text has the parts of an e-mail address: something, `@`, and a domain with a dot in it. Commits hold odd ones.
fn is_address(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(user, host)| {
        let dotted =
            host.split_once('.').is_some_and(|(name, rest)| !name.is_empty() && !rest.is_empty() && !rest.ends_with('.'));
        !user.is_empty() && dotted
    })
}

/// Whether a text is an e-mail address and can hardly be anything else.
fn is_email(text: &str) -> bool {
    is_address(text) && text.matches('@').count() == 1 && !text.contains(char::is_whitespace)
}

fn identities(check: &mut Check<'_>, row: usize) {
    if check.word(row, "kind") != Seen::Is("email") {
        return;
    }
    let Some(value) = check.word(row, "value").value() else { return };
    if !is_address(value) {
        let found = quoted(value);
        let hint = "an address has an @ and a domain with a dot, such as ada@acme.example";
        check.add(row, "value", Finding::new(FaultKind::BadEmail, "an e-mail address", found, hint));
    }
}

fn employment(check: &mut Check<'_>, row: usize) {
    check.order(row, "valid_from", "valid_until", true);
    if let Some(role) = check.word(row, "role").value().filter(|role| ENGINEERING_ROLES.contains(role)) {
        let why = format!("the role {role} needs a level");
        check.need(row, "level", why);
    }
    if check.has_value(row, "end_reason") && !check.is_filled(row, "valid_until") {
        let hint = "end_reason is filled and valid_until is empty, which means that the row still holds".to_owned();
        check.inconsistent(row, "end_reason", "an empty cell while valid_until is empty", hint);
    }
}

fn fx_rate(check: &mut Check<'_>, row: usize, settings: &Settings) {
    let Some(currency) = check.word(row, "currency").value() else { return };
    if currency != settings.currency && !check.is_filled(row, "fx_rate") {
        let expected = format!("a rate from {currency} to {}", settings.currency);
        let hint = format!("{} for one {currency}; the reporting currency is {}", settings.currency, settings.currency);
        check.add(row, "fx_rate", Finding::new(FaultKind::MissingFxRate, expected, "an empty cell", hint));
    }
}

fn ai_usage(check: &mut Check<'_>, row: usize) {
    check.at_most(row, "accepted", "offered");
    check.at_most(row, "accepted_auto", "accepted");
    check.at_most(row, "lines_accepted", "lines_offered");
    if check.has_value(row, "cost") {
        check.need(row, "currency", "cost is filled: an amount needs its currency".to_owned());
    }
}

fn work_items(check: &mut Check<'_>, row: usize) {
    check.order(row, "created_at", "done_at", false);
    check.order(row, "started_at", "done_at", false);
    if check.has_value(row, "resolution") {
        check.need(row, "done_at", "resolution is filled: an item that ended has the time of its end".to_owned());
    }
    if check.bool(row, "is_revenue_feature") == Seen::Is(true)
        && let Some(kind) = check.word(row, "type").value().filter(|kind| *kind != "feature")
    {
        let hint = format!("type is {kind} and is_revenue_feature is true; only a feature can be one");
        check.inconsistent(row, "is_revenue_feature", "true only where type is feature", hint);
    }
}

fn pull_requests(check: &mut Check<'_>, row: usize) {
    check.order(row, "created_at", "ready_at", false);
    if check.rows().is_blank(row, check.column("ready_at")) {
        check.order(row, "created_at", "merged_at", false);
    } else {
        check.order(row, "ready_at", "merged_at", false);
    }
    check.order(row, "first_commit_at", "merged_at", false);
    check.order(row, "merged_at", "closed_at", false);
    if check.bool(row, "draft") == Seen::Is(true) {
        // A merged draft is one contradiction, whatever else is filled.
        let column = ["merged_at", "ready_at"].into_iter().find(|column| check.moment(row, column).value().is_some());
        if let Some(column) = column {
            let hint = format!("draft is true and {column} is filled; a draft has neither ready_at nor merged_at");
            check.inconsistent(row, column, "an empty cell for a draft", hint);
        }
    }
    for (column, other) in [("ai_lines", "classified_lines"), ("classified_lines", "ai_lines")] {
        if check.has_value(row, other) {
            check.need(row, column, format!("{other} is filled: both are known or neither"));
        }
    }
    check.at_most(row, "ai_lines", "classified_lines");
    check.at_most(row, "classified_lines", "additions");
    if let (Some(number), Some(reverts)) = (check.int(row, "number").value(), check.word(row, "reverts").value())
        && reverts.split(';').any(|other| other.parse() == Ok(number))
    {
        let hint = format!("reverts names {number}, which is the row's own number");
        check.inconsistent(row, "reverts", "numbers of other pull requests in reverts", hint);
    }
}

fn deployments(check: &mut Check<'_>, row: usize) {
    check.order(row, "started_at", "finished_at", false);
    match check.word(row, "status").value() {
        Some(status @ ("succeeded" | "failed")) => {
            let why = format!("finished_at is required where status is {status}");
            check.need(row, "finished_at", why);
        }
        Some("in_progress") if check.moment(row, "finished_at").value().is_some() => {
            let hint = "status is in_progress and finished_at is filled".to_owned();
            check.inconsistent(row, "finished_at", "an empty cell while in_progress", hint);
        }
        _ => {}
    }
}

fn satisfaction(check: &mut Check<'_>, row: usize) {
    if !check.is_filled(row, "nps") {
        check.need(row, "csat", "at least one of csat and nps".to_owned());
    }
    if let Some(customer) = check.word(row, "customer").value().filter(|customer| is_email(customer)) {
        let found = quoted(customer);
        let hint = "customer is an opaque id: use a hash or the number in your own books";
        check.add(row, "customer", Finding::new(FaultKind::PersonalData, "an opaque id", found, hint));
    }
}

/// The range of a value, checked once the row says which one holds.
fn in_range(check: &mut Check<'_>, row: usize, column: &str, range: Range, because: &str, hint: &str) {
    let Some(value) = check.rows().num(row, check.column(column)).value() else { return };
    if !range.holds(value) {
        let own = check.raw(row, column);
        let expected = format!("a number {} for {because}", range.words());
        check.add(row, column, Finding::new(FaultKind::OutOfRange, expected, quoted(&own), hint));
    }
}

fn survey_answers(check: &mut Check<'_>, row: usize) {
    let question = check.word(row, "question").value().map(str::to_owned);
    let Some(scale) = check.word(row, "scale").value().map(str::to_owned) else { return };
    if question.as_deref() == Some("perceived_speedup") && scale != "share" {
        let hint = "question is perceived_speedup, which is asked as a share: 1 - time with AI / time without".to_owned();
        check.inconsistent(row, "scale", "share for perceived_speedup", hint);
        return;
    }
    let (range, hint) = match scale.as_str() {
        "1-5" => (Range::closed(1.0, 5.0), "scale says which values there are"),
        "1-7" => (Range::closed(1.0, 7.0), "scale says which values there are"),
        "0-10" => (Range::closed(0.0, 10.0), "scale says which values there are"),
        "share" => (Range::closed(-10.0, 1.0), "a share is a decimal: 0.24, not 24"),
        _ => return,
    };
    in_range(check, row, "value", range, &format!("the scale {scale}"), hint);
}

fn assessments(check: &mut Check<'_>, row: usize) {
    let Some(kind) = check.word(row, "kind").value().map(str::to_owned) else { return };
    let kind = kind.as_str();
    let why = |what: &str| format!("{what} is required for {kind}");
    if matches!(kind, "practice_session" | "novel_problem" | "quiz" | "practical") {
        check.need(row, "with_ai", why("with_ai"));
    }
    if kind == "practice_session" {
        check.need(row, "minutes", why("minutes"));
    }
    if matches!(kind, "practice_session" | "novel_problem") {
        check.need(row, "completed", why("completed"));
    } else {
        check.need(row, "score", why("score"));
    }
    let rated = matches!(kind, "root_cause_analysis" | "design_review" | "cross_team_project" | "mentoring");
    let (range, hint) = if rated {
        (Range::closed(1.0, 5.0), "people rate from 1 to 5")
    } else {
        (Range::closed(0.0, 1.0), "a share is a fraction: 0.24, not 24")
    };
    in_range(check, row, "score", range, kind, hint);
}

fn tasks(check: &mut Check<'_>, row: usize) {
    check.order(row, "started_at", "finished_at", false);
    if check.word(row, "status") == Seen::Is("done") {
        check.need(row, "actual_minutes", "actual_minutes is required where status is done".to_owned());
    }
}
