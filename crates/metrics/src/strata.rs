//! AI against others inside strata of repository, language, context and year: the adjusted comparison. Still a comparison, no effect.

use std::collections::HashMap;

use candor_model::Origin;
use candor_stats::survival::LifeTable;

use crate::contrast::{Names, Pooled, Side, difference};
use crate::coverage::beside;
use crate::document::Adjusted;
use crate::durability::Frame;
use crate::error::MetricsError;
use crate::options::MINIMUM_AUTHORS;
use crate::rows::{Builder, Groups, Row};

const METHOD: &str = "difference of Kaplan-Meier curves inside strata of repository, language, context and year of landing, Mantel-Haenszel \
weights n1 n0 / (n1 + n0) on lines, weights taken as fixed, infinitesimal jackknife by author, joint over both sides";

/// Sources in the order of the groups; AI first.
const SIDES: [Origin; 3] = [Origin::Ai, Origin::Human, Origin::Unknown];

/// Computes AI - human and AI - unknown, stratified, at every horizon.
///
/// # Definition
/// In each stratum with at least two authors on each side, both followed to the horizon: the difference of the two Kaplan-Meier estimates.
/// The strata are averaged with weights `n1 n0 / (n1 + n0)`, the lines of either side.
///
/// # Undefined when
/// No stratum qualifies.
///
/// # Assumptions
/// Inside a stratum nothing else decides both who writes a line and how long it lives. That is seldom true: experience, size and kind of the
/// change are not in the strata. So this is a comparison and not an effect.
///
/// # Source
/// Mantel and Haenszel 1959, J. Natl. Cancer Inst. 22, 719-748; weights for risk differences: Greenland and Robins 1985, Biometrics 41, 55-68.
pub(crate) fn compute(frame: Frame<'_>) -> Result<[Vec<Adjusted>; 2], MetricsError> {
    let (strata, count) = strata(frame);
    let place = |row: &Row| SIDES.iter().position(|source| *source == row.source);
    let groups = Groups::new(&frame.rows.rows, count * SIDES.len(), |row| {
        Some(strata[row.path as usize][year(frame, row)] as usize * SIDES.len() + place(row)?)
    });
    let horizons = frame.horizons();
    let mut builder = Builder::new(frame.window);
    let mut sums = [Sums::new(horizons.len()), Sums::new(horizons.len())];
    for stratum in 0..count {
        let rows = |side: usize| groups.of(stratum * SIDES.len() + side);
        if rows(0).is_empty() {
            continue;
        }
        let mut table = |side: usize| builder.curve(frame.lines(rows(side)), Some(frame.last_horizon()));
        let (ai, tally) = table(0)?;
        for (other, sums) in sums.iter_mut().enumerate() {
            sums.strata += 1;
            sums.ai_lines += tally.lines as f64;
            let shared = !rows(other + 1).is_empty() && authors(&ai) >= MINIMUM_AUTHORS;
            if shared {
                sums.add(&ai, &table(other + 1)?.0, &horizons)?;
            }
        }
    }
    let unknown = frame.unknown_share();
    let level = frame.window.options.level;
    let [human, unknowns] = sums;
    Ok([human.finish("human", level, unknown), unknowns.finish("unknown", level, unknown)])
}

fn authors(table: &LifeTable) -> usize {
    table.clusters().unwrap_or(0)
}

fn year(frame: Frame<'_>, row: &Row) -> usize {
    frame.window.year[row.landing as usize] as usize
}

/// Number of the stratum by path and year, and how many strata there are.
fn strata(frame: Frame<'_>) -> (Vec<Vec<u32>>, usize) {
    let mut places: HashMap<(u32, u16, u16), u32> = HashMap::new();
    let years = frame.window.years.len() as u32;
    let numbers = frame
        .window
        .facts
        .paths
        .iter()
        .map(|path| {
            let next = places.len() as u32;
            let place = *places.entry((path.repository, path.language, path.context)).or_insert(next);
            (0..years).map(|year| place * years + year).collect()
        })
        .collect();
    (numbers, places.len() * years as usize)
}

/// Sums over strata for one pair of sides.
struct Sums {
    pooled: Vec<(Pooled, Pooled)>,
    strata: u64,
    used: Vec<u64>,
    ai_lines: f64,
    ai_used: Vec<f64>,
}

impl Sums {
    fn new(horizons: usize) -> Self {
        Self {
            pooled: (0..horizons).map(|_| Default::default()).collect(),
            strata: 0,
            used: vec![0; horizons],
            ai_lines: 0.0,
            ai_used: vec![0.0; horizons],
        }
    }

    fn add(&mut self, ai: &LifeTable, other: &LifeTable, horizons: &[f64]) -> Result<(), MetricsError> {
        if authors(other) < MINIMUM_AUTHORS {
            return Ok(());
        }
        let weight = ai.units() * other.units() / (ai.units() + other.units());
        for (at, sides) in Side::survivals(ai, horizons)?.iter().zip(&Side::survivals(other, horizons)?).enumerate() {
            if let (Some(one), Some(two)) = sides {
                self.pooled[at].0.add(one, weight);
                self.pooled[at].1.add(two, weight);
                self.used[at] += 1;
                self.ai_used[at] += ai.units();
            }
        }
        Ok(())
    }

    fn finish(self, other: &'static str, level: f64, unknown: Option<f64>) -> Vec<Adjusted> {
        let names = Names { one: "AI in shared strata", other, empty: (self.strata == 0, false) };
        let (strata, ai_lines) = (self.strata, self.ai_lines);
        self.pooled
            .into_iter()
            .zip(self.used.into_iter().zip(self.ai_used))
            .map(|((one, two), (used, lines))| {
                let (one, two) = (one.side(), two.side());
                Adjusted {
                    difference: beside(difference(one.as_ref(), two.as_ref(), names, METHOD, level), unknown),
                    strata,
                    strata_used: used,
                    ai_lines_used_share: (ai_lines > 0.0).then(|| lines / ai_lines),
                }
            })
            .collect()
    }
}
