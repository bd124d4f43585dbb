//! What happens to landings: reverts and defects. The unit is the landing, its class its share of AI lines.

use candor_model::Origin;
use candor_stats::survival::{LifeTable, Lives};

use crate::contrast::{Names, Side, difference};
use crate::coverage::beside;
use crate::document::{LandingClass, LandingRates};
use crate::durability::in_days;
use crate::error::MetricsError;
use crate::facts::NONE;
use crate::rework::{complement, one_minus};
use crate::window::{Class, DAY, Window};

/// What is known of one landing beyond its own facts.
#[derive(Debug, Clone, Copy)]
struct Unit {
    /// Author of most of its lines; of the mainline commit where it brought none.
    cluster: u32,
    lines: u64,
    bot_lines: u64,
    /// Lines born before observation began.
    early_lines: u64,
    /// First fix that removes a substantive line of it.
    fixed_at: Option<i64>,
}

/// A landing that counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ObservedLanding {
    /// Author of most of its lines.
    pub(crate) cluster: u32,
    /// All of it is a bot's.
    pub(crate) is_bot: bool,
    /// First fix that removes a substantive line of it.
    pub(crate) fixed_at: Option<i64>,
}

/// The landings of a window as units.
pub(crate) struct Landings<'a> {
    window: &'a Window<'a>,
    units: Vec<Unit>,
}

impl<'a> Landings<'a> {
    pub(crate) fn new(window: &'a Window<'a>) -> Self {
        let (facts, cohorts) = (window.facts, &window.facts.cohorts);
        let empty =
            |commit: u32| Unit { cluster: window.cluster(commit), lines: 0, bot_lines: 0, early_lines: 0, fixed_at: None };
        let mut units: Vec<Unit> = facts.landings.iter().map(|landing| empty(landing.commit)).collect();
        // Lines by landing and author, for landings whose lines others wrote; neighbours in the facts mostly share both.
        let mut written: Vec<(u64, u64)> = Vec::new();
        for row in 0..cohorts.len() {
            let landing = cohorts.landing[row];
            let unit = &mut units[landing as usize];
            let lines = u64::from(cohorts.lines[row]);
            unit.lines += lines;
            if cohorts.source[row] == Origin::Bot {
                unit.bot_lines += lines;
            }
            if cohorts.before_observation[row] {
                unit.early_lines += lines;
            }
            let (origin, killer) = (cohorts.origin[row], cohorts.killer[row]);
            if origin != facts.landings[landing as usize].commit {
                let key = u64::from(landing) << 32 | u64::from(window.cluster(origin));
                match written.last_mut() {
                    Some(last) if last.0 == key => last.1 += lines,
                    _ => written.push((key, lines)),
                }
            }
            if cohorts.substantive[row] > 0
                && killer != NONE
                && facts.commits[killer as usize].is_fix
                && !dies_in_bulk(window, row)
            {
                let at = window.died_at(row);
                unit.fixed_at = unit.fixed_at.into_iter().chain(at).min();
            }
        }
        name_authors(&mut units, written);
        Self { window, units }
    }

    /// Whether a landing is a unit: it counts, is no bulk commit, and not all of it is a bot's or older than observation.
    fn is_unit(&self, at: usize) -> bool {
        !self.window.facts.landings[at].is_bulk && self.observed(at).is_some_and(|unit| !unit.is_bot)
    }

    /// A landing that counts and of which not all is older than observation.
    pub(crate) fn observed(&self, at: usize) -> Option<ObservedLanding> {
        let (landing, unit) = (&self.window.facts.landings[at], &self.units[at]);
        let is_bot = if unit.lines > 0 {
            unit.bot_lines == unit.lines
        } else {
            self.window.facts.commits[landing.commit as usize].origin == Origin::Bot
        };
        let early = unit.lines > 0 && unit.early_lines == unit.lines;
        (self.window.counts[at] && !early).then_some(ObservedLanding { cluster: unit.cluster, is_bot, fixed_at: unit.fixed_at })
    }

    /// When the first landing known by the end of the report reverts it.
    pub(crate) fn reverted_at(&self, at: usize) -> Option<i64> {
        let by = self.window.facts.landings[at].reverted_by;
        let when = (by != NONE).then(|| self.window.facts.landings[by as usize].landed_at)?;
        self.window.options.as_of.is_none_or(|as_of| when <= as_of).then_some(when)
    }

    /// Landings that count.
    pub(crate) fn counted(&self) -> u64 {
        self.window.counts.iter().filter(|counts| **counts).count() as u64
    }

    /// Estimates the share of landings that are reverted within 30 days.
    ///
    /// # Definition
    /// 1 - S(30 days), landing to the first landing that reverts it; a later revert of the revert does not undo the event. All landings but
    /// bots' and bulk commits. Clusters: the author of most of the landing's lines.
    ///
    /// # Undefined when
    /// No landing of the class is followed for 30 days.
    pub(crate) fn reverts(&self) -> Result<LandingRates, MetricsError> {
        self.rates(
            "revert_rate_30d",
            30,
            "landings reverted within 30 days of landing: by git's revert message or by restored content; bots and bulk commits apart",
            |at| self.is_unit(at),
            |at| self.reverted_at(at),
        )
    }

    /// Estimates the share of landings that a fix traces back to within 90 days.
    ///
    /// # Definition
    /// 1 - S(90 days), landing to the first fix (conventional `fix`, a revert, or linked to a bug) that deletes or changes one of its
    /// substantive lines. Landings with at least one countable line; bots' landings and bulk commits apart; a bulk commit is no fix.
    ///
    /// # Assumptions
    /// A fix touches the lines that caused the bug. Fixes that only add lines are missed, and touched neighbours are blamed.
    ///
    /// # Source
    /// Sliwerski, Zimmermann and Zeller 2005, "When do changes induce fixes?", MSR; filters of Kim et al. 2006 and da Costa et al. 2017.
    pub(crate) fn defects(&self) -> Result<LandingRates, MetricsError> {
        self.rates(
            "defect_rate_90d",
            90,
            "landings of which a later fix removes a substantive line within 90 days of landing (SZZ on line lives); dates of bug reports are \
             not known here, so a fix of an older bug may count too",
            |at| self.is_unit(at) && self.units[at].lines > 0,
            |at| self.units[at].fixed_at,
        )
    }

    fn rates(
        &self,
        id: &str,
        days: u32,
        definition: &str,
        is_unit: impl Fn(usize) -> bool,
        event: impl Fn(usize) -> Option<i64>,
    ) -> Result<LandingRates, MetricsError> {
        let units: Vec<usize> = (0..self.units.len()).filter(|at| is_unit(*at)).collect();
        let horizon = f64::from(days * DAY);
        let unknown = units.iter().filter(|at| self.window.classes[**at] == Class::Unknown).count();
        let unknown_share = (!units.is_empty()).then(|| unknown as f64 / units.len() as f64);
        let rate = |class: Option<Class>| -> Result<(LandingClass, Option<Side>), MetricsError> {
            let (mut times, mut died, mut clusters, mut followed) = (Vec::new(), Vec::new(), Vec::new(), u32::MAX);
            for at in units.iter().copied().filter(|at| class.is_none_or(|class| self.window.classes[*at] == class)) {
                let landing = &self.window.facts.landings[at];
                let (end, when) = (self.window.ends[landing.repository as usize], event(at));
                followed = followed.min(Window::age(landing.landed_at, end));
                times.push(f64::from(Window::age(landing.landed_at, when.unwrap_or(end))));
                died.push(when.is_some());
                clusters.push(self.units[at].cluster);
            }
            let failed = |source| MetricsError::Statistic { figure: id.to_string(), source };
            let table = LifeTable::new(&Lives::new(&times, &died).clustered(&clusters)).map_err(failed)?;
            let confidence = candor_stats::survival::Confidence {
                level: self.window.options.level,
                ..candor_stats::survival::Confidence::default()
            };
            let survival = match in_days(table.survival(horizon, &confidence).map_err(failed)?, &table, followed, horizon) {
                candor_stats::Outcome::Insufficient { have, need, reason } => candor_stats::Outcome::Insufficient {
                    reason: if have == "no line" {
                        "there is no landing whose rate could be estimated".to_string()
                    } else {
                        reason.replace("some are still alive when follow-up ends", "the landings are too young")
                    },
                    have: have.replace("no line", "no landing"),
                    need: need.replace("1 line", "1 landing"),
                },
                other => other,
            };
            let class = LandingClass {
                name: class.map_or("all", Class::name).to_string(),
                landings: times.len() as u64,
                events: table.deaths_by(horizon).round() as u64,
                rate: beside(one_minus(survival), unknown_share),
            };
            Ok((class, Side::survival(&table, horizon)?.map(complement)))
        };
        let by_class = Class::ALL.iter().map(|class| rate(Some(*class))).collect::<Result<Vec<_>, _>>()?;
        let side = |class: Class| by_class.get(class as usize).and_then(|(_, side)| side.as_ref());
        let method = "difference of 1 - Kaplan-Meier, infinitesimal jackknife by author, joint over both sides";
        let against = |other: Class| {
            let none = |class: Class| by_class.get(class as usize).is_none_or(|(class, _)| class.landings == 0);
            let names = Names { one: "AI-heavy", other: other.name(), empty: (none(Class::AiHeavy), none(other)) };
            beside(difference(side(Class::AiHeavy), side(other), names, method, self.window.options.level), unknown_share)
        };
        Ok(LandingRates {
            id: id.to_string(),
            days,
            definition: definition.to_string(),
            ai_heavy_minus_human: against(Class::Human),
            ai_heavy_minus_unknown: against(Class::Unknown),
            all: rate(None)?.0,
            classes: by_class.into_iter().map(|(class, _)| class).collect(),
        })
    }
}

/// Whether a cohort dies in a bulk commit, which fixes nothing.
pub(crate) fn dies_in_bulk(window: &Window<'_>, row: usize) -> bool {
    let death = window.facts.cohorts.death[row];
    death != NONE && window.facts.landings[death as usize].is_bulk
}

/// Gives each landing the author of most of its lines; among equals the one with the lowest number.
fn name_authors(units: &mut [Unit], mut written: Vec<(u64, u64)>) {
    written.sort_unstable_by_key(|(key, _)| *key);
    written.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    for of_landing in written.chunk_by(|one, other| one.0 >> 32 == other.0 >> 32) {
        let most = of_landing.iter().max_by(|one, other| one.1.cmp(&other.1).then(other.0.cmp(&one.0)));
        let Some((key, lines)) = most else { continue };
        let unit = &mut units[(key >> 32) as usize];
        let own = unit.lines - of_landing.iter().map(|(_, lines)| lines).sum::<u64>();
        if *lines >= own {
            unit.cluster = (key & u64::from(u32::MAX)) as u32;
        }
    }
}
