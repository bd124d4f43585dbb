//! When each block dies and by which landing, so that the share of lines that live is the planted one at each of the ages that metrics ask
//! for.
//!
//! A block's life has a Weibull law whose share at 90 days is planted. A line can only die in a landing, so the drawn instant is moved to a
//! landing nearby, never across 14, 30, 60 or 90 days of age: there the shares stay exact. Reverts take part of the deaths: the other lives
//! are longer by as much. A landing with a defect has the first death among its blocks brought about by a fix, no other has.

use crate::days::{DAY, midnight, number};
use crate::draws::Draws;
use crate::effects::Effects;
use crate::work::{Change, Kind};
use crate::world::{CONTEXTS, Crowd, Shape};

/// Ages in days that no death is moved across.
const AGES: [f64; 4] = [14.0, 30.0, 60.0, 90.0];
/// How many days a block may wait for a landing of its own context.
const PATIENCE: i64 = 3 * DAY;
/// Days after the landing between which reverts come.
const REVERTS: (f64, f64) = (0.2, 29.5);

/// The life of one block.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    /// Position of the change that brought it.
    pub change: usize,
    /// Position in its blocks.
    pub block: usize,
    /// Position of the change that ends it.
    pub killer: Option<usize>,
    /// Planted: share of such blocks that live for 90 days, reverts included, but for who the author is.
    pub survival_90d: f64,
}

/// Lives of all blocks, and what they mean for changes.
#[derive(Debug, Clone, Default)]
pub struct Lives {
    /// Blocks, in the order of their changes.
    pub lives: Vec<Life>,
    /// For each change, the landing of the last change that it repairs.
    pub repaired: Vec<Option<i64>>,
    /// For each change, the planted chance of a fix within 90 days.
    pub defect_90d: Vec<f64>,
    /// Deaths that had to be moved across one of the ages.
    pub moved_across: usize,
}

/// The law of a block's life.
#[derive(Debug, Clone, Copy)]
pub struct Law {
    /// Share that lives for 90 days, reverts included.
    pub survival_90d: f64,
    /// Shape of the Weibull law.
    pub shape: f64,
    /// Chance that the landing is reverted within 30 days.
    pub revert_30d: f64,
}

impl Law {
    /// Share that lives for so many days, reverts included.
    #[must_use]
    pub fn survival(&self, days: f64) -> f64 {
        self.survival_90d.powf((days / 90.0).powf(self.shape))
    }

    /// Share of those whose landing is not reverted.
    #[must_use]
    pub fn unless_reverted(&self, days: f64) -> f64 {
        let passed = ((days - REVERTS.0) / (REVERTS.1 - REVERTS.0)).clamp(0.0, 1.0);
        self.survival(days) / (1.0 - self.revert_30d * passed)
    }

    /// The days at which a share of those whose landing is not reverted is left.
    fn days_at(&self, share: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        while self.unless_reverted(high) > share && high < 20_000.0 {
            high *= 2.0;
        }
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if self.unless_reverted(middle) > share {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }
}

/// Landings of one repository that can end lines.
struct Killers {
    /// (Landing, position of the change, context), by time.
    all: Vec<(i64, usize, usize)>,
}

impl Killers {
    fn of(changes: &[Change], repo: usize, end: i64, takes: impl Fn(Kind) -> bool) -> Self {
        let fits =
            |change: &Change| change.repo == repo && change.merged < end && change.reverted.is_none() && takes(change.kind);
        let all = changes.iter().enumerate().filter(|(_, change)| fits(change));
        Self { all: all.map(|(position, change)| (change.merged, position, change.context)).collect() }
    }

    /// The landing that ends a block born at `born` at about `at`, and whether the death had to be moved across one of the ages.
    fn near(&self, born: i64, at: i64, context: usize) -> Option<(usize, bool)> {
        let age = |days: f64| born + (days * DAY as f64) as i64;
        let low = AGES.iter().rev().map(|days| age(*days)).find(|limit| *limit < at).unwrap_or(born);
        let high = AGES.iter().map(|days| age(*days)).find(|limit| *limit >= at).unwrap_or(i64::MAX);
        let next = self.all.partition_point(|(landed, _, _)| *landed < at.max(born + 1));
        let later = self.all.get(next..).unwrap_or_default();
        let within = later.iter().take_while(|(landed, _, _)| *landed <= high);
        let same = within.clone().take_while(|(landed, _, _)| *landed <= at + PATIENCE).find(|(_, _, own)| *own == context);
        if let Some((_, position, _)) = same.or_else(|| within.clone().next()) {
            return Some((*position, false));
        }
        let earlier = self.all.get(..next).unwrap_or_default().last().filter(|(landed, _, _)| *landed > low);
        match earlier {
            Some((_, position, _)) => Some((*position, false)),
            None => later.first().map(|(_, position, _)| (*position, true)),
        }
    }
}

/// Plans all lives.
#[must_use]
pub fn lives(shape: &Shape, effects: &Effects, seed: u64, crowd: &Crowd, changes: &[Change]) -> Lives {
    let end = midnight(number(shape.until));
    let mut own = Lives { repaired: vec![None; changes.len()], defect_90d: vec![0.0; changes.len()], ..Lives::default() };
    let reverts: rustc_hash::FxHashMap<usize, usize> = changes
        .iter()
        .enumerate()
        .filter_map(|(position, change)| match change.kind {
            Kind::Revert(of) => Some((of, position)),
            _ => None,
        })
        .collect();
    let ordinary: Vec<Killers> = (0..crowd.repos.len())
        .map(|repo| Killers::of(changes, repo, end, |kind| matches!(kind, Kind::Feature | Kind::Chore)))
        .collect();
    let fixes: Vec<Killers> =
        (0..crowd.repos.len()).map(|repo| Killers::of(changes, repo, end, |kind| kind == Kind::Fix)).collect();
    for (position, change) in changes.iter().enumerate().filter(|(_, change)| change.merged < end) {
        let (Some(ordinary), Some(fixes)) = (ordinary.get(change.repo), fixes.get(change.repo)) else { continue };
        let mut draws = Draws::of(seed, "lives", position as u64);
        let lean = crowd.people.get(change.author).map_or(0.0, |person| person.lean) * effects.lines.person_spread;
        let laws: Vec<(Law, f64)> = change
            .blocks
            .iter()
            .map(|block| {
                let planted = effects.survival_90d(CONTEXTS[change.context], block.is_ai);
                let survival_90d = (planted + lean).clamp(0.02, 0.995);
                (Law { survival_90d, shape: effects.lines.shape, revert_30d: change.revert_30d }, planted)
            })
            .collect();
        // A revert is a repair too. Without one, the share of landings whose first death within 90 days is a fix makes up the rest.
        let all_live: f64 = laws.iter().map(|(law, _)| law.unless_reverted(90.0)).product();
        let room = (1.0 - change.revert_30d) * (1.0 - all_live);
        let marked = if room > 0.0 { ((change.defect_90d - change.revert_30d) / room).clamp(0.0, 1.0) } else { 0.0 };
        if let Some(place) = own.defect_90d.get_mut(position) {
            *place = if change.blocks.is_empty() { 0.0 } else { change.revert_30d + marked * room };
        }
        let has_defect = change.reverted.is_none() && draws.chance(marked);
        let ends: Vec<f64> = laws.iter().map(|(law, _)| law.days_at(draws.uniform())).collect();
        let first = ends.iter().copied().fold(f64::INFINITY, f64::min);
        for (block, ((_, planted), days)) in laws.iter().zip(&ends).enumerate() {
            let at = change.merged.saturating_add((days * DAY as f64) as i64);
            let revert = reverts.get(&position).copied();
            let killer = if change.reverted.is_some_and(|reverted| at >= reverted) {
                revert
            } else if at >= end {
                None
            } else {
                let by_fix = has_defect && *days == first && *days <= 90.0;
                let found = if by_fix {
                    fixes.near(change.merged, at, change.context)
                } else {
                    ordinary.near(change.merged, at, change.context)
                };
                own.moved_across += usize::from(found.is_some_and(|(_, across)| across));
                if let (true, Some((fix, _))) = (by_fix, found)
                    && let Some(place) = own.repaired.get_mut(fix)
                {
                    *place = (*place).max(Some(change.merged));
                }
                // No landing may take away what a revert has taken away already.
                found
                    .map(|(killer, _)| killer)
                    .filter(|killer| {
                        let landed = changes.get(*killer).map_or(i64::MAX, |change| change.merged);
                        change.reverted.is_none_or(|reverted| landed < reverted)
                    })
                    .or(revert)
            };
            own.lives.push(Life { change: position, block, killer, survival_90d: *planted });
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reverts_take_is_given_back_to_the_other_lives() {
        let law = Law { survival_90d: 0.58, shape: 0.7, revert_30d: 0.08 };
        for share in [0.9, 0.7, 0.5, 0.2] {
            let days = law.days_at(share);
            assert!((law.unless_reverted(days) - share).abs() < 1e-6, "{share}: {days}");
        }
        let with_reverts = law.unless_reverted(90.0) * (1.0 - law.revert_30d);
        assert!((with_reverts - 0.58).abs() < 1e-12, "{with_reverts}");
    }
}
