//! What is known about who or what wrote the lines: shown before any figure by source.

use std::collections::BTreeMap;

use candor_model::{Origin, Strength};
use candor_stats::Outcome;

use crate::agreement;
use crate::calendar::rfc3339;
use crate::document::{Counted, Coverage, EvidenceLines, Quarter, Seen, SettingsFile, SourceLines};
use crate::error::MetricsError;
use crate::facts::{LineFacts, NONE};
use crate::window::Window;

const STRENGTHS: usize = 4;
const SOURCES: usize = 5;

/// Lines of one quarter by strength and source.
type Cells = [[u64; SOURCES]; STRENGTHS];

/// Computes [`Coverage`] over the countable lines of the landings that count, bots' lines included.
pub(crate) fn compute(window: &Window<'_>) -> Result<Coverage, MetricsError> {
    let (facts, cohorts) = (window.facts, &window.facts.cohorts);
    let mut cells: Vec<Cells> = vec![Cells::default(); window.quarters.len()];
    let mut ai_lines = vec![0_u64; facts.commits.len()];
    for row in 0..cohorts.len() {
        let landing = cohorts.landing[row] as usize;
        if !window.counts[landing] {
            continue;
        }
        let (source, lines) = (cohorts.source[row], u64::from(cohorts.lines[row]));
        cells[window.quarter[landing] as usize][strength_index(cohorts.strength[row])][source_index(source)] += lines;
        if matches!(source, Origin::Ai | Origin::Mixed) {
            ai_lines[cohorts.origin[row] as usize] += lines;
        }
    }
    let quarters: Vec<Quarter> = window
        .quarters
        .iter()
        .zip(&cells)
        .map(|(quarter, cells)| {
            let (evidence, sources) = sums(cells);
            Quarter { quarter: quarter.name(), lines: sources.total(), evidence, sources }
        })
        .collect();
    let mut all = Cells::default();
    for (sum, cell) in
        cells.iter().flat_map(|cells| (0..STRENGTHS * SOURCES).map(move |at| (at, cells[at / SOURCES][at % SOURCES])))
    {
        all[sum / SOURCES][sum % SOURCES] += cell;
    }
    let (evidence, sources) = sums(&all);
    let lines = sources.total();
    let inside =
        |facts: &LineFacts| (0..u32::try_from(facts.commits.len()).unwrap_or(NONE)).filter(|commit| window.has_commit(*commit));
    let counted = |list: &[(String, u32)]| {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for (value, _) in list.iter().filter(|(_, commit)| window.has_commit(*commit)) {
            *counts.entry(value).or_default() += 1;
        }
        let mut list: Vec<Counted> =
            counts.into_iter().map(|(value, count)| Counted { value: value.to_owned(), count }).collect();
        list.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.value.cmp(&other.value)));
        list
    };
    Ok(Coverage {
        lines,
        evidence,
        sources,
        unknown_share: (lines > 0).then(|| sources.unknown as f64 / lines as f64),
        quarters,
        tools: seen(window, &ai_lines, |commit| &commit.tools),
        models: seen(window, &ai_lines, |commit| &commit.models),
        unrecognised: counted(&facts.unrecognised),
        rejected_notes: counted(&facts.rejected_notes),
        settings_files: facts
            .coverage
            .iter()
            .filter(|change| window.options.as_of.is_none_or(|as_of| change.at <= as_of))
            .map(|change| SettingsFile {
                repository: facts.repositories[change.repository as usize].name.clone(),
                path: change.path.clone(),
                tool: change.tool.clone(),
                since: Some(rfc3339(change.at)),
                leaves_evidence: change.leaves_evidence,
            })
            .collect(),
        conflicting_commits: inside(facts).filter(|commit| facts.commits[*commit as usize].conflict).count() as u64,
        agreement: agreement::compute(facts.agreement.iter().filter(|row| window.has_commit(row.commit)), window.options.level)?,
    })
}

fn seen(window: &Window<'_>, ai_lines: &[u64], names: impl Fn(&crate::facts::CommitFact) -> &Vec<String>) -> Vec<Seen> {
    let mut by_name: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (number, (commit, lines)) in (0..).zip(window.facts.commits.iter().zip(ai_lines)) {
        for name in names(commit).iter().filter(|_| window.has_commit(number)) {
            let entry = by_name.entry(name).or_default();
            entry.0 += lines;
            entry.1 += 1;
        }
    }
    let mut list: Vec<Seen> =
        by_name.into_iter().map(|(name, (lines, commits))| Seen { name: name.to_string(), lines, commits }).collect();
    list.sort_by(|one, other| {
        (other.lines, other.commits).cmp(&(one.lines, one.commits)).then_with(|| one.name.cmp(&other.name))
    });
    list
}

fn sums(cells: &Cells) -> (EvidenceLines, SourceLines) {
    let strength = |at: usize| cells[at].iter().sum::<u64>();
    let source = |at: usize| cells.iter().map(|row| row[at]).sum::<u64>();
    (
        EvidenceLines { recorded: strength(0), self_declared: strength(1), inferred: strength(2), none: strength(3) },
        SourceLines { ai: source(0), human: source(1), mixed: source(2), bot: source(3), unknown: source(4) },
    )
}

/// Counts for days or months label no line, so they are no evidence here.
fn strength_index(strength: Option<Strength>) -> usize {
    match strength {
        Some(Strength::Recorded) => 0,
        Some(Strength::SelfDeclared) => 1,
        Some(Strength::Inferred) => 2,
        Some(Strength::Aggregate) | None => 3,
    }
}

fn source_index(source: Origin) -> usize {
    match source {
        Origin::Ai => 0,
        Origin::Human => 1,
        Origin::Mixed => 2,
        Origin::Bot => 3,
        Origin::Unknown => 4,
    }
}

/// Writes the share of unknown lines beside an estimate by source.
pub(crate) fn beside(mut outcome: Outcome, unknown_share: Option<f64>) -> Outcome {
    if let Outcome::Estimate(estimate) = &mut outcome {
        estimate.unknown_source_share = unknown_share;
    }
    outcome
}
