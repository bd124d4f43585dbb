//! The terminal report against frozen screens.

use candor_metrics::facts::LineFacts;
use candor_metrics::{ReportOptions, lives};
use candor_report::{LifeReport, Style, terminal};

use super::synthetic::{Plan, facts};

pub fn plain() -> LifeReport {
    lives(&facts(&Plan::default()), &ReportOptions { se_sp: Some((0.8, 0.95)), ..ReportOptions::default() }).unwrap()
}

/// A history in which nobody left evidence.
pub fn unattributed() -> LifeReport {
    let plan = Plan {
        shares: [0.0, 0.0, 1.0, 0.0, 0.0],
        repositories: 1,
        landings: 60,
        cohorts: 300,
        days: 50,
        people: 6,
        ..Plan::default()
    };
    let mut facts = facts(&plan);
    facts.agreement.clear();
    facts.unrecognised.clear();
    facts.coverage.clear();
    lives(&facts, &ReportOptions::default()).unwrap()
}

#[test]
fn screens_are_as_frozen() {
    let screens = [
        ("plain_100", plain(), 100),
        ("plain_64", plain(), 64),
        ("unattributed_100", unattributed(), 100),
        ("empty_100", lives(&LineFacts::default(), &ReportOptions::default()).unwrap(), 100),
    ];
    for (name, report, width) in screens {
        let found = terminal(&report, Style { width, colour: false });
        let path = format!("{}/tests/expected/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("CANDOR_BLESS").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, expected, "{name} changed; look at it, then freeze it with CANDOR_BLESS=1");
        let widest = found.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width, "{name}: a line of {widest} columns on a screen of {width}");
    }
}

#[test]
fn a_report_is_about_one_screen() {
    let mut crowded = facts(&Plan::default());
    for repository in &mut crowded.repositories {
        repository.warnings = (0..3).map(|at| format!("warning {at} about {}", "a long path/".repeat(30))).collect();
    }
    let options = ReportOptions { human_before: Some("2024-06-01".to_owned()), ..ReportOptions::default() };
    for report in [plain(), unattributed(), lives(&crowded, &options).unwrap()] {
        let screen = terminal(&report, Style { width: 100, colour: false });
        let lines = screen.lines().count();
        assert!(lines <= 42, "{lines} lines\n{screen}");
    }
}

#[test]
fn colours_change_no_letter() {
    let report = plain();
    let coloured = terminal(&report, Style { width: 100, colour: true });
    let mut bare = String::new();
    let mut inside = false;
    for letter in coloured.chars() {
        match (inside, letter) {
            (false, '\u{1b}') => inside = true,
            (true, 'm') => inside = false,
            (true, _) => {}
            (false, _) => bare.push(letter),
        }
    }
    assert!(coloured.contains('\u{1b}'));
    let tidy = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(tidy(&bare), tidy(&terminal(&report, Style { width: 100, colour: false })));
}
