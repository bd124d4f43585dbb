//! The gate of each phase: what must hold before the next one opens.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::coverage::Coverage;
use super::{Item, ItemState, PhaseKind};
use crate::assign::Roll;
use crate::assign::redraw::{commitments, revealed};
use crate::ledger::{Body, Chain, Entry};
use crate::plan::{Claim, Design, Plan, Scale};

/// Days of data that a metric needs in the baseline.
const BASELINE_DAYS: i32 = 28;
/// What exists only once arms are at work: no baseline can hold it.
const PILOT_ONLY: &[&str] = &["task_rct", "tool_roi", "perceived_speedup", "perception_gap", "forecast_gap"];
/// Below this p-value the arms have not the sizes that the lot gave them.
const SAMPLE_RATIO: f64 = 0.01;

/// Everything that gates look at.
pub(super) struct Known<'a> {
    plan: &'a Plan,
    chain: &'a Chain,
    coverage: Option<&'a Coverage>,
    as_of: Date,
}

fn day(entry: &Entry) -> Date {
    entry.at.to_zoned(TimeZone::UTC).date()
}

impl<'a> Known<'a> {
    pub(super) fn new(plan: &'a Plan, chain: &'a Chain, coverage: Option<&'a Coverage>, as_of: Date) -> Self {
        Self { plan, chain, coverage, as_of }
    }

    /// Entries that are dated up to the day.
    fn entries(&self) -> impl Iterator<Item = &'a Entry> {
        let as_of = self.as_of;
        self.chain.entries().iter().filter(move |entry| day(entry) <= as_of)
    }

    pub(super) fn gate(&self, phase: PhaseKind, from: Date, until: Date) -> Vec<Item> {
        let mut items = match phase {
            PhaseKind::Baseline => self.baseline(),
            PhaseKind::Pilot => self.pilot(),
            PhaseKind::Analysis => self.analysis(),
            PhaseKind::Policy => self.policy(),
            PhaseKind::Months3 => vec![self.checkpoint(3, from, "code quality, review burden, velocity")],
            PhaseKind::Months6 => vec![self.checkpoint(6, from, "the criteria of success")],
            PhaseKind::Months12 => vec![self.checkpoint(12, from, "skills and promotion")],
            PhaseKind::Months24 => vec![self.checkpoint(24, from, "capability and retention")],
        };
        for item in items.iter_mut().filter(|item| item.state == ItemState::Missing) {
            item.until.get_or_insert(until);
        }
        items
    }

    fn baseline(&self) -> Vec<Item> {
        let mut items = vec![self.registered()];
        let metrics: BTreeSet<&str> =
            self.plan.criteria.iter().map(|criterion| criterion.metric.as_str()).filter(|metric| !metric.is_empty()).collect();
        items.extend(metrics.into_iter().map(|metric| self.metric(metric)));
        items.extend(self.plan.unavailable.iter().map(|own| Item {
            what: format!("data of {}", own.metric),
            state: ItemState::Unavailable,
            why: format!("{} (signed by {})", own.reason, own.signed_by),
            next: None,
            until: None,
        }));
        items.push(self.control_teams());
        items.push(match self.coverage.and_then(|coverage| coverage.attribution) {
            Some(own) => met(
                "attribution coverage measured",
                format!("{:.0} % of the changes have a known source", 100.0 * own.known_share),
            ),
            None => missing(
                "attribution coverage measured",
                "nobody knows yet how much of the code has a known source",
                "mine the repositories and read the share of unknown: `candor report`",
            ),
        });
        items.push(match self.coverage.map(|coverage| coverage.detectable.as_slice()) {
            Some(own @ [_, ..]) => {
                let told: Vec<String> = own
                    .iter()
                    .map(|own| {
                        let effect = match self.plan.criterion(&own.criterion).map(|criterion| criterion.scale) {
                            Some(Scale::Relative) => format!("{:+.1} %", 100.0 * own.effect),
                            Some(Scale::Points) => format!("{:+.1} points", 100.0 * own.effect),
                            _ => format!("{:+.3}", own.effect),
                        };
                        format!("{} from {effect} on", own.criterion)
                    })
                    .collect();
                met("power computed", format!("four of five pilots would show {}", told.join(", ")))
            }
            _ => missing(
                "power computed",
                "it is not known what effect could be seen by the end of the pilot",
                "import what the criteria need, then read `candor plan check FILE` and `candor design suggest`",
            ),
        });
        items.push(match self.plan.forecasts.len() {
            0 => missing(
                "forecasts of the sponsors",
                "nobody has said what they expect",
                "ask the sponsors for a number each, before the pilot begins",
            ),
            count => met("forecasts of the sponsors", format!("{count} are in the plan")),
        });
        items
    }

    fn registered(&self) -> Item {
        let what = "plan registered before the pilot";
        let found = self.entries().find_map(|entry| match &entry.body {
            Body::Plan(own) if own.id == self.plan.id => Some((entry, own.retrospective.is_some())),
            _ => None,
        });
        match found {
            Some((entry, false)) => met(what, format!("entry {} of {}", entry.seq, day(entry))),
            Some((entry, true)) => {
                met(what, format!("entry {} of {}, marked retrospective: outcomes came first", entry.seq, day(entry)))
            }
            None => missing(what, "it is not in the ledger", "`candor plan register FILE` with two keys"),
        }
    }

    fn metric(&self, metric: &str) -> Item {
        let what = format!("four weeks of {metric} in the baseline");
        if PILOT_ONLY.contains(&metric) {
            let why = "it exists only once the arms are at work".to_owned();
            return Item { what, state: ItemState::NotNeeded, why, next: None, until: None };
        }
        let dates = &self.plan.dates;
        let next = "import its tables, or name it under `[[unavailable]]` with a reason that somebody signs";
        let own = self.coverage.and_then(|coverage| coverage.metrics.iter().find(|own| own.metric == metric));
        let Some((from, until)) = own.and_then(|own| own.from.zip(own.until)) else {
            return missing(&what, "no data", next);
        };
        // Days inside of the baseline, without gaps.
        let (from, until) = (from.max(dates.baseline_from), until.min(dates.pilot_from));
        let days = from.until(until).map_or(0, |span| span.get_days())
            - own.map_or(0, |own| i32::try_from(own.gap_days).unwrap_or(i32::MAX));
        if days >= BASELINE_DAYS {
            return met(&what, format!("{days} days"));
        }
        missing(&what, &format!("{} days of {BASELINE_DAYS}", days.max(0)), next)
    }

    fn control_teams(&self) -> Item {
        let (what, design) = ("control teams (AI-light) named", &self.plan.design);
        match design.kind {
            Design::ControlTeam if !design.control_teams.is_empty() => met(what, design.control_teams.join(", ")),
            Design::ControlTeam => missing(what, "none is named", "name one team at least in the plan"),
            Design::Observational => Item {
                what: what.to_owned(),
                state: ItemState::NotNeeded,
                why: "nothing is assigned; what comes out is a comparison".to_owned(),
                next: None,
                until: None,
            },
            _ => Item {
                what: what.to_owned(),
                state: ItemState::NotNeeded,
                why: "the lot makes the comparison".to_owned(),
                next: None,
                until: None,
            },
        }
    }

    fn pilot(&self) -> Vec<Item> {
        let (plan, chain) = (self.plan, self.chain);
        let mut items = Vec::new();
        if plan.design.kind.is_randomised() {
            let seeds = self
                .entries()
                .filter(|entry| matches!(&entry.body, Body::SeedCommitment(own) if own.experiment == plan.id))
                .count();
            items.push(match seeds {
                0 => missing(
                    "hash of a seed in the ledger",
                    "no seed is committed",
                    &format!("`candor assign commit {}`", plan.id),
                ),
                1 => met(
                    "hash of a seed in the ledger",
                    "by one person; a second one would rule out that it was shopped for".to_owned(),
                ),
                count => met("hash of a seed in the ledger", format!("by {count} people")),
            });
            let roll = Roll::of(chain, &plan.id);
            let drawn = roll.drawn.iter().filter(|own| own.assigned_at.to_zoned(TimeZone::UTC).date() <= self.as_of).count();
            items.push(match drawn {
                0 => missing("arms assigned by lot", "nobody is drawn yet", &format!("`candor assign enrol {} FILE`", plan.id)),
                count => met("arms assigned by lot", format!("{count} units")),
            });
        } else {
            let why = "this design assigns nothing by lot".to_owned();
            items.push(Item {
                what: "arms assigned by lot".to_owned(),
                state: ItemState::NotNeeded,
                why,
                next: None,
                until: None,
            });
        }
        items.extend(self.looks(|look| look < plan.dates.pilot_until));
        let checks = self.coverage.and_then(|coverage| coverage.pilot);
        if plan.design.kind.is_randomised() {
            items.push(match checks.and_then(|checks| checks.sample_ratio_p) {
                Some(p) if p >= SAMPLE_RATIO => met("arms have the sizes of the lot", format!("p = {p}")),
                Some(p) => missing(
                    "arms have the sizes of the lot",
                    &format!("p = {p}: units went missing in one arm"),
                    "find out where they went before anything is read from the figures",
                ),
                None => missing(
                    "arms have the sizes of the lot",
                    "the sample ratio is not tested",
                    "import outcomes and run the look",
                ),
            });
        }
        items.push(match checks.and_then(|checks| checks.compliance) {
            _ if !plan.design.kind.is_randomised() => Item {
                what: "compliance tracked".to_owned(),
                state: ItemState::NotNeeded,
                why: "nobody was told by lot what to do; who used the tools stands under contamination".to_owned(),
                next: None,
                until: None,
            },
            Some(share) => met("compliance tracked", format!("{:.0} % did what their arm asks", 100.0 * share)),
            None => missing("compliance tracked", "nobody knows who used what", "fill `complied` in assignments.csv"),
        });
        items.push(match checks.and_then(|checks| checks.contamination) {
            Some(share) => met("contamination tracked", format!("{:.0} % of the controls' work has AI in it", 100.0 * share)),
            None => missing("contamination tracked", "nobody knows whether the controls used the tools", "import ai_usage.csv"),
        });
        items
    }

    /// Planned looks whose day has come, each held, missed or to be held.
    fn looks(&self, is_in_phase: impl Fn(Date) -> bool) -> Vec<Item> {
        let mut items = Vec::new();
        for (number, due) in (1_u32..).zip(&self.plan.looks.dates).filter(|(_, due)| is_in_phase(**due)) {
            let what = format!("look {number} of {due}");
            let held = self.entries().find_map(|entry| match &entry.body {
                Body::Look(own) if own.experiment == self.plan.id && own.look == number => {
                    Some(met(&what, format!("held, entry {}", entry.seq)))
                }
                Body::MissedLook(own) if own.experiment == self.plan.id && own.look == number => {
                    Some(met(&what, format!("missed, and written down as such in entry {}", entry.seq)))
                }
                _ => None,
            });
            let mut item = held.unwrap_or_else(|| {
                let next = format!("`candor verdict {} --as-of {due} --record --key NAME`", self.plan.id);
                if *due > self.as_of {
                    let why = "its day has not come".to_owned();
                    return Item { what: what.clone(), state: ItemState::ToCome, why, next: Some(next), until: None };
                }
                missing(&what, "due, and neither held nor written down as missed", &next)
            });
            if matches!(item.state, ItemState::Missing | ItemState::ToCome) {
                item.until = Some(*due);
            }
            items.push(item);
        }
        items
    }

    fn verdict_since(&self, from: Date) -> Option<(&'a Entry, &'a str)> {
        self.entries().find_map(|entry| match &entry.body {
            Body::Verdict(own) if own.experiment == self.plan.id => {
                let look = self.chain.find(&own.look).and_then(|entry| match &entry.body {
                    Body::Look(look) => Some(look.as_of),
                    _ => None,
                });
                look.is_some_and(|as_of| as_of >= from).then_some((entry, own.class.as_str()))
            }
            _ => None,
        })
    }

    fn analysis(&self) -> Vec<Item> {
        let plan = self.plan;
        let mut items = self.looks(|look| look >= plan.dates.pilot_until);
        let last = plan.looks.dates.last().copied().unwrap_or(plan.dates.pilot_until);
        items.push(match self.verdict_since(last) {
            Some((entry, class)) => met("verdict of the last look", format!("`{class}`, entry {}", entry.seq)),
            None => missing(
                "verdict of the last look",
                "it is not in the ledger",
                &format!("`candor verdict {} --as-of {last} --record --key NAME`", plan.id),
            ),
        });
        items.push(match self.coverage.is_some_and(|coverage| coverage.associations) {
            true => met("contexts that help and hurt", "tables between the tiers are computed".to_owned()),
            false => missing(
                "contexts that help and hurt",
                "the tables between the tiers are not computed",
                &format!("`candor diagnose {}` on the snapshot of the last look", plan.id),
            ),
        });
        if plan.design.kind.is_randomised() {
            let (committed, public) = (commitments(self.chain, &plan.id).len(), revealed(self.chain, &plan.id).len());
            items.push(match committed > 0 && committed == public {
                true => met("seeds revealed", format!("all {public}: anybody can draw again")),
                false => {
                    missing("seeds revealed", &format!("{public} of {committed}"), &format!("`candor assign reveal {}`", plan.id))
                }
            });
        }
        items
    }

    fn policy(&self) -> Vec<Item> {
        let simulated = match self.coverage.is_some_and(|coverage| coverage.policies_simulated) {
            true => met("policies tried on history", "what they would have flagged is known".to_owned()),
            false => missing(
                "policies tried on history",
                "nobody knows whom they would have stopped",
                "try them on the last 90 days before they are in force",
            ),
        };
        let changed = self.entries().find_map(|entry| match &entry.body {
            Body::PolicyChange(own) if own.in_force_from >= self.plan.dates.pilot_until => Some((entry, own.follows.is_some())),
            _ => None,
        });
        let activated = match changed {
            Some((entry, true)) => met("policies in force, from the verdict", format!("entry {}", entry.seq)),
            Some((entry, false)) => missing(
                "policies in force, from the verdict",
                &format!("entry {} changes them and names no verdict", entry.seq),
                "`candor ledger policy FILE --follows HASH`",
            ),
            None => missing(
                "policies in force, from the verdict",
                "no change of policy is in the ledger",
                "`candor ledger policy FILE --from DATE --reason TEXT --follows HASH`",
            ),
        };
        vec![simulated, activated]
    }

    fn checkpoint(&self, months: u32, from: Date, subject: &str) -> Item {
        let judged: Vec<&str> = self
            .plan
            .criteria
            .iter()
            .filter(|own| own.claim != Claim::NoneWorseOneBetter)
            .filter(|own| self.plan.family(&own.family).is_some_and(|family| family.horizon_months >= months))
            .map(|own| own.id.as_str())
            .collect();
        let what = format!("verdict after {months} months: {subject}");
        match self.verdict_since(from) {
            Some((entry, class)) => met(&what, format!("`{class}`, entry {}", entry.seq)),
            None if judged.is_empty() => missing(
                &what,
                &format!("no family of this plan reaches {months} months"),
                "register a plan for it in time; what is decided here is one step, not one big go or no-go",
            ),
            None => missing(&what, &format!("open: {}", judged.join(", ")), "hold the look, in this plan or in one of its own"),
        }
    }
}

fn met(what: &str, why: String) -> Item {
    Item { what: what.to_owned(), state: ItemState::Met, why, next: None, until: None }
}

fn missing(what: &str, why: &str, next: &str) -> Item {
    Item { what: what.to_owned(), state: ItemState::Missing, why: why.to_owned(), next: Some(next.to_owned()), until: None }
}
