//! Whose lines the fixes remove: source of the fix by source of the line, own lines and others'.

use candor_model::Origin;

use crate::document::{FixCell, Fixes};
use crate::facts::NONE;
use crate::landings::dies_in_bulk;
use crate::window::{Window, source_name};

const SOURCES: [Origin; 5] = [Origin::Ai, Origin::Human, Origin::Mixed, Origin::Bot, Origin::Unknown];

/// Counts the substantive lines that fixes removed, at any age, of the landings that count.
///
/// Counts, not rates: a source with more lines has more of them removed.
pub(crate) fn compute(window: &Window<'_>) -> Fixes {
    let (facts, cohorts) = (window.facts, &window.facts.cohorts);
    let index = |source: Origin| SOURCES.iter().position(|known| *known == source).unwrap_or(SOURCES.len() - 1);
    let mut counts = [[[0_u64; 2]; SOURCES.len()]; SOURCES.len()];
    let mut fixing = vec![false; facts.commits.len()];
    for row in 0..cohorts.len() {
        let killer = cohorts.killer[row];
        let counted = killer != NONE && cohorts.substantive[row] > 0 && window.counts[cohorts.landing[row] as usize];
        if !counted || !facts.commits[killer as usize].is_fix || window.died_at(row).is_none() || dies_in_bulk(window, row) {
            continue;
        }
        fixing[killer as usize] = true;
        let own = window.same_people(cohorts.origin[row], killer);
        let cell = &mut counts[index(facts.commits[killer as usize].origin)][index(cohorts.source[row])];
        cell[usize::from(!own)] += u64::from(cohorts.substantive[row]);
    }
    let mut cells = Vec::new();
    for (fixer, row) in SOURCES.iter().zip(&counts) {
        for (line, [own_lines, others_lines]) in SOURCES.iter().zip(row) {
            if own_lines + others_lines > 0 {
                cells.push(FixCell {
                    fixer: source_name(*fixer).to_string(),
                    line: source_name(*line).to_string(),
                    own_lines: *own_lines,
                    others_lines: *others_lines,
                });
            }
        }
    }
    Fixes {
        commits: fixing.iter().filter(|fixes| **fixes).count() as u64,
        lines: cells.iter().map(|cell| cell.own_lines + cell.others_lines).sum(),
        cells,
    }
}
