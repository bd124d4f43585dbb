//! Work items: features, stories, tasks and bugs, with their moves and the changes that belong to them.

use crate::business::{Month, months as spans};
use crate::days::{DAY, HOUR, day_of, midnight, number};
use crate::draws::Draws;
use crate::effects::Effects;
use crate::work::{Change, Kind};
use crate::world::{Crowd, Shape};

/// A work item.
#[derive(Debug, Clone)]
pub struct Item {
    /// Position of the team; `None`: not yet anybody's.
    pub team: usize,
    /// What it is.
    pub kind: &'static str,
    /// Story points.
    pub points: Option<u32>,
    /// Whether a feature is to earn money.
    pub earns: bool,
    /// How bad a bug is.
    pub severity: Option<&'static str>,
    /// Whether a customer reported it.
    pub by_customer: bool,
    /// Position of whoever works on it.
    pub assignee: Option<usize>,
    /// Created.
    pub created: i64,
    /// Begun.
    pub started: Option<i64>,
    /// Done.
    pub done: Option<i64>,
    /// In the hands of customers; features only.
    pub released: Option<i64>,
    /// Positions of its changes.
    pub changes: Vec<usize>,
}

/// Items of the window. `fixes` are (fix, landing of the last change that it repairs): bugs are reported after what they are about.
#[must_use]
pub fn items(
    shape: &Shape,
    effects: &Effects,
    seed: u64,
    crowd: &Crowd,
    changes: &[Change],
    months: &[Month],
    repaired: &dyn Fn(usize) -> Option<i64>,
) -> Vec<Item> {
    let end = midnight(number(shape.until));
    let mut items = Vec::new();
    let mut taken = vec![false; changes.len()];
    for team in 0..crowd.teams.len() {
        features(&mut items, &mut taken, shape, effects, seed, crowd, changes, team);
    }
    for (position, change) in changes.iter().enumerate().filter(|(_, change)| change.merged < end) {
        let mut draws = Draws::of(seed, "item", position as u64);
        if taken.get(position).copied().unwrap_or(true) || matches!(change.kind, Kind::Revert(_)) || !draws.chance(0.85) {
            continue;
        }
        let is_fix = change.kind == Kind::Fix;
        let before = (draws.between(0.1, 6.0) * DAY as f64) as i64;
        // A bug is known before it is fixed, and after what it is about.
        let known = change.first_commit - before;
        let created = if is_fix { repaired(position).map_or(known, |landed| known.max(landed + 60)) } else { known };
        let created = created.min(change.merged - 60);
        let started = change.first_commit.max(created);
        let done = change.merged + (draws.between(0.1, 20.0) * HOUR as f64) as i64;
        items.push(Item {
            team: change.team,
            kind: if is_fix { "bug" } else { ["story", "story", "task"][draws.below(3)] },
            points: draws.chance(0.9).then(|| [1, 2, 3, 5, 8][draws.weighted(&[3.0, 4.0, 4.0, 2.0, 1.0])]),
            earns: false,
            severity: is_fix.then(|| ["critical", "high", "medium", "low"][draws.weighted(&[0.5, 2.0, 4.0, 3.0])]),
            by_customer: false,
            assignee: Some(change.author),
            created,
            started: Some(started),
            done: (done < end).then_some(done),
            released: None,
            changes: vec![position],
        });
    }
    customer_bugs(&mut items, shape, effects, seed, crowd, months);
    items.sort_by_key(|item| (item.created, item.team, item.changes.first().copied()));
    items
}

/// Severities of customers' bugs, how often each comes, and what it weighs unless the organisation says otherwise.
pub const SEVERITIES: [(&str, f64, f64); 4] =
    [("critical", 0.05, 10.0), ("high", 0.20, 5.0), ("medium", 0.45, 2.0), ("low", 0.30, 1.0)];

/// Bugs per 1000 customer-months at a share of AI.
#[must_use]
pub fn bug_rate(effects: &Effects, ai_share: f64) -> f64 {
    effects.business.bugs * effects.business.bug_ratio.powf(ai_share)
}

/// Bugs that customers report.
fn customer_bugs(items: &mut Vec<Item>, shape: &Shape, effects: &Effects, seed: u64, crowd: &Crowd, months: &[Month]) {
    let mut draws = Draws::of(seed, "customer bugs", 0);
    let end = midnight(number(shape.until));
    for ((_, from, until), month) in spans(shape).into_iter().zip(months) {
        let days = f64::from(until - from);
        for day in from.max(number(shape.start()))..until.min(number(shape.until)) {
            for _ in 0..draws.poisson(bug_rate(effects, month.ai_share) * month.customers / 1000.0 / days) {
                let team = draws.below(crowd.teams.len());
                let here =
                    |person: &crate::world::Person| person.team == team && person.role.is_engineering() && person.is_here(day);
                let people: Vec<usize> =
                    crowd.people.iter().enumerate().filter(|(_, person)| here(person)).map(|(position, _)| position).collect();
                let created = midnight(day) + 6 * HOUR + draws.below(14 * 3600) as i64;
                let started = created + (draws.exponential(3.0) * DAY as f64) as i64;
                let done = started + (draws.exponential(5.0) * DAY as f64) as i64;
                let severity = draws.weighted(&SEVERITIES.map(|(_, share, _)| share));
                items.push(Item {
                    team,
                    kind: "bug",
                    points: None,
                    earns: false,
                    severity: SEVERITIES.get(severity).map(|(word, _, _)| *word),
                    by_customer: true,
                    assignee: draws.pick(&people).copied(),
                    created,
                    started: (started < end).then_some(started),
                    done: (done < end).then_some(done),
                    released: None,
                    changes: Vec::new(),
                });
            }
        }
    }
}

/// Features of a team, each with changes that landed while it was made.
#[expect(clippy::too_many_arguments, reason = "what a feature depends on, once")]
fn features(
    items: &mut Vec<Item>,
    taken: &mut [bool],
    shape: &Shape,
    effects: &Effects,
    seed: u64,
    crowd: &Crowd,
    changes: &[Change],
    team: usize,
) {
    let mut draws = Draws::of(seed, "features", team as u64);
    let end = midnight(number(shape.until));
    let pilot = number(shape.pilot());
    let has_ai = crowd.teams.get(team).is_some_and(|team| !team.is_control);
    let mine: Vec<usize> = changes
        .iter()
        .enumerate()
        .filter(|(_, change)| change.team == team && change.kind == Kind::Feature && change.merged < end)
        .map(|(position, _)| position)
        .collect();
    // One in three weeks, from long enough before the window that those of its first months are like all others.
    for day in number(shape.start()) - 150..number(shape.until) {
        for _ in 0..draws.poisson(1.0 / 21.0) {
            let started = midnight(day) + 8 * HOUR + draws.below(8 * 3600) as i64;
            let median = market_days(effects, has_ai && day >= pilot);
            let released = started + (draws.lognormal(median, SD_MARKET) * DAY as f64) as i64;
            let earns = draws.chance(0.7);
            let parts = 2 + draws.below(4);
            let points = 5 + draws.below(9) as u32;
            let created = started - (draws.between(2.0, 40.0) * DAY as f64) as i64;
            let mut own = Vec::new();
            for position in &mine {
                let fits = |change: &Change| change.merged > started && change.merged < released.min(end);
                if own.len() < parts
                    && taken.get(*position) == Some(&false)
                    && changes.get(*position).is_some_and(fits)
                    && draws.chance(0.5)
                {
                    own.push(*position);
                    if let Some(taken) = taken.get_mut(*position) {
                        *taken = true;
                    }
                }
            }
            if released < midnight(number(shape.start())) {
                continue;
            }
            let assignee = own.first().and_then(|at| changes.get(*at)).map(|change| change.author).or_else(|| {
                let here = |person: &&crate::world::Person| {
                    person.team == team && person.role.is_engineering() && person.is_here(day_of(started))
                };
                crowd.people.iter().position(|person| here(&person))
            });
            items.push(Item {
                team,
                kind: "feature",
                points: Some(points),
                earns,
                severity: None,
                by_customer: false,
                assignee,
                created,
                started: Some(started),
                done: (released < end).then_some(released),
                released: (released < end).then_some(released),
                changes: own,
            });
        }
    }
}

/// Standard deviation of the logarithm of the days that a feature takes.
pub const SD_MARKET: f64 = 0.5;

/// Median days of a revenue feature.
#[must_use]
pub fn market_days(effects: &Effects, has_ai: bool) -> f64 {
    effects.business.market_days * if has_ai { effects.business.market_ratio } else { 1.0 }
}
