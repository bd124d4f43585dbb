//! Rules over several cells and rows: each broken by itself, in a row in which all cells that the rule reads are set.

use crate::folder::{Folder, shown};
use crate::generated::Sheet;

/// Table; cells to set; the column at which the fault is told, and its kind. An empty kind: legal.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static str);

const EARLY: &str = "2025-03-01T10:00:00Z";
const LATE: &str = "2025-03-02T10:00:00Z";
const LATER: &str = "2025-03-03T10:00:00Z";
/// The instant of `LATE` in another zone.
const LATE_IN_TOKYO: &str = "2025-03-02T19:00:00+09:00";

const PULL: [(&str, &str); 10] = [
    ("created_at", ""),
    ("ready_at", ""),
    ("first_commit_at", ""),
    ("merged_at", ""),
    ("closed_at", ""),
    ("draft", ""),
    ("ai_lines", ""),
    ("classified_lines", ""),
    ("additions", ""),
    ("reverts", ""),
];

const CASES: &[Case] = &[
    ("employment", &[("valid_from", "1999-01-01"), ("valid_until", "1999-01-01")], "valid_until", "end_before_start"),
    ("employment", &[("valid_from", "1999-01-02"), ("valid_until", "1999-01-01")], "valid_until", "end_before_start"),
    ("employment", &[("valid_from", "1999-01-01"), ("valid_until", "1999-01-02")], "", ""),
    ("employment", &[("role", "sre"), ("level", "")], "level", "missing_value"),
    ("employment", &[("role", "qa"), ("level", "")], "level", "missing_value"),
    ("employment", &[("role", "product"), ("level", "")], "", ""),
    (
        "employment",
        &[("valid_from", "2199-01-01"), ("valid_until", ""), ("end_reason", "resigned")],
        "end_reason",
        "inconsistent",
    ),
    ("attribution_coverage", &[("valid_from", "2025-01-01"), ("valid_until", "2025-01-01")], "valid_until", "end_before_start"),
    ("finance", &[("currency", "ISK"), ("fx_rate", "")], "fx_rate", "missing_fx_rate"),
    ("finance", &[("currency", "ISK"), ("fx_rate", "0")], "fx_rate", "out_of_range"),
    ("ai_spend", &[("currency", "NOK"), ("fx_rate", "")], "fx_rate", "missing_fx_rate"),
    ("ai_usage", &[("offered", "3"), ("accepted", "4"), ("accepted_auto", "")], "accepted", "inconsistent"),
    ("ai_usage", &[("offered", "4"), ("accepted", "4"), ("accepted_auto", "5")], "accepted_auto", "inconsistent"),
    ("ai_usage", &[("lines_offered", "3"), ("lines_accepted", "4")], "lines_accepted", "inconsistent"),
    ("ai_usage", &[("lines_offered", ""), ("lines_accepted", "4")], "", ""),
    ("ai_usage", &[("cost", "1.5"), ("currency", "")], "currency", "missing_value"),
    ("work_items", &[("created_at", LATE), ("started_at", ""), ("done_at", EARLY)], "done_at", "end_before_start"),
    ("work_items", &[("created_at", EARLY), ("started_at", LATER), ("done_at", LATE)], "done_at", "end_before_start"),
    ("work_items", &[("created_at", LATER), ("started_at", LATER), ("done_at", LATE)], "done_at", "end_before_start"),
    ("work_items", &[("created_at", LATE), ("started_at", EARLY), ("done_at", LATE_IN_TOKYO)], "", ""),
    (
        "work_items",
        &[("created_at", EARLY), ("started_at", ""), ("done_at", ""), ("resolution", "done")],
        "done_at",
        "missing_value",
    ),
    ("work_items", &[("type", "bug"), ("is_revenue_feature", "true")], "is_revenue_feature", "inconsistent"),
    ("work_items", &[("type", "bug"), ("is_revenue_feature", "false")], "", ""),
    ("pull_requests", &[("created_at", LATE), ("ready_at", EARLY)], "ready_at", "end_before_start"),
    ("pull_requests", &[("created_at", EARLY), ("ready_at", LATER), ("merged_at", LATE)], "merged_at", "end_before_start"),
    ("pull_requests", &[("created_at", LATE), ("merged_at", EARLY)], "merged_at", "end_before_start"),
    ("pull_requests", &[("created_at", EARLY), ("first_commit_at", LATER), ("merged_at", LATE)], "merged_at", "end_before_start"),
    ("pull_requests", &[("created_at", EARLY), ("merged_at", LATER), ("closed_at", LATE)], "closed_at", "end_before_start"),
    ("pull_requests", &[("created_at", LATE), ("ready_at", LATE), ("merged_at", LATE_IN_TOKYO), ("closed_at", LATE)], "", ""),
    ("pull_requests", &[("created_at", EARLY), ("draft", "true"), ("merged_at", LATE)], "merged_at", "inconsistent"),
    ("pull_requests", &[("created_at", EARLY), ("draft", "TRUE"), ("ready_at", LATE)], "ready_at", "inconsistent"),
    ("pull_requests", &[("created_at", EARLY), ("draft", "true")], "", ""),
    (
        "pull_requests",
        &[("created_at", EARLY), ("ai_lines", "5"), ("classified_lines", "4"), ("additions", "9")],
        "ai_lines",
        "inconsistent",
    ),
    (
        "pull_requests",
        &[("created_at", EARLY), ("ai_lines", "5"), ("classified_lines", "8"), ("additions", "7")],
        "classified_lines",
        "inconsistent",
    ),
    ("pull_requests", &[("created_at", EARLY), ("ai_lines", "5"), ("classified_lines", "8")], "", ""),
    ("pull_requests", &[("created_at", EARLY), ("ai_lines", "5")], "classified_lines", "missing_value"),
    ("pull_requests", &[("created_at", EARLY), ("classified_lines", "5"), ("additions", "9")], "ai_lines", "missing_value"),
    ("deployments", &[("status", "failed"), ("started_at", EARLY), ("finished_at", "")], "finished_at", "missing_value"),
    ("deployments", &[("status", "succeeded"), ("started_at", LATE), ("finished_at", EARLY)], "finished_at", "end_before_start"),
    ("deployments", &[("status", "in_progress"), ("started_at", EARLY), ("finished_at", LATE)], "finished_at", "inconsistent"),
    (
        "incidents",
        &[("triggered_at", LATE), ("acknowledged_at", EARLY), ("resolved_at", "")],
        "acknowledged_at",
        "end_before_start",
    ),
    ("incidents", &[("triggered_at", LATE), ("acknowledged_at", ""), ("resolved_at", EARLY)], "resolved_at", "end_before_start"),
    ("incidents", &[("triggered_at", EARLY), ("acknowledged_at", LATER), ("resolved_at", LATE)], "", ""),
    ("findings", &[("first_seen_at", LATE), ("fixed_at", EARLY)], "fixed_at", "end_before_start"),
    ("support_tickets", &[("created_at", LATE), ("resolved_at", EARLY)], "resolved_at", "end_before_start"),
    ("satisfaction", &[("csat", ""), ("nps", "")], "csat", "missing_value"),
    ("satisfaction", &[("customer", "kim@customer.example")], "customer", "personal_data"),
    ("surveys", &[("opens_on", "2025-03-02"), ("closes_on", "2025-03-01")], "closes_on", "end_before_start"),
    ("surveys", &[("opens_on", "2025-03-02"), ("closes_on", "2025-03-02")], "", ""),
    ("survey_answers", &[("question", "flow"), ("scale", "1-5"), ("value", "6")], "value", "out_of_range"),
    ("survey_answers", &[("question", "flow"), ("scale", "1-7"), ("value", "6")], "", ""),
    ("survey_answers", &[("question", "flow"), ("scale", "0-10"), ("value", "-1")], "value", "out_of_range"),
    ("survey_answers", &[("question", "perceived_speedup"), ("scale", "share"), ("value", "24")], "value", "out_of_range"),
    ("survey_answers", &[("question", "perceived_speedup"), ("scale", "1-5"), ("value", "4")], "scale", "inconsistent"),
    ("assessments", &[("kind", "quiz"), ("with_ai", ""), ("score", "0.5")], "with_ai", "missing_value"),
    ("assessments", &[("kind", "quiz"), ("with_ai", "true"), ("score", "")], "score", "missing_value"),
    ("assessments", &[("kind", "quiz"), ("with_ai", "true"), ("score", "4")], "score", "out_of_range"),
    ("assessments", &[("kind", "mentoring"), ("with_ai", ""), ("score", "0.5")], "score", "out_of_range"),
    ("assessments", &[("kind", "mentoring"), ("with_ai", ""), ("score", "4")], "", ""),
    (
        "assessments",
        &[("kind", "practice_session"), ("with_ai", "false"), ("minutes", ""), ("completed", "true"), ("score", "")],
        "minutes",
        "missing_value",
    ),
    (
        "assessments",
        &[("kind", "novel_problem"), ("with_ai", "false"), ("minutes", ""), ("completed", ""), ("score", "")],
        "completed",
        "missing_value",
    ),
    ("tasks", &[("status", "done"), ("actual_minutes", "")], "actual_minutes", "missing_value"),
    ("tasks", &[("started_at", LATE), ("finished_at", EARLY)], "finished_at", "end_before_start"),
];

#[test]
fn each_rule_is_broken_by_itself() {
    let folder = Folder::open();
    let mut wrong = Vec::new();
    for (table, cells, column, kind) in CASES {
        let mut sheet = Sheet::read(&folder.files[table]);
        // The last row of its person, so that a spell moved into the past meets no other one.
        let row = sheet.rows.len() - 1;
        let cleared = if *table == "pull_requests" { PULL.as_slice() } else { &[] };
        for (name, text) in cleared.iter().chain(*cells) {
            sheet.set(row, name, text);
        }
        let (bytes, line) = sheet.bytes(row);
        let outcomes = folder.with(table, "broken.csv", &bytes);
        // Times of a task or pull request may matter to other files; here its own count.
        let faults = &outcomes[table].faults;
        let found: Vec<_> = faults.iter().map(|fault| (fault.line, fault.column.as_str(), fault.kind.word())).collect();
        let expected: Vec<_> = Some((line, *column, *kind)).filter(|_| !kind.is_empty()).into_iter().collect();
        if found != expected {
            wrong.push(format!("{table} {cells:?}: expected {kind} at {column}, found\n{}", shown(faults)));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

/// Faults of a small file of people, teams or spells, by line, column and kind.
fn faults_of(table: &str, text: &str) -> Vec<(u64, String, &'static str)> {
    let folder = Folder::open();
    let outcomes = folder.with(table, "small.csv", text.as_bytes());
    outcomes[table].faults.iter().map(|fault| (fault.line, fault.column.clone(), fault.kind.word())).collect()
}

#[test]
fn rows_are_held_against_each_other() {
    let one = |line, column: &str, kind| vec![(line, column.to_owned(), kind)];
    // A circle is told once, whoever reports into it.
    let circle = "person,manager\na,b\nb,c\nc,a\nd,a\n";
    assert_eq!(faults_of("people", circle), one(2, "manager", "cycle"));
    assert_eq!(faults_of("people", "person,manager\na,\nb,a\nc,b\n"), []);
    // Parents are dated: a circle on some day only is one; none where the rows follow each other.
    let crossed = "team,valid_from,parent\nx,,\ny,,x\nx,2025-01-01,y\n";
    assert_eq!(faults_of("teams", crossed), one(3, "parent", "cycle"));
    let swapped = "team,valid_from,parent\nx,,\ny,,x\ny,2025-01-01,\nx,2025-01-01,y\n";
    assert_eq!(faults_of("teams", swapped), []);
    let folder = Folder::open();
    let person = Sheet::read(&folder.files["people"]).rows[0][0].clone();
    let spells =
        |rows: &str| faults_of("employment", &format!("person,valid_from,valid_until,role\n{}", rows.replace('P', &person)));
    assert_eq!(spells("P,2020-01-01,2021-01-01,other\nP,2021-01-01,,other\n"), []);
    assert_eq!(spells("P,2020-01-01,,other\nP,2021-01-01,,other\n"), one(3, "valid_from", "overlap"));
    assert_eq!(spells("P,2021-01-01,,other\nP,2020-01-01,2021-01-02,other\n"), one(3, "valid_from", "overlap"));
    assert_eq!(spells("P,2021-01-01,,other\nP,2021-01-01,,manager\n"), one(3, "person", "duplicate_key"));
    // One spell around two others that touch: two rows are too many.
    let around = spells("P,2020-01-01,,other\nP,2020-02-01,2020-03-01,other\nP,2020-03-01,2020-04-01,other\n");
    assert_eq!(around.iter().map(|fault| fault.0).collect::<Vec<_>>(), [3, 4]);
    // A cell that cannot be read silences what needs it.
    assert_eq!(spells("P,2020-01-01,soon,other\nP,2021-01-01,,other\n"), one(2, "valid_until", "bad_date"));
}

#[test]
fn many_faults_are_all_found_in_order() {
    let rows: String = (0..250).map(|row| format!("p{row},x,\n")).collect();
    let faults = faults_of("people", &format!("person,country,manager\n{rows}"));
    assert_eq!(faults.len(), 250);
    assert!(faults.is_sorted());
}
