//! Figures against cases small enough to compute by hand.

use candor_metrics::document::{LandingRates, Level, LifeReport};
use candor_metrics::facts::{
    AgreementRow, CommitFact, CoverageChange, Landing, LineFacts, LinesApart, NONE, PathFact, RepositoryFact,
};
use candor_metrics::{MetricsError, ReportOptions, lives};
use candor_model::{Origin, Strength};
use candor_stats::Outcome;

const DAY: i64 = 86_400;

/// A history built line by line; times in days after 2024-01-01.
#[derive(Default)]
struct History(LineFacts);

impl History {
    fn followed_to(days: i64) -> Self {
        let mut facts =
            LineFacts { languages: vec!["Rust".into()], contexts: vec!["other".into()], people: 10, ..LineFacts::default() };
        facts.repositories.push(RepositoryFact {
            name: "tiny".into(),
            as_of: super::synthetic::START + days * DAY,
            from: super::synthetic::START,
            mainline: 1,
            ..RepositoryFact::default()
        });
        facts.paths.push(PathFact { repository: 0, path: "a.rs".into(), language: 0, context: 0, is_hub: false });
        Self(facts)
    }

    /// A landing on a day by a person, labelled; returns its index.
    fn land(&mut self, day: i64, author: u32, origin: Origin) -> u32 {
        let at = super::synthetic::START + day * DAY;
        let commit = self.0.commits.len() as u32;
        self.0.commits.push(CommitFact {
            repository: 0,
            id: format!("{commit:040x}"),
            author,
            landing: self.0.landings.len() as u32,
            co_authors: Vec::new(),
            authored_at: at,
            origin,
            strength: (origin != Origin::Unknown).then_some(Strength::SelfDeclared),
            tools: Vec::new(),
            models: Vec::new(),
            conflict: false,
            is_fix: false,
            is_agent: false,
        });
        self.0.landings.push(Landing {
            repository: 0,
            commit,
            landed_at: at,
            added: 0,
            removed: 0,
            brought: 0,
            reverted_by: NONE,
            is_bulk: false,
            pull_request: None,
            written: 1,
            written_by_agents: 0,
            opened_by_agent: false,
            repeated: None,
            ai_share: match origin {
                Origin::Ai => Some(1.0),
                Origin::Human => Some(0.0),
                _ => None,
            },
        });
        commit
    }

    fn lines(&mut self, landing: u32, death: u32, lines: u32) {
        let origin = self.0.commits[landing as usize].origin;
        let cohorts = &mut self.0.cohorts;
        cohorts.landing.push(landing);
        cohorts.origin.push(landing);
        cohorts.path.push(0);
        cohorts.death.push(death);
        cohorts.killer.push(death);
        cohorts.lines.push(lines);
        cohorts.substantive.push(lines);
        cohorts.source.push(origin);
        cohorts.strength.push((origin != Origin::Unknown).then_some(Strength::SelfDeclared));
        cohorts.before_observation.push(false);
    }

    fn report(&self) -> LifeReport {
        lives(&self.0, &ReportOptions::default()).unwrap()
    }
}

fn level<'a>(report: &'a LifeReport, name: &str) -> &'a Level {
    report.durability.sources.iter().find(|level| level.name == name).unwrap()
}

fn at(level: &Level, days: u32) -> &Outcome {
    &level.figures.iter().find(|figure| figure.days == days).unwrap().line_weighted
}

fn near(outcome: &Outcome, expected: f64) {
    let point = outcome.point().unwrap_or_else(|| panic!("expected {expected}, got {outcome:?}"));
    assert!((point - expected).abs() < 1e-9, "expected {expected}, got {point}");
}

#[test]
fn median_that_is_not_reached_is_said_in_words() {
    // 100 lines by 3 authors, 20 die on day 10, the rest alive at day 90.
    let mut history = History::followed_to(90);
    let firsts: Vec<u32> = (0..3).map(|author| history.land(0, author, Origin::Unknown)).collect();
    let killer = history.land(10, 4, Origin::Unknown);
    for (landing, (dead, alive)) in firsts.iter().zip([(7, 27), (7, 26), (6, 27)]) {
        history.lines(*landing, killer, dead);
        history.lines(*landing, NONE, alive);
    }
    let report = history.report();
    let unknown = level(&report, "unknown");
    near(at(unknown, 90), 0.8);
    match unknown.median_days.as_ref().unwrap() {
        Outcome::Insufficient { reason, have, .. } => {
            assert!(reason.contains("not reached, more than 90 days"), "{reason}");
            assert!(have.contains("80.0 %"), "{have}");
        }
        other => panic!("a median that is not reached must be insufficient, got {other:?}"),
    }
    let json = serde_json::to_string(&report).unwrap();
    assert!(!json.contains("Infinity") && !json.contains("NaN"));
}

#[test]
fn the_curve_never_rises_when_the_old_lines_outlive_the_young() {
    // 100 lines of 15 years ago are alive; 100 lines of last year were all removed after 300 days.
    let years = 15 * 365;
    let mut history = History::followed_to(years);
    let old = history.land(0, 0, Origin::Unknown);
    let young = history.land(years - 365, 1, Origin::Unknown);
    let killer = history.land(years - 65, 0, Origin::Unknown);
    history.lines(old, NONE, 100);
    history.lines(young, killer, 100);
    let report = history.report();
    let curve = &level(&report, "unknown").curve;
    assert!(curve.windows(2).all(|pair| pair[1].survival <= pair[0].survival));
    let after: Vec<_> = curve.iter().filter(|point| point.days >= 300.0).collect();
    assert!(after.iter().all(|point| (point.survival - 0.5).abs() < 1e-12) && after.last().unwrap().days > 3_000.0);
    let day_299 = curve.iter().rfind(|point| point.days < 300.0).unwrap();
    assert_eq!((day_299.survival, day_299.at_risk), (1.0, 200));
    near(level(&report, "unknown").median_days.as_ref().unwrap(), f64::midpoint(300.0, f64::from(years as i32)));
}

#[test]
fn an_arm_with_one_author_or_none_costs_only_its_own_comparison() {
    let mut history = History::followed_to(200);
    history.0.contexts = vec!["infrastructure".into(), "payments".into(), "other".into()];
    history.0.paths = (0..3).map(|context| PathFact { context, ..history.0.paths[0].clone() }).collect();
    let killer = history.land(20, 9, Origin::Unknown);
    let put = |history: &mut History, path: u32, origin: Origin, authors: std::ops::Range<u32>| {
        for author in authors {
            let landing = history.land(0, author, origin);
            for (death, lines) in [(killer, 1 + author), (NONE, 4)] {
                history.lines(landing, death, lines);
                *history.0.cohorts.path.last_mut().unwrap() = path;
            }
        }
    };
    put(&mut history, 0, Origin::Ai, 0..5);
    put(&mut history, 1, Origin::Ai, 0..1);
    put(&mut history, 1, Origin::Human, 1..2);
    put(&mut history, 2, Origin::Ai, 0..4);
    put(&mut history, 2, Origin::Human, 2..6);
    let report = history.report();
    let difference = |name: &str| {
        let slice = report.durability.by_context.iter().find(|slice| slice.name == name).unwrap();
        slice.ai_minus_human.iter().find(|figure| figure.days == 30).unwrap().difference.clone()
    };
    for (context, have) in [("infrastructure", "human: none"), ("payments", "human: 1 author")] {
        match difference(context) {
            Outcome::Insufficient { have: found, need, .. } => {
                assert!(found.contains(have) && need.contains("2 authors"), "{context}: {found}; {need}");
            }
            other => panic!("{context} has one author at most on a side, got {other:?}"),
        }
    }
    // AI 16 of 26 alive, human 16 of 34 alive.
    near(&difference("other"), 16.0 / 26.0 - 16.0 / 34.0);
    assert!(difference("other").estimate().unwrap().interval.is_some());
}

#[test]
fn ages_are_exact_seconds_and_a_death_at_the_horizon_counts() {
    let mut history = History::followed_to(60);
    let one = history.land(0, 0, Origin::Ai);
    let two = history.land(0, 1, Origin::Ai);
    let killer = history.land(30, 2, Origin::Unknown);
    history.lines(one, killer, 3);
    history.lines(two, NONE, 7);
    near(at(level(&history.report(), "ai"), 30), 0.7);
    history.0.landings[killer as usize].landed_at += 1;
    near(at(level(&history.report(), "ai"), 30), 1.0);
}

#[test]
fn a_horizon_that_nobody_has_reached_is_insufficient_unless_all_are_dead() {
    let mut history = History::followed_to(40);
    let one = history.land(0, 0, Origin::Ai);
    history.lines(one, NONE, 5);
    let report = history.report();
    near(at(level(&report, "ai"), 30), 1.0);
    assert!(matches!(at(level(&report, "ai"), 60), Outcome::Insufficient { .. }));
    assert!(matches!(at(level(&report, "human"), 30), Outcome::Insufficient { .. }), "no human line is no 0 and no 1");
    let killer = history.land(20, 1, Origin::Human);
    history.0.cohorts.death[0] = killer;
    history.0.cohorts.killer[0] = killer;
    near(at(level(&history.report(), "ai"), 90), 0.0);
}

#[test]
fn negative_ages_count_as_zero_and_are_counted() {
    let mut history = History::followed_to(100);
    let late = history.land(50, 0, Origin::Ai);
    let other = history.land(0, 1, Origin::Ai);
    let early = history.land(10, 2, Origin::Unknown);
    history.lines(late, early, 4);
    history.lines(other, NONE, 6);
    let report = history.report();
    assert_eq!(report.read.apart.negative_age_lines, 4);
    near(at(level(&report, "ai"), 30), 0.6);
}

#[test]
fn bots_and_lines_of_before_are_apart_and_counted() {
    let mut history = History::followed_to(100);
    let bot = history.land(0, 0, Origin::Bot);
    let early = history.land(0, 1, Origin::Unknown);
    history.lines(bot, NONE, 11);
    history.lines(early, NONE, 13);
    *history.0.cohorts.before_observation.last_mut().unwrap() = true;
    history.lines(early, NONE, 17);
    *history.0.cohorts.substantive.last_mut().unwrap() = 10;
    let report = history.report();
    let apart = &report.read.apart;
    assert_eq!((apart.bot_lines, apart.before_observation_lines, apart.not_substantive_lines), (11, 13, 7));
    assert_eq!((report.durability.lines, report.coverage.lines), (10, 41));
}

#[test]
fn rework_by_self_and_by_others_are_competing_risks() {
    // Day 5: 4 of 10 by the author; day 10: 3 of the remaining 6 by somebody else; 3 alive.
    let mut history = History::followed_to(100);
    let first = history.land(0, 0, Origin::Ai);
    let own = history.land(5, 0, Origin::Unknown);
    let others = history.land(10, 1, Origin::Unknown);
    for (death, lines) in [(own, 4), (others, 3), (NONE, 3)] {
        history.lines(first, death, lines);
    }
    let rework = history.report().rework.all;
    near(&rework.total, 0.7);
    near(&rework.by_self, 0.4);
    near(&rework.by_others, 0.3);
    // A co-author counts as self.
    history.0.commits[others as usize].co_authors = vec![0];
    near(&history.report().rework.all.by_self, 0.7);
}

fn rate(rates: &LandingRates, class: &str) -> Outcome {
    rates.classes.iter().find(|found| found.name == class).unwrap().rate.clone()
}

#[test]
fn reverts_and_defects_have_the_landing_as_unit() {
    let mut history = History::followed_to(200);
    let landings: Vec<u32> = (0..4).map(|author| history.land(0, author, Origin::Ai)).collect();
    let fix = history.land(45, 5, Origin::Human);
    history.0.commits[fix as usize].is_fix = true;
    let plain = history.land(50, 5, Origin::Human);
    for landing in &landings {
        history.lines(*landing, NONE, 10);
    }
    // A fix removes lines of two landings, twice of one; a change that is no fix removes lines of a third.
    history.lines(landings[0], fix, 1);
    history.lines(landings[0], fix, 2);
    history.lines(landings[1], fix, 1);
    history.lines(landings[2], plain, 5);
    history.0.landings[landings[3] as usize].reverted_by = fix;
    let report = history.report();
    near(&rate(&report.defects, "ai_heavy"), 0.5);
    near(&rate(&report.reverts, "ai_heavy"), 0.0);
    assert_eq!((report.fixes.lines, report.fixes.commits), (4, 1));
    assert_eq!((report.fixes.cells[0].fixer.as_str(), report.fixes.cells[0].line.as_str()), ("human", "ai"));
    // The same revert on day 20 falls inside 30 days; a bulk commit that removes lines is no fix.
    history.0.landings[fix as usize].landed_at -= 25 * DAY;
    near(&rate(&history.report().reverts, "ai_heavy"), 0.25);
    history.0.landings[fix as usize].is_bulk = true;
    near(&rate(&history.report().defects, "ai_heavy"), 0.0);
}

#[test]
fn change_weighted_figures_give_every_landing_one_vote() {
    let mut history = History::followed_to(100);
    let big = history.land(0, 0, Origin::Ai);
    let small = history.land(0, 1, Origin::Ai);
    let killer = history.land(10, 2, Origin::Human);
    history.lines(big, NONE, 98);
    history.lines(small, killer, 1);
    history.lines(small, NONE, 1);
    let report = history.report();
    let figure = &level(&report, "ai").figures[0];
    near(&figure.line_weighted, 0.99);
    near(figure.change_weighted.as_ref().unwrap(), 0.75);
}

#[test]
fn bounds_hold_what_the_unknown_could_be() {
    // AI 8 of 10 alive, human 9 of 10, unknown 6 of 10, at every age.
    let mut history = History::followed_to(100);
    let killer = history.land(10, 9, Origin::Unknown);
    for (author, (origin, alive)) in [(Origin::Ai, 8), (Origin::Human, 9), (Origin::Unknown, 6)].into_iter().enumerate() {
        let landing = history.land(0, author as u32, origin);
        history.lines(landing, NONE, alive - 1);
        history.lines(landing, killer, 10 - alive);
        // One more author on each side: of fewer than two nothing is said.
        let landing = history.land(0, 10 + author as u32, origin);
        history.lines(landing, NONE, 1);
    }
    let bounds = history.report().durability.bounds[0].clone();
    near(&bounds.all_human, 0.8 - 15.0 / 20.0);
    near(&bounds.all_ai, 14.0 / 20.0 - 0.9);
    near(&bounds.lowest, 8.0 / 14.0 - 15.0 / 16.0);
    near(&bounds.highest, 14.0 / 16.0 - 9.0 / 14.0);
}

#[test]
fn bounds_of_one_persons_lines_are_none() {
    let mut history = History::followed_to(100);
    for (author, origin) in [Origin::Ai, Origin::Human, Origin::Human].into_iter().enumerate() {
        let landing = history.land(0, author as u32, origin);
        history.lines(landing, NONE, 10);
    }
    let bounds = history.report().durability.bounds[0].clone();
    for outcome in [bounds.all_human, bounds.all_ai, bounds.lowest, bounds.highest] {
        assert!(outcome.point().is_none(), "{outcome:?}");
    }
}

#[test]
fn correction_recovers_a_planted_difference_and_refuses_impossible_rates() {
    // Of 1,000 lines 400 are AI in truth (58 % live), 600 are not (76 %). Se 0.60, Sp 0.97:
    // flagged 240 AI + 18 others, not flagged 160 AI + 582 others.
    let mut history = History::followed_to(200);
    let killer = history.land(10, 9, Origin::Unknown);
    let scale = 100.0;
    for (origin, ai, other) in [(Origin::Ai, 240.0, 18.0), (Origin::Unknown, 160.0, 582.0)] {
        let lines: f64 = (ai + other) * scale;
        let alive = (0.58 * ai + 0.76 * other) * scale;
        for author in 0..2 {
            let landing = history.land(0, author, origin);
            history.lines(landing, NONE, (alive / 2.0).round() as u32);
            history.lines(landing, killer, ((lines - alive) / 2.0).round() as u32);
        }
    }
    let corrected = |se_sp| {
        lives(&history.0, &ReportOptions { se_sp: Some(se_sp), ..ReportOptions::default() }).unwrap().durability.corrected
    };
    let found = corrected((0.60, 0.97)).unwrap();
    let figure = found.figures.last().unwrap();
    let close =
        |outcome: &Outcome, expected: f64| assert!((outcome.point().unwrap() - expected).abs() < 2e-3, "{expected}: {outcome:?}");
    close(&found.ai_share, 0.4);
    close(&figure.difference, 0.58 - 0.76);
    close(&figure.ai, 0.58);
    close(&figure.not_ai, 0.76);
    assert!(figure.uncorrected.point().unwrap().abs() < 0.15, "without correction the difference is blunted");
    for impossible in [(0.5, 0.5), (0.9, 0.6), (0.2, 0.97)] {
        let figure = corrected(impossible).unwrap().figures[0].clone();
        assert!(
            matches!(figure.difference, Outcome::NotApplicable { .. }),
            "{impossible:?} cannot be right: {:?}",
            figure.difference
        );
    }
}

#[test]
fn agreement_counts_commits_and_lines() {
    let mut history = History::followed_to(10);
    let row = |added, recorded_ai, claimed, declared_ai, has_record| AgreementRow {
        commit: NONE,
        added,
        recorded_ai,
        claimed,
        declared_ai,
        has_record,
    };
    history.0.agreement = vec![
        row(10, 5, 10, true, true),
        row(10, 9, 90, false, true),
        row(10, 1, 10, true, true),
        row(10, 0, 0, true, true),
        row(0, 0, 5, false, true),
        row(10, 0, 0, true, false),
    ];
    let agreement = history.report().coverage.agreement;
    near(&agreement.sensitivity_commits, 0.5);
    near(&agreement.sensitivity_lines, 6.0 / 15.0);
    near(&agreement.flagged_without_ai, 1.0);
    near(&agreement.attested_inside, 15.0 / 115.0);
    let cells: Vec<(u64, u64)> = agreement.table.iter().map(|row| (row.declared, row.not_declared)).collect();
    assert_eq!(cells, [(1, 1), (1, 0), (1, 0), (0, 1), (1, 0)]);
    // Wilson for 1 of 2 at 95 %.
    let interval = agreement.sensitivity_commits.estimate().unwrap().interval.unwrap();
    assert!(
        (interval.lower.unwrap() - 0.094_529).abs() < 1e-5 && (interval.upper.unwrap() - 0.905_471).abs() < 1e-5,
        "{interval:?}"
    );
}

#[test]
fn what_was_read_is_that_of_the_window() {
    let mut history = History::followed_to(100);
    let old = history.land(10, 0, Origin::Ai);
    let new = history.land(60, 1, Origin::Ai);
    let facts = &mut history.0;
    for (commit, model) in [(old, "first"), (new, "second")] {
        facts.commits[commit as usize].models = vec![model.into()];
        facts.unrecognised.push((format!("helper of {model}"), commit));
        let row = AgreementRow { commit, added: 10, recorded_ai: 10, claimed: 10, declared_ai: commit == old, has_record: true };
        facts.agreement.push(row);
        facts.repositories[0].apart.push(LinesApart { reason: "lock".into(), path: 0, landing: commit, lines: 7 + commit });
    }
    facts.rejected_notes = vec![("its commit is gone".into(), NONE), ("odd".into(), new)];
    facts.coverage = vec![CoverageChange {
        repository: 0,
        path: "settings.json".into(),
        tool: "a tool".into(),
        at: super::synthetic::START + 60 * DAY,
        leaves_evidence: false,
    }];
    facts.repositories[0].left_out = vec![("binary".into(), 3)];
    let read = |history: &History, options: &ReportOptions| {
        let report = lives(&history.0, options).unwrap();
        let (coverage, repository) = (report.coverage, &report.read.repositories[0]);
        let names = |list: &[candor_metrics::document::Counted]| list.iter().map(|one| one.value.clone()).collect::<Vec<_>>();
        (
            coverage.models.iter().map(|seen| seen.name.clone()).collect::<Vec<_>>().join(" "),
            names(&coverage.unrecognised).join(" "),
            names(&coverage.rejected_notes).join(" "),
            (coverage.agreement.recorded_commits, coverage.agreement.sensitivity_commits.point().unwrap()),
            (coverage.settings_files.len(), repository.mainline, repository.commits, repository.tip.clone()),
            repository
                .left_out
                .iter()
                .map(|one| format!("{} {} {}", one.reason, one.paths, one.lines))
                .collect::<Vec<_>>()
                .join(", "),
        )
    };
    let id = |commit: u32| format!("{commit:040x}");
    let whole = read(&history, &ReportOptions::default());
    assert_eq!((whole.0.as_str(), whole.1.as_str()), ("first second", "helper of first helper of second"));
    assert_eq!((whole.2.as_str(), whole.3), ("its commit is gone odd", (2, 0.5)));
    assert_eq!((whole.4, whole.5.as_str()), ((1, 2, 2, id(new)), "lock 1 15, binary 3 0"));
    let day = |day: i64| Some(super::synthetic::START + day * DAY);
    let early = read(&history, &ReportOptions { as_of: day(30), ..ReportOptions::default() });
    assert_eq!((early.0.as_str(), early.1.as_str(), early.2.as_str()), ("first", "helper of first", ""));
    assert_eq!((early.3, early.4), ((1, 1.0), (0, 1, 1, id(old))));
    assert_eq!(early.5, "lock 1 7, binary, in the whole history 3 0");
    let late = read(&history, &ReportOptions { since: day(30), ..ReportOptions::default() });
    assert_eq!((late.0.as_str(), late.1.as_str(), late.2.as_str()), ("second", "helper of second", "odd"));
    assert_eq!((late.3, late.4, late.5.as_str()), ((1, 0.0), (1, 1, 1, id(new)), "lock 1 8, binary, in the whole history 3 0"));
}

#[test]
fn since_and_as_of_move_the_window() {
    let mut history = History::followed_to(100);
    let old = history.land(0, 0, Origin::Ai);
    let new = history.land(50, 1, Origin::Ai);
    let killer = history.land(70, 2, Origin::Unknown);
    history.lines(old, NONE, 10);
    history.lines(new, killer, 10);
    let at = |day: i64| Some(super::synthetic::START + day * DAY);
    let since = lives(&history.0, &ReportOptions { since: at(1), ..ReportOptions::default() }).unwrap();
    assert_eq!((since.durability.lines, since.read.landings), (10, 2));
    let earlier = lives(&history.0, &ReportOptions { as_of: at(60), ..ReportOptions::default() }).unwrap();
    assert_eq!((earlier.durability.lines, earlier.durability.all.deaths), (20, 0), "a death after the end is not known yet");
}

#[test]
fn facts_that_point_nowhere_are_refused_by_name() {
    let mut history = History::followed_to(10);
    let landing = history.land(0, 0, Origin::Ai);
    history.lines(landing, NONE, 1);
    history.0.cohorts.path[0] = 7;
    let error = lives(&history.0, &ReportOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "`cohort path` at row 0 points at entry 7 of `paths`, which has 1");
    history.0.cohorts.path.clear();
    assert!(matches!(lives(&history.0, &ReportOptions::default()), Err(MetricsError::ColumnLength { column: "path", .. })));
    let error = lives(&LineFacts::default(), &ReportOptions { level: 95.0, ..ReportOptions::default() }).unwrap_err();
    assert!(error.to_string().contains("the level of intervals is `95`"), "{error}");
}

#[test]
fn nothing_at_all_is_a_report_of_reasons() {
    let report = lives(&LineFacts::default(), &ReportOptions::default()).unwrap();
    assert!(report.durability.all.figures.iter().all(|figure| matches!(figure.line_weighted, Outcome::Insufficient { .. })));
    assert!(report.coverage.unknown_share.is_none());
    assert!(!report.statements.cannot_say.is_empty());
}
